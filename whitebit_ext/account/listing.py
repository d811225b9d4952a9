"""One list on the server, read page by page while rows are added and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

import attrs

from ..regions import operation
from .parameters import READS
from .records import Page, R

CAP = operation(READS["transactions"]).max_reach or 0
"""``offset + limit`` of transactions is at most this."""


@attrs.define
class Listing(Generic[R]):
    """The position in a list, read from the newest row to the oldest: next page and new rows.

    Rows that are added push later rows back, so that a page begins with known rows, which are
    dropped. Rows that leave the list (a changed status) pull later rows forward, past the offset.
    So each page is requested to begin with the last row of the previous page; if it does not,
    the walk goes back until it does.

    Attributes:
        limit: Rows per request.
        known: Returns for each row of a page whether it came before.
        position: Number of rows of the list that have been passed.
        cap: The highest ``offset + limit``, if there is one.
        total: Number of rows of the list, if the server returns it.
        ended: Whether all that can be read has been read.
        unreached: Number of rows that the server counts and that cannot be read.
    """

    limit: int
    known: Callable[[Page[R]], list[bool]]
    position: int = 0
    cap: int | None = None
    total: int | None = None
    ended: bool = False
    unreached: int = 0
    _overlap: int = 1
    _retreats: set[int] = attrs.field(factory=set)

    def asked(self) -> dict[str, int]:
        """Return limit and offset of the next page."""
        offset = max(0, self.position - self._overlap)
        # A limit of 1 becomes 2: the first row is the last one of the previous page.
        limit = max(self.limit, 1 + self._overlap) if self.position else self.limit
        if self.cap is not None:
            # At the cap the last rows are read again: others may have moved up.
            offset = min(offset, self.cap - 1 - self._overlap)
            limit = min(limit, self.cap - offset)
        return {"limit": limit, "offset": offset}

    def take(self, page: Page[R]) -> list[R]:
        """Accept the requested page and return its new rows; there may be none before the end."""
        asked = self.asked()
        limit, offset = asked["limit"], asked["offset"]
        self.total = page.total
        known = self.known(page)
        if offset and self._overlap and not any(known):
            if offset in self._retreats or (not page and (page.total or 0) > offset):
                return self._end()  # no rows have left: the server returns no more than this
            # Rows have left the list: the next row may now be before this page.
            self._retreats.add(offset)
            back = max(0, offset - limit + 1)
            self.position = back + self._overlap if back else 0
            return []
        fresh = [row for row, came in zip(page, known, strict=True) if not came]
        end = offset + len(page)
        stuck = end <= self.position
        self.position = end
        if page.total is None:
            self.ended = len(page) < limit
        elif end >= page.total or not page or (end == self.cap and stuck and not fresh):
            self._end()
        if stuck and not self.ended and end != self.cap:
            self._overlap = 0  # the server returns one row at a time
        if fresh:
            self._retreats.clear()
        return fresh

    def _end(self) -> list[R]:
        self.ended = True
        self.unreached = max(0, (self.total or 0) - self.position)
        return []
