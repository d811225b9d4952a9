"""What can be asked of a sandbox: its log, and the secret values to search for."""

from __future__ import annotations

from .clock import Clock
from .credentials import SecretKind
from .journal import Breach, RequestRecord
from .operations import Region
from .world import World


class Observation:
    """The log of a sandbox.

    Attributes:
        clock: The clock that everything goes by.
    """

    def __init__(self, clock: Clock, world: World) -> None:
        """Observe a world."""
        self.clock = clock
        self._world = world

    @property
    def requests(self) -> list[RequestRecord]:
        """Return the requests for WhiteBIT's own paths, oldest first.

        Requests for the sandbox's pages and controls are not among them.
        """
        return self._world.state.journal.requests()

    @property
    def breaches(self) -> list[Breach]:
        """Return what callers did against the contract, oldest first."""
        return self._world.state.journal.breaches()

    def count(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        region: Region | None = None,
        status: int | None = None,
    ) -> int:
        """Count the requests that match all that is given.

        Args:
            method: The HTTP method.
            path: A path, a path template, or an operation's name.
            region: The server that was asked.
            status: The answered status.
        """
        return self._world.state.journal.count(method, path, region, status)

    def connections(self, region: Region | None = None) -> int:
        """Return how many TCP connections were ever accepted, those for pages and controls too."""
        return self._world.state.journal.connections(region)

    def forget_requests(self) -> None:
        """Empty the log of requests, breaches and connections."""
        self._world.state.journal.forget()

    def issued_values(self, kind: SecretKind | None = None) -> frozenset[str]:
        """Return every secret value that was issued or received, or those of one kind."""
        return self._world.state.issued.values(kind)
