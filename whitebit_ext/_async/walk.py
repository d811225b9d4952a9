"""Walks through a history, page by page, and the iterator over their rows.

A walk keeps its state in attributes, and changes them only after it has awaited: so a page that
failed or was cancelled is read again by the next call, and no row is lost or comes twice.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, Self

from ..account.cursor import read_cursor, write_cursor
from ..account.frames import to_dict
from ..account.identity import Remembered, identities
from ..account.parameters import Query
from ..account.records import Page, R
from ..errors import InvalidArgument
from ..runtime.clock import Clock
from ..runtime.rim import async_rim, rim


class AsyncFetch(Protocol[R]):
    """Sends one read with these parameters, under the server's names, and decodes the answer."""

    async def __call__(self, parameters: Mapping[str, Any], /) -> Page[R]:
        """Return the page."""


class AsyncTickers(Protocol):
    """Lists all currencies, as the main balance does."""

    async def __call__(self) -> Iterable[str]:
        """Return their tickers."""


class AsyncWalk(ABC, Generic[R]):
    """A walk through one history, newest rows first, each row once.

    Args:
        query: Which rows.
        fetch: Sends one read; after what it raises, the next ``advance`` goes on where the walk
            stood.
        clock: What "until now" is.
        cursor: Where an earlier walk with the same query stood.
    """

    def __init__(
        self, query: Query, fetch: AsyncFetch[R], clock: Clock, cursor: str | None = None
    ) -> None:
        self.query = query
        self.clock = clock
        self._fetch = fetch
        self._came = Remembered()
        state = read_cursor(query, cursor) or {}
        self._ended = bool(state.get("ended"))
        self._restore(state)

    @property
    def cursor(self) -> str:
        """Where the walk stands after the rows that were given out."""
        return write_cursor(self.query, {**self._state(), "ended": self._ended})

    async def advance(self) -> Page[R] | None:
        """Read on to the next page that has rows; ``None`` at the end."""
        if self._ended:
            return None
        page = await self._next_page()
        self._ended = page is None
        return page

    @abstractmethod
    async def _next_page(self) -> Page[R] | None:
        """Read on to the next page that has rows; ``None`` at the end."""

    @abstractmethod
    def given(self, record: R) -> None:
        """Note that a row was given out; rows are given out in the order of their pages."""

    @abstractmethod
    def _restore(self, state: dict[str, Any]) -> None:
        """Stand where a cursor says; ``{}`` is the beginning."""

    @abstractmethod
    def _state(self) -> dict[str, Any]:
        """Return what a cursor is to hold."""

    def _remember(self, records: Sequence[R]) -> None:
        """Note rows that the caller has, or will not have, so that they do not come again."""
        for name in identities(records):
            self._came.add(name)


class AsyncRows(AsyncIterator[R], Generic[R]):
    """Rows of a history, newest first, read page by page as they are needed.

    For one reader at a time: a second one is refused. After a cancellation or an error the next
    row asked for goes on where the walk stood.

    Args:
        walk: The walk behind.
    """

    def __init__(self, walk: AsyncWalk[R]) -> None:
        self._walk = walk
        self._left: deque[R] = deque()
        self._reading = threading.Lock()

    def __aiter__(self) -> Self:
        return self

    @async_rim
    async def __anext__(self) -> R:
        if not self._left:
            self._left.extend(await self._advance() or ())
        if not self._left:
            raise StopAsyncIteration
        row = self._left.popleft()
        self._walk.given(row)
        return row

    @rim
    def pages(self) -> AsyncPages[R]:
        """Iterate over the rest page by page; a page counts as given out once it is returned."""
        return AsyncPages(self)

    @async_rim
    async def to_dicts(self) -> list[dict[str, Any]]:
        """Read all the rest, and return one flat dict per row (see ``to_dict``)."""
        return [to_dict(row) async for row in self]

    @property
    def cursor(self) -> str:
        """Where the walk stands, for ``cursor=`` of the same call in any process."""
        return self._walk.cursor

    async def _advance(self) -> Page[R] | None:
        if not self._reading.acquire(blocking=False):
            raise InvalidArgument(
                "rows",
                "another task or thread is reading this walk",
                hint="Start a walk of its own in each task or thread.",
            )
        try:
            return await self._walk.advance()
        finally:
            self._reading.release()

    async def _page(self) -> Page[R] | None:
        """Return the rest of the page under way, or the next one, as given out."""
        page = Page(tuple(self._left)) if self._left else await self._advance()
        self._left.clear()
        for row in page or ():
            self._walk.given(row)
        return page


class AsyncPages(AsyncIterator[Page[R]], Generic[R]):
    """Pages of a history; what ``AsyncRows.pages`` returns."""

    def __init__(self, rows: AsyncRows[R]) -> None:
        self._rows = rows

    def __aiter__(self) -> Self:
        return self

    @async_rim
    async def __anext__(self) -> Page[R]:
        page = await self._rows._page()
        if page is None:
            raise StopAsyncIteration
        return page
