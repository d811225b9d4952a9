# Made from whitebit_ext/_async/walk.py by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""Walks through a history, page by page, and the iterators over their rows.

A walk changes its state only after a page was received: a page that failed or was cancelled is
requested again by the next call, so that no row is lost or repeated.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, Protocol, Self

from ..account.cursor import read_cursor, write_cursor
from ..account.frames import to_dict
from ..account.identity import Remembered, identities
from ..account.parameters import Query
from ..account.records import Page, R
from ..custody.connection import Pin
from ..custody.connections import Binding
from ..errors import InvalidArgument
from ..runtime.clock import Clock
from ..runtime.rim import rim


class Fetch(Protocol[R]):
    """A function that sends one read, with the server's parameter names, and decodes the page."""

    def __call__(self, parameters: Mapping[str, Any], /) -> Page[R]:
        """Return the page."""


class Tickers(Protocol):
    """A function that lists all currencies."""

    def __call__(self) -> Iterable[str]:
        """Return their tickers."""


class Walk(ABC, Generic[R]):
    """A walk through one history, newest rows first, each row once.

    Args:
        query: The query.
        fetch: Sends one read; after an error, the next ``advance`` resumes the walk.
        clock: Provides the current time.
        cursor: The cursor of an earlier walk with the same query.
    """

    def __init__(
        self, query: Query, fetch: Fetch[R], clock: Clock, cursor: str | None = None
    ) -> None:
        self.query = query
        self.clock = clock
        self._fetch = fetch
        self._binding: Binding | None = None
        self._came = Remembered()
        state = read_cursor(query, cursor) or {}
        self._ended = bool(state.get("ended"))
        self._restore(state)

    @property
    def cursor(self) -> str:
        """The position of the walk after the rows that were returned."""
        state = {**self._state(), "ended": self._ended}
        if self._binding is not None and self._binding.pin is not None:
            pin = self._binding.pin
            state["of"] = [pin.incarnation, pin.generation]
        return write_cursor(self.query, state)

    def belong(self, binding: Binding, cursor: str | None) -> None:
        """Bind the walk to a connection or, with a cursor, to the connection of its walk."""
        self._binding = binding
        match (read_cursor(self.query, cursor) or {}).get("of"):
            case [str() as incarnation, int() as generation]:
                binding.pin = Pin(incarnation, generation)

    def advance(self) -> Page[R] | None:
        """Return the next page that has rows, or ``None`` at the end."""
        if self._ended:
            return None
        page = self._next_page()
        self._ended = page is None
        return page

    @abstractmethod
    def _next_page(self) -> Page[R] | None:
        """Return the next page that has rows, or ``None`` at the end."""

    @abstractmethod
    def given(self, record: R) -> None:
        """Record that a row was returned to the caller; rows come in the order of their pages."""

    @abstractmethod
    def _restore(self, state: dict[str, Any]) -> None:
        """Restore the position in the state of a cursor; ``{}`` is the beginning."""

    @abstractmethod
    def _state(self) -> dict[str, Any]:
        """Return the state to store in a cursor."""

    def _remember(self, records: Sequence[R]) -> None:
        """Remember rows that were returned or filtered out, so that they are not repeated."""
        for name in identities(records):
            self._came.add(name)


class Rows(Iterator[R], Generic[R]):
    """Rows of a history, newest first, read page by page as they are needed.

    Only one reader at a time is allowed. After a cancellation or an error, the next row resumes
    the walk.

    Args:
        walk: The walk that provides the pages.
    """

    def __init__(self, walk: Walk[R]) -> None:
        self._walk = walk
        self._left: deque[R] = deque()
        self._reading = threading.Lock()

    def __iter__(self) -> Self:
        return self

    @rim
    def __next__(self) -> R:
        if not self._left:
            self._left.extend(self._advance() or ())
        if not self._left:
            raise StopIteration
        row = self._left.popleft()
        self._walk.given(row)
        return row

    @rim
    def pages(self) -> Pages[R]:
        """Iterate over the remaining rows page by page; the cursor moves by whole pages."""
        return Pages(self)

    @rim
    def to_dicts(self) -> list[dict[str, Any]]:
        """Read all remaining rows, and return one flat dict per row (see ``to_dict``)."""
        return [to_dict(row) for row in self]

    @property
    def cursor(self) -> str:
        """The position of the walk, for ``cursor=`` of the same call in any process."""
        return self._walk.cursor

    def _advance(self) -> Page[R] | None:
        if not self._reading.acquire(blocking=False):
            raise InvalidArgument(
                "rows",
                "another task or thread is reading this walk",
                hint="Start a separate walk in each task or thread.",
            )
        try:
            return self._walk.advance()
        finally:
            self._reading.release()

    def _page(self) -> Page[R] | None:
        """Return the rest of the current page or the next page, and record it as returned."""
        page = Page(tuple(self._left)) if self._left else self._advance()
        self._left.clear()
        for row in page or ():
            self._walk.given(row)
        return page


class Pages(Iterator[Page[R]], Generic[R]):
    """Pages of a history, as returned by ``Rows.pages``."""

    def __init__(self, rows: Rows[R]) -> None:
        self._rows = rows

    def __iter__(self) -> Self:
        return self

    @rim
    def __next__(self) -> Page[R]:
        page = self._rows._page()
        if page is None:
            raise StopIteration
        return page
