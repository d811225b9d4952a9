"""Observation of a sandbox: its log, and the secret values to search for."""

from __future__ import annotations

from ..operations import Region
from ..world.clock import Clock
from ..world.credentials import SecretKind
from ..world.journal import Breach, Note, RequestRecord
from ..world.world import World


class Observation:
    """The log of a sandbox.

    Attributes:
        clock: The clock of the sandbox.
    """

    def __init__(self, clock: Clock, world: World) -> None:
        self.clock = clock
        self._world = world

    @property
    def requests(self) -> list[RequestRecord]:
        """Return the requests for WhiteBIT's paths, oldest first.

        Requests for the pages and controls of the sandbox are not included.
        """
        return self._world.state.journal.requests()

    @property
    def breaches(self) -> list[Breach]:
        """Return the breaches of the contract, oldest first."""
        return self._world.state.journal.breaches()

    @property
    def notes(self) -> list[Note]:
        """Return what was accepted although it is not documented, oldest first."""
        return self._world.state.journal.notes()

    def count(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        region: Region | None = None,
        status: int | None = None,
    ) -> int:
        """Return the number of requests that match all arguments.

        Args:
            method: The HTTP method.
            path: A path, a path template, or the name of an operation.
            region: The region of the server.
            status: The response status.
        """
        return self._world.state.journal.count(method, path, region, status)

    def connections(self, region: Region | None = None) -> int:
        """Return the number of accepted TCP connections, including those for pages and controls."""
        return self._world.state.journal.connections(region)

    def forget_requests(self) -> None:
        """Clear the log of requests, breaches, notes and connections."""
        self._world.state.journal.forget()

    def issued_values(self, kind: SecretKind | None = None) -> frozenset[str]:
        """Return all secret values that were issued or received, or those of one kind."""
        return self._world.state.issued.values(kind)
