"""The sandbox itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Self
from urllib.parse import SplitResult, urlsplit

from .control import pages
from .control.access import Access
from .control.administration import Administration
from .control.person import Person
from .operations import REGIONS, Region
from .server.gateway import Gateway
from .server.thread import ServerThread
from .world.clock import Clock


class Sandbox(Administration):
    """A WhiteBIT server on this machine, with one port for each region.

    Use it as a context manager, or call `start` and `stop`.

    Args:
        port: The port of the global server; 0 for a free one.
        eu_port: The port of the EU server; 0 for a free one.
        clock: The clock of the sandbox; it runs in real time by default.
        key_delay: Seconds between a code exchange and the creation of the API key.
        host: The address to listen on. If it is not a loopback address, the state page and the
            controls need `control_token`, and a request for an unknown host name gets a 421.
        public_url: The base URL of the global server for its callers, if it is not
            `http://host:port`, such as behind a port of a container. The EU server has the same
            one with its own port.
        allow_hosts: Further names that the `Host` header of a request may have.
        prepare: Called with the sandbox now and after each `reset`, to register what is always
            there.

    Raises:
        ValueError: `public_url` is not an HTTP URL without a path.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        eu_port: int = 0,
        clock: Clock | None = None,
        key_delay: float = 1.0,
        host: str = "127.0.0.1",
        public_url: str | None = None,
        allow_hosts: Iterable[str] = (),
        prepare: Callable[[Administration], object] | None = None,
    ) -> None:
        super().__init__(clock or Clock(), key_delay, prepare)
        self._ports: dict[Region, int] = {"global": port, "eu": eu_port}
        self._host = host
        self._public = None if public_url is None else _base(public_url)
        names = {*allow_hosts, *([self._public.hostname or ""] if self._public else [])}
        self._access = Access(host, names)
        self._server: ServerThread | None = None
        self._stopped = threading.Event()

    def start(self) -> Self:
        """Start the servers, and return when both ports accept requests.

        Raises:
            RuntimeError: The sandbox is already running.
            OSError: A port is in use.
        """
        if self._server is not None:
            raise RuntimeError("the sandbox is already running")
        gateway = Gateway(
            lambda: self._world, pages.application(self, self._access), self._access.admits
        )
        server = ServerThread(
            gateway,
            self._ports,
            lambda region: self._world.state.journal.connect(region),
            host=self._host,
        )
        self.clock.start()
        server.start()
        self._server = server
        self._stopped.clear()
        return self

    def stop(self) -> None:
        """Stop the servers, and abort the requests in progress; safe to call twice."""
        server, self._server = self._server, None
        if server is None:
            return
        self._world.holds.release_all()
        self.clock.stop()
        server.stop()
        self._stopped.set()

    def serve_forever(self) -> None:
        """Serve until `stop` is called from another thread or Ctrl-C is pressed."""
        if self._server is None:
            self.start()
        try:
            self._stopped.wait()
        except KeyboardInterrupt:
            return
        finally:
            self.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        where = f"{self.global_url} {self.eu_url}" if self._server else "stopped"
        return f"<{type(self).__name__}: {where}>"

    @property
    def global_url(self) -> str:
        """Return the base URL of the global server."""
        return self.url("global")

    @property
    def eu_url(self) -> str:
        """Return the base URL of the EU server."""
        return self.url("eu")

    def url(self, region: Region = "global") -> str:
        """Return the base URL of a region's server.

        Raises:
            RuntimeError: The sandbox is not running.
            ValueError: The region does not exist.
        """
        if region not in REGIONS:
            raise ValueError(f"region: must be one of {', '.join(REGIONS)}")
        if self._server is None:
            raise RuntimeError("the sandbox is not running")
        port = self._server.ports[region]
        if self._public is None:
            host = "127.0.0.1" if self._access.everywhere else self._host
            return f"http://{f'[{host}]' if ':' in host else host}:{port}"
        if region == "eu":
            host = self._public.hostname or ""
            netloc = f"{f'[{host}]' if ':' in host else host}:{port}"
            return self._public._replace(netloc=netloc).geturl()
        return self._public.geturl()

    @property
    def control_token(self) -> str | None:
        """Return the token that the state page and the controls need; None on loopback.

        It is sent as `Authorization: Bearer`, or once as `token` in the query of the state page.
        """
        return self._access.token

    def person(self, name: str) -> Person:
        """Return a scripted browser session of a user."""
        return Person(self.user(name).name)


def _base(url: str) -> SplitResult:
    """Return the parts of a base URL."""
    parts = urlsplit(url.rstrip("/"))
    extra = parts.path or parts.query or parts.fragment or parts.username
    try:
        readable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port beyond 65535
        readable = False
    if not readable or extra:
        raise ValueError("public_url: must be an http or https URL without a path")
    return parts
