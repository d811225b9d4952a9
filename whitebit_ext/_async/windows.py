"""Walks through orders, deals and conversions, by time windows, back to the oldest row kept."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Any

from whitebit_api.records import Convert, Deal

from ..account.identity import identities
from ..account.listing import Listing
from ..account.records import Page, R
from ..account.windows import (
    AHEAD,
    DATES,
    DAY,
    PATIENCE,
    oldest_kept,
)
from ..errors import BadRequest, HistoryTruncated, InvalidArgument, Unreached
from .walk import AsyncWalk


class AsyncWindowWalk(AsyncWalk[R]):
    """A walk by time windows, fixed when it begins: rows that arrive later are not included.

    Adjacent windows share a second, since it is not published whether bounds are inclusive; a row
    that is in both windows is returned once.
    """

    def _restore(self, state: dict[str, Any]) -> None:
        until = self.query.until
        latest = math.ceil(self.clock.time()) + AHEAD.get(self.query.read, 0)
        anchor = latest if until is None else min(math.ceil(until.timestamp()), latest)
        self._late = self._reached = 0
        self._listing: Listing[R] | None = None
        self._begin: int | None = None
        try:
            self._end = int(state.get("end", anchor))
            self._base = int(state.get("base", 0))
            self._lacking = int(state.get("lacking", 0))
            self._given = deque(map(str, state.get("given", ())), maxlen=600)
        except (TypeError, ValueError):
            raise InvalidArgument("cursor", "expected a value of .cursor") from None
        for name in self._given:
            self._came.add(name)

    def _state(self) -> dict[str, Any]:
        return {
            "end": self._end,
            "base": self._base,
            "given": list(self._given),
            "lacking": self._lacking,
        }

    def given(self, record: R) -> None:
        """Record a row that was returned; the cursor's position within a page depends on it."""
        self._given.append(*identities([record]))

    async def _next_page(self) -> Page[R] | None:
        while True:
            if self._listing is None and not self._open_window():
                return None
            listing = self._listing
            assert listing is not None  # noqa: S101  # a window is open
            if listing.ended:
                if not self._close_window(listing):
                    return None
                continue
            # Where a window is read again, a cursor stays behind what was returned of it.
            base = max(self._base, listing.position - 1)
            fresh = listing.take(await self._read(listing.asked()))
            self._remember(fresh)
            rows = [row for row in fresh if self._wanted(row)]
            if rows:
                self._base = base
                return Page(tuple(rows), listing.total)

    def _open_window(self) -> bool:
        """Open the next window back in time; return whether there is one."""
        self._begin = None
        if not self.query.single:
            oldest, window = self._oldest(), DATES[self.query.read].max_window
            if self._end <= oldest:
                return False
            self._begin = oldest if window is None else max(oldest, self._end - window)
        self._listing = Listing(self.query.limit, self._known, position=self._base)
        return True

    def _close_window(self, listing: Listing[R]) -> bool:
        """Close a window that was read completely; return whether an earlier one may follow."""
        self._reached += (listing.total or 0) - listing.unreached
        self._lacking += listing.unreached
        listing.total = listing.unreached = 0  # counted: the end may be asked for again
        if self._begin is None or self._begin <= self._oldest():
            if self._lacking:
                raise HistoryTruncated(
                    "the server sent fewer rows than its total",
                    reached=self._reached,
                    total=self._reached + self._lacking,
                    unreached=[Unreached(None, None, None, self._lacking)],
                )
            return False
        self._end, self._base, self._listing = self._begin, 0, None
        return True

    def _oldest(self) -> int:
        floor = self._kept_since()
        since = self.query.since
        return floor if since is None else max(floor, math.floor(since.timestamp()))

    def _kept_since(self) -> int:
        months = DATES[self.query.read].max_age_months or 0
        return oldest_kept(self.clock.time(), months) + self._late * DAY

    def _known(self, page: Page[R]) -> list[bool]:
        seen: set[str] = set()
        found = []
        for name in identities(page.records):
            found.append(name in self._came or name in seen)
            seen.add(name)
        return found

    def _wanted(self, row: R) -> bool:
        """Return whether a row is in the requested time range: the server filters by whole seconds.

        For orders it is not published which of their times the server compares, so its result is
        used unchanged.
        """
        since, until = self.query.since, self.query.until
        if isinstance(row, Deal):
            time = row.time
        elif isinstance(row, Convert):
            time = row.date
        else:
            return True
        return (since is None or since <= time) and (until is None or time < until)

    async def _read(self, asked: Mapping[str, int]) -> Page[R]:
        """Send a read for the open window, adjusted to the current time."""
        dates, begin = DATES[self.query.read], self._begin
        while True:
            body = {**self.query.filters, **asked}
            # A caller's own `since` is not moved: the same request would be sent again.
            at_floor = begin is not None and begin <= self._oldest() <= self._kept_since()
            if begin is not None:
                start = max(begin, self._oldest())
                if start >= self._end:
                    return Page(())
                body[dates.start] = str(start) if dates.as_text else start
                body[dates.end] = str(self._end) if dates.as_text else self._end
            try:
                return await self._fetch(body)
            except BadRequest as error:
                if "clientOrderId" in body and "orderHistory" in error.errors:
                    return Page(())  # no match (contract, `tables.md`)
                too_old = at_floor and dates.start in error.errors
                if not too_old or self._late >= PATIENCE:
                    raise
            # It is not published where exactly six months end: try a day later.
            self._late += 1
