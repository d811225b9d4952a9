"""One list on the server, read page by page while rows are added and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

import attrs

from ..regions import operation
from .identity import identities
from .parameters import READS
from .records import Page, R

CAP = (operation(READS["transactions"]).max_reach or 0) - 1
"""``offset + limit`` of transactions is at most this: "at most 10,000" and "less than 10,000" are
both published (contract, `tables.md`)."""
SHORT = min(int(operation(name).defaults["limit"]) for name in READS.values())
"""A page with fewer rows than this, and than its limit, is the last one of a list without a total:
the server may reduce a limit above 100 (contract, `tables.md`), but hardly below its default."""
PASSES = 3
"""How often a list is read whose total shows that rows are lacking."""


@attrs.define
class Listing(Generic[R]):
    """The position in a list, read from the newest row to the oldest: next page and new rows.

    Rows that are added push later rows back, so that a page begins with known rows, which are
    dropped. Rows that leave the list (a changed status) pull later rows forward, past the offset.
    So each page is requested to begin with the last row of the previous page; if it does not,
    the walk goes back until it does.

    Rows of the same time may change places between two pages, so that one of them is on neither.
    Where fewer rows came than the server counts, the list is read again from the beginning, as
    long as that finds rows, `PASSES` times in all.

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
    _passes: int = 1
    # Without the last row before it, with which the first page begins.
    _before: int = attrs.field(
        default=attrs.Factory(lambda self: max(0, self.position - 1), takes_self=True)
    )
    _seen: set[str] = attrs.field(factory=set)
    _counted: int | None = None
    _found: bool = True

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
        if self._counted is None:
            self._counted = page.total
        known = self.known(page)
        self._seen.update(identities(page.records))
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
        if fresh:
            self._found = True
            self._retreats.clear()
        if page.total is None:
            self.ended = len(page) < min(limit, SHORT)
        elif end >= page.total or not page or (end == self.cap and stuck and not fresh):
            self._end()
            return fresh
        if stuck and not self.ended and end != self.cap:
            self._overlap = 0  # the server returns one row at a time
        return fresh

    def _end(self) -> list[R]:
        lacking = self._lacking()
        if lacking and self._found and self._passes < PASSES:
            self._passes += 1
            self.position = self._before = 0
            self._counted, self._found, self._overlap = None, False, 1
            self._retreats.clear()
            return []
        self.ended = True
        self.unreached = max(0, (self.total or 0) - self.position, lacking)
        return []

    def _lacking(self) -> int:
        """Return how many rows the server counts more than it has sent.

        Rows that arrive or leave during a pass are not lacking. Of a list longer than its cap it
        is not known.
        """
        counts = [count for count in (self.total, self._counted) if count is not None]
        if not counts or (self.cap is not None and max(counts) > self.cap):
            return 0
        return max(0, min(counts) - self._before - len(self._seen))
