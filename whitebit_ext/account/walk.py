"""Walks through a history, page by page, and the iterators of both faces over them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from typing import Any, Generic, Self

from ..errors import WhiteBITError
from ..runtime.clock import Clock
from ..steps import Step, Steps
from .cursor import read_cursor, write_cursor
from .frames import to_dict
from .identity import Remembered, identities
from .listing import Fetch
from .parameters import Query
from .records import Page, R

Source = Generator[Step | Page[R], Any, None]
"""Yields steps to be performed, and pages of rows that the caller has not seen."""


class Walk(ABC, Generic[R]):
    """A walk through one history, newest rows first, each row once.

    Args:
        query: Which rows.
        fetch: Sends one read; what it raises ends the page, and the next ``advance`` goes on
            where the walk stood.
        clock: What "until now" is.
        cursor: Where an earlier walk with the same query stood.
    """

    def __init__(
        self, query: Query, fetch: Fetch[R], clock: Clock, cursor: str | None = None
    ) -> None:
        self.query = query
        self.clock = clock
        self._fetch = fetch
        self._source: Source[R] | None = None
        self._came = Remembered()
        self._ended = False
        state = read_cursor(query, cursor)
        if state is not None:
            self._ended = bool(state.get("ended"))
        self._restore(state or {})

    @property
    def cursor(self) -> str:
        """Where the walk stands after the rows that were given out."""
        return write_cursor(self.query, {**self._state(), "ended": self._ended})

    @abstractmethod
    def _restore(self, state: dict[str, Any]) -> None:
        """Stand where a cursor says; ``{}`` is the beginning."""

    @abstractmethod
    def _state(self) -> dict[str, Any]:
        """Return what a cursor is to hold."""

    @abstractmethod
    def _walk(self) -> Source[R]:
        """Walk on from where the walk stands."""

    @abstractmethod
    def given(self, record: R) -> None:
        """Note that a row was given out; rows are given out in the order of their pages."""

    def _remember(self, records: Sequence[R]) -> None:
        """Note rows that the caller has, or will not have, so that they do not come again."""
        for name in identities(records):
            self._came.add(name)

    def advance(self) -> Steps[Page[R] | None]:
        """Read on to the next page that has rows; ``None`` at the end."""
        if self._ended:
            return None
        source = self._source = self._source or self._walk()
        outcome: Any = None
        failure: WhiteBITError | None = None
        whole = False
        try:
            while True:
                try:
                    found = source.throw(failure) if failure else source.send(outcome)
                except StopIteration:
                    self._ended = whole = True
                    return None
                outcome, failure = None, None
                if isinstance(found, Page):
                    whole = True
                    return found
                try:
                    outcome = yield found
                except WhiteBITError as error:
                    failure = error
        finally:
            if not whole:  # rows that were read and not handed over must be read again
                source.close()
                self._source = None


class Rows(Iterator[R], Generic[R]):
    """Rows of a history, newest first, read page by page as they are needed.

    Args:
        walk: The walk behind.
        run: Performs steps, as ``Engine.run`` does.
    """

    def __init__(self, walk: Walk[R], run: Callable[[Steps[Page[R] | None]], Page[R] | None]):
        self._walk = walk
        self._run = run
        self._left: deque[R] = deque()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> R:
        while not self._left:
            page = self._run(self._walk.advance())
            if page is None:
                raise StopIteration
            self._left.extend(page)
        row = self._left.popleft()
        self._walk.given(row)
        return row

    def pages(self) -> Iterator[Page[R]]:
        """Yield the rest page by page; a page counts as given out once it is yielded."""
        while (page := _rest(self._left) or self._run(self._walk.advance())) is not None:
            for row in page:
                self._walk.given(row)
            yield page

    def to_dicts(self) -> list[dict[str, Any]]:
        """Read all the rest, and return one flat dict per row (see ``to_dict``)."""
        return [to_dict(row) for row in self]

    @property
    def cursor(self) -> str:
        """Where the walk stands, for ``cursor=`` of the same call in any process."""
        return self._walk.cursor


class AsyncRows(AsyncIterator[R], Generic[R]):
    """What ``Rows`` is, awaited; for one task at a time.

    Args:
        walk: The walk behind.
        run: Performs steps, as ``Engine.arun`` does.
    """

    def __init__(
        self, walk: Walk[R], run: Callable[[Steps[Page[R] | None]], Awaitable[Page[R] | None]]
    ) -> None:
        self._walk = walk
        self._run = run
        self._left: deque[R] = deque()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> R:
        while not self._left:
            page = await self._run(self._walk.advance())
            if page is None:
                raise StopAsyncIteration
            self._left.extend(page)
        row = self._left.popleft()
        self._walk.given(row)
        return row

    async def pages(self) -> AsyncIterator[Page[R]]:
        """Yield the rest page by page; a page counts as given out once it is yielded."""
        while True:
            page = _rest(self._left) or await self._run(self._walk.advance())
            if page is None:
                return
            for row in page:
                self._walk.given(row)
            yield page

    async def to_dicts(self) -> list[dict[str, Any]]:
        """Read all the rest, and return one flat dict per row (see ``to_dict``)."""
        return [to_dict(row) async for row in self]

    @property
    def cursor(self) -> str:
        """Where the walk stands, for ``cursor=`` of the same call in any process."""
        return self._walk.cursor


def _rest(left: deque[R]) -> Page[R] | None:
    """Return the rows of the current page that were not given out, as a page."""
    if not left:
        return None
    page = Page(tuple(left))
    left.clear()
    return page
