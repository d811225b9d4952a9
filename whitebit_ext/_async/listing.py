"""The listing of all connections, page by page over the store."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import Self

from ..custody.stores import Row
from ..errors import CustodyError
from ..keys.status import Connected, StatusState
from ..runtime.rim import async_rim
from .engine import AsyncEngine


class AsyncConnectedUsers(AsyncIterator[Connected]):
    """The users who have a row in the store, in the store's order.

    A row that cannot be read is one entry, with the state ``failed`` and the name of its error;
    it does not hide the others. Each page of 500 rows is read when it is needed.

    Args:
        engine: The parts of the partner.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._left: deque[Connected] = deque()
        self._after: str | None = None
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    @async_rim
    async def __anext__(self) -> Connected:
        while not self._left:
            if self._ended:
                raise StopAsyncIteration
            await self._engine.waiting.work(self._read)
        return self._left.popleft()

    def _read(self) -> None:
        rows, after = self._engine.custody.page("connection", self._after)
        self._left.extend(self._entry(subject[0], row) for subject, row in rows)
        self._after, self._ended = after, after is None

    def _entry(self, user_id: str, found: Row) -> Connected:
        engine = self._engine
        try:
            row = engine.connections.open(user_id, found).row
        except CustodyError as error:
            return Connected(user_id, StatusState.FAILED, error=type(error).__name__)
        return Connected.of(
            user_id, row, engine.clock.time(), has_keys=engine.stored_keys.exist_here
        )
