"""A listener on the loopback address of a redirect URI (RFC 8252, section 7.3)."""

from __future__ import annotations

import errno
import html
import ipaddress
import os
import queue
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Final, Self
from urllib.parse import urlsplit

from ..errors import InvalidArgument
from ..secret import Secret

_LONGEST_ANSWER: Final = 120.0
"""Seconds that a browser waits for its page: longer than a code exchange may take."""
_NO_FAMILY: Final = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})
_LONGEST_WRITE: Final = 2.0
_IDLE: Final = 10.0
_PAGE: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>WhiteBIT</title>'
    '<p role="status">{}</p></html>'
)
_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}


class Arrival:
    """A callback that a browser brought, and its page; or one that was pasted.

    Attributes:
        callback: The callback's URL.
    """

    def __init__(self, callback: Secret, *, has_page: bool = True) -> None:
        self.callback = callback
        self._has_page = has_page
        self._page: tuple[int, str] = (503, "This took too long. See the terminal.")
        self._decided, self._written = threading.Event(), threading.Event()

    def answer(self, status: int, text: str) -> None:
        """Show a text in the browser, and wait until it is sent."""
        self._page = (status, text)
        self._decided.set()
        if self._has_page:
            self._written.wait(_LONGEST_WRITE)

    def page(self) -> tuple[int, str]:
        """Wait for the page; for the thread of the browser's request."""
        self._decided.wait(_LONGEST_ANSWER)
        return self._page

    def sent(self) -> None:
        """Note that the page was sent."""
        self._written.set()


def is_loopback(redirect_uri: str) -> bool:
    """Return whether a program on this machine can listen on a redirect URI."""
    parts = urlsplit(redirect_uri)
    return parts.scheme == "http" and bool(_addresses(parts.hostname or ""))


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    """Return the addresses to listen on: the literal one, and both families for a name."""
    if host == "localhost":
        return [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return []
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    return [(family, host)] if address.is_loopback else []


class Listener:
    """An HTTP server on the address, port and path of a redirect URI, and nowhere else.

    Requests are accepted by ``accept``, which the caller calls when a socket of ``sockets`` can be
    read; each is then handled in a thread, and a callback is in ``arrivals``.

    Args:
        redirect_uri: The registered redirect URI, on loopback.

    Raises:
        InvalidArgument: the port is in use, or may not be used.
    """

    def __init__(self, redirect_uri: str) -> None:
        parts = urlsplit(redirect_uri)
        self.origin = f"http://{parts.netloc}"
        self.path = parts.path or "/"
        port = parts.port or 80
        self.hosts = {parts.netloc.lower()} | ({parts.hostname or ""} if port == 80 else set())
        self.arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self._ours, self.wake = socket.socketpair()
        self._servers: dict[socket.socket, _Server] = {}
        for family, address in _addresses(parts.hostname or ""):
            problem = self._listen(family, address, port)
            # A machine without IPv6 has no ::1 for `localhost`.
            if problem and not (self._servers and problem.errno in _NO_FAMILY):
                self.close()
                raise InvalidArgument(
                    "redirect_uri",
                    f"cannot listen on {address} port {port} ({problem.strerror})",
                    hint="End the program that uses the port, or paste the address of the page "
                    "that the browser ends on (--paste, or paste=True).",
                )

    def _listen(self, family: socket.AddressFamily, address: str, port: int) -> OSError | None:
        try:
            server = _Server(self, family, (address, port))
        except OSError as error:
            return error
        self._servers[server.socket] = server
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the sockets; a page that is being sent is sent."""
        for server in self._servers.values():
            server.server_close()
        self._ours.close()
        self.wake.close()

    @property
    def sockets(self) -> list[socket.socket]:
        """The sockets to wait for; ``wake`` can be read when a callback has arrived."""
        return [*self._servers, self.wake]

    def accept(self, ready: socket.socket) -> None:
        """Accept what is waiting on a socket that can be read."""
        if ready is self.wake:
            self.wake.recv(64)
        else:
            self._servers[ready].handle_request()

    def arrived(self, arrival: Arrival) -> None:
        """Take a callback from the thread of a request."""
        self.arrivals.put(arrival)
        self._ours.send(b".")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    # On Windows this option would let another program take the port over.
    allow_reuse_address = os.name == "posix"

    def __init__(
        self, listener: Listener, family: socket.AddressFamily, address: tuple[str, int]
    ) -> None:
        self.listener = listener
        self.address_family = family
        self.timeout = 0
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        TCPServer.server_bind(self)  # HTTPServer's would look the host's name up

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: a browser that goes away is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _IDLE
    server_version, sys_version = "whitebit-oauth", ""

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the address contains the code."""

    def do_GET(self) -> None:
        """Pass a callback on, and show its outcome; refuse everything else."""
        listener, headers = self.server.listener, self.headers
        path = urlsplit(self.path).path
        hosts = headers.get_all("Host") or []
        if len(hosts) != 1 or hosts[0].lower() not in listener.hosts:
            # Another name that resolves to this machine: DNS rebinding.
            return self._show(400, "This address is not the one that was registered.")
        if not self.path.startswith("/") or path != listener.path:
            return self._show(404, "There is nothing here.")
        if headers.get("Sec-Purpose") or headers.get("Purpose"):
            return self._show(503, "Not now.")  # a browser that loads the page in advance
        if headers.get("Sec-Fetch-Dest", "document") != "document":
            return self._show(400, "This address must be opened as a page.")
        arrival = Arrival(Secret(f"{listener.origin}{self.path}"))
        listener.arrived(arrival)
        self._show(*arrival.page())
        return arrival.sent()

    def _show(self, status: int, text: str) -> None:
        content = _PAGE.format(html.escape(text)).encode()
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
