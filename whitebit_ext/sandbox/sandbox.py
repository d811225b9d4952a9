"""The sandbox as a Python object."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from . import pages
from .administration import Administration
from .clock import Clock
from .gateway import Gateway
from .operations import REGIONS, Region
from .person import Person
from .server import ServerThread


class Sandbox(Administration):
    """A WhiteBIT on this machine, with a port for the global and one for the EU server.

    Use it as a context manager, or call `start` and `stop`.

    Args:
        port: Port of the global server; 0 takes a free one.
        eu_port: Port of the EU server.
        clock: The clock that everything goes by; one in real time when omitted.
        key_delay: Seconds between the exchange of a code and the existence of the key.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        eu_port: int = 0,
        clock: Clock | None = None,
        key_delay: float = 1.0,
    ) -> None:
        """Make a sandbox that does not listen yet."""
        super().__init__(clock or Clock(), key_delay)
        self._ports: dict[Region, int] = {"global": port, "eu": eu_port}
        self._server: ServerThread | None = None
        self._stopped = threading.Event()

    def start(self) -> Self:
        """Begin to listen, and return when both ports answer.

        Raises:
            RuntimeError: It is started already.
            OSError: A port is in use.
        """
        if self._server is not None:
            raise RuntimeError("the sandbox is started already")
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
        """Stop listening, and end every request that is being served; harmless when stopped."""
        server, self._server = self._server, None
        if server is None:
            return
        self._world.holds.release_all()
        self.clock.stop()
        server.stop()
        self._stopped.set()

    def serve_forever(self) -> None:
        """Serve until `stop` is called from another thread or Ctrl+C is pressed."""
        if self._server is None:
            self.start()
        try:
            self._stopped.wait()
        except KeyboardInterrupt:
            return
        finally:
            self.stop()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def __repr__(self) -> str:
        """Show where it listens."""
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
            RuntimeError: The sandbox is not started, so that it has no port.
            ValueError: There is no such region.
        """
        if region not in REGIONS:
            raise ValueError(f"region: must be one of {', '.join(REGIONS)}")
        if self._server is None:
            raise RuntimeError("the sandbox is not started")
        return f"http://127.0.0.1:{self._server.ports[region]}"

    def person(self, name: str) -> Person:
        """Return somebody who goes through the sandbox's pages as a user."""
        return Person(self.user(name).name)
