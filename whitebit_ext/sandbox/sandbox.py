"""The sandbox itself."""

from __future__ import annotations

import threading
from typing import Self

from .control import pages
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
    """

    def __init__(
        self,
        *,
        port: int = 0,
        eu_port: int = 0,
        clock: Clock | None = None,
        key_delay: float = 1.0,
    ) -> None:
        super().__init__(clock or Clock(), key_delay)
        self._ports: dict[Region, int] = {"global": port, "eu": eu_port}
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
        gateway = Gateway(lambda: self._world, pages.application(self))
        server = ServerThread(
            gateway, self._ports, lambda region: self._world.state.journal.connect(region)
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
        return f"http://127.0.0.1:{self._server.ports[region]}"

    def person(self, name: str) -> Person:
        """Return a scripted browser session of a user."""
        return Person(self.user(name).name)
