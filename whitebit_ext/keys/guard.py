"""The check of ``ApiKey.auth()`` before each signature: whether the key is still the user's."""

from __future__ import annotations

from ..custody.connection import Connection
from ..custody.connections import Binding, Connections
from ..custody.values import Standing
from ..errors import ConnectionChanged
from ..runtime.clock import Clock
from ..runtime.waiting import AsyncWaiting
from ..runtime.workers import Workers


class KeyGuard:
    """Compares the user's row with the connection and the key that an auth object belongs to.

    Both interfaces are in one class, as httpx requires of an ``Auth``.

    Args:
        connections: Reads the row.
        clock: Waits in a task.
        workers: The threads that read it for a task.
        binding: What the auth object belongs to.
    """

    def __init__(
        self, connections: Connections, clock: Clock, workers: Workers, binding: Binding
    ) -> None:
        self._connections = connections
        self._waiting = AsyncWaiting(clock, workers)
        self._binding = binding

    def check(self) -> None:
        """Read the row, and refuse to sign for another connection.

        Raises:
            NotConnected, ConnectionChanged: the key is no longer the user's.
        """
        self._judge(self._connections.look(self._binding.user_id).row)

    async def acheck(self) -> None:
        """Do what ``check`` does, in a task."""
        held = self._connections.cached(self._binding.user_id)
        if held is None:
            held = await self._waiting.work(self._connections.read, self._binding.user_id)
        self._judge(held.row)

    def _judge(self, row: Connection | None) -> None:
        binding = self._binding
        try:
            row = binding.check(row)
            key = row.key(binding.external_id or "")
            if key is None or key.secret is None or key.standing is not Standing.USABLE:
                raise ConnectionChanged("this API key is no longer the user's usable key")
        except BaseException:
            self._connections.drop(binding.user_id)
            raise
