"""A raw socket server that handles each connection as a test says, and a client for it."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from whitebit_ext import Region
from whitebit_ext.http.deadlines import deadline
from whitebit_ext.http.pools import Pools
from whitebit_ext.regions import Server

Deed = Callable[["RawServer", socket.socket], None]
NAME = "server.example"


def answer(body: bytes = b"{}", headers: bytes = b"") -> bytes:
    """Return a whole answer."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s" % (len(body), headers, body)


class RawServer:
    """Listen on loopback; the n-th connection gets the n-th deed, those after it the last.

    Attributes:
        heads: The head of each request that was read.
        open: How many connections are open.
        over: Set at the end of the test.
    """

    def __init__(self, *deeds: Deed, tls: Path | None = None) -> None:
        self._deeds = deeds
        self._context = None
        if tls is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(tls)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"http{'s' if tls else ''}://{self.address}"
        self.heads: list[bytes] = []
        self.connections = 0
        self.open = 0
        self.over = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._start(self._listen)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()  # which starts the other ones
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _start(self, function: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=function, args=args)
        self._threads = [one for one in self._threads if one.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        with suppress(OSError):  # the test is over
            while True:
                sock, _ = self._listener.accept()
                deed = self._deeds[min(self.connections, len(self._deeds) - 1)]
                self.connections += 1
                self._start(self._serve, deed, sock)

    def _serve(self, deed: Deed, sock: socket.socket) -> None:
        self.open += 1
        sock.settimeout(0.05)
        with suppress(OSError), sock:
            deed(self, sock)
        sock.close()
        self.open -= 1

    def secured(self, sock: socket.socket) -> socket.socket:
        """Complete the TLS handshake."""
        assert self._context
        sock.settimeout(5)
        secured = self._context.wrap_socket(sock, server_side=True)
        secured.settimeout(0.05)
        return secured

    def read(self, sock: socket.socket) -> bytes:
        """Read a request without a body, or nothing if the client has closed."""
        head = b""
        while not head.endswith(b"\r\n\r\n") and not self.over.is_set():
            with suppress(TimeoutError):
                more = sock.recv(65536)
                if not more:
                    return b""
                head += more
        if head:
            self.heads.append(head)
        return head

    def drip(self, sock: socket.socket, data: bytes, pause: float = 0.05) -> None:
        """Send byte by byte until the client has closed."""
        while not self.over.is_set():
            for byte in data:
                sock.sendall(bytes([byte]))
                time.sleep(pause)
                if self.over.is_set():
                    return


def good(server: RawServer, sock: socket.socket) -> None:
    """Answer every request."""
    if server.url.startswith("https"):
        sock = server.secured(sock)
    with sock:
        while server.read(sock):
            sock.sendall(answer())


def silent(server: RawServer, sock: socket.socket) -> None:
    """Accept requests and send nothing."""
    while server.read(sock):
        pass


class Face:
    """Send requests over the pools, with or without await."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.runner = asyncio.Runner()
        self._pools: list[Pools] = []

    def pools(self, url: str, **options: Any) -> Pools:
        """Make pools that are closed at the end of the test."""
        made = Pools(Server.of(Region.GLOBAL, url), timeout=10, **options)
        self._pools.append(made)
        return made

    def get(
        self,
        pools: Pools,
        seconds: float = 5.0,
        *,
        drain: float = 0.0,
        stop: float = 0.0,
        content: bytes = b"",
    ) -> bytes:
        """Send a request and return its body as it came.

        Args:
            pools: Over what.
            seconds: The deadline.
            drain: See `deadline`.
            stop: Stand still for so many seconds between head and body.
            content: The body of the request.
        """
        if self.name == "async":
            return self.runner.run(self.aget(pools, seconds, drain, stop, content))
        client = pools.client(alone=False)
        with (
            deadline(seconds, drain=drain),
            client.stream("GET", "/x", content=content) as response,
        ):
            time.sleep(stop)
            return b"".join(response.iter_raw())

    async def aget(
        self,
        pools: Pools,
        seconds: float = 5.0,
        drain: float = 0.0,
        stop: float = 0.0,
        content: bytes = b"",
    ) -> bytes:
        """Do the same in a task."""
        client = pools.async_client()
        with deadline(seconds, drain=drain):
            async with client.stream("GET", "/x", content=content) as response:
                time.sleep(stop)  # the loop stands still: that is the point
                return b"".join([part async for part in response.aiter_raw()])

    def close(self) -> None:
        """Close everything."""
        for pools in self._pools:
            self.runner.run(pools.aclose())
        self.runner.close()


def certificate(folder: Path) -> Path:
    """Write a key and a certificate for loopback and one name, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [
        x509.DNSName(NAME),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
