"""One list at the server, read page by page, while rows come and go."""

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
    """Say which page to read next, from the newest row to the oldest, and which rows are new.

    New rows push those that follow further back, so that a page begins with rows that came
    before: the caller knows them and drops them. Rows that leave the list (a status that changed)
    pull the others forward, past the offset: so each page begins with the row that the page
    before ended with, and where it does not, the walk goes back until it does.

    Attributes:
        limit: Rows per request.
        known: Tells whether a row, by its identity and itself, came before.
        position: How many rows of the list have been passed.
        cap: The highest ``offset + limit``, where there is one.
        total: How many rows the list has, where the server says it.
        ended: Whether there is nothing more to read.
        unreached: Rows that the server counts, and that cannot be read.
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
        """Return limit and offset of the page to read next."""
        offset = max(0, self.position - self._overlap)
        # One row at a time needs a second one: the first is that of the page before.
        limit = max(self.limit, 1 + self._overlap) if self.position else self.limit
        if self.cap is not None:
            # At the cap the last rows are read once more: others may have moved up to there.
            offset = min(offset, self.cap - 1 - self._overlap)
            limit = min(limit, self.cap - offset)
        return {"limit": limit, "offset": offset}

    def take(self, page: Page[R]) -> list[R]:
        """Take the page that was asked for; return its new rows: perhaps none, before the end."""
        asked = self.asked()
        limit, offset = asked["limit"], asked["offset"]
        self.total = page.total
        known = self.known(page)
        if offset and self._overlap and not any(known):
            if offset in self._retreats or (not page and (page.total or 0) > offset):
                return self._end()  # not rows that left: the server shows no more than this
            # Rows have left the list: what would come next may be before this page.
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
            self._overlap = 0  # a server that sends one row at a time
        if fresh:
            self._retreats.clear()
        return fresh

    def _end(self) -> list[R]:
        self.ended = True
        self.unreached = max(0, (self.total or 0) - self.position)
        return []
