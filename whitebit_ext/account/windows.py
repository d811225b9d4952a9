"""Walks through orders, deals and conversions: by windows of time, back to the last row kept."""

from __future__ import annotations

import calendar
import math
from collections import deque
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from ..errors import BadRequest, HistoryTruncated, InvalidArgument, Unreached
from .identity import identities
from .listing import Listing
from .records import Convert, Deal, Page, R
from .walk import Source, Walk

_DAY = 86_400


@attrs.frozen
class Dates:
    """How one read takes dates (contract, `tables.md`).

    Attributes:
        start: Name of the earliest time.
        end: Name of the latest time.
        window: Seconds between the two at most, where there is such a bound.
        ahead: Seconds after now that a walk "until now" asks for, so that a clock that is slow
            hides nothing; where the server takes a time to come.
        text: Whether times are sent as text.
    """

    start: str
    end: str
    window: int | None
    ahead: int
    text: bool = False


DATES: Mapping[str, Dates] = {
    "orders": Dates("startDate", "endDate", 31 * _DAY, 60),
    "deals": Dates("startDate", "endDate", None, 60),
    "converts": Dates("from", "to", 30 * _DAY, 0, text=True),
}
_PATIENCE = 2
"""Days that the server's idea of six months may be shorter than ours."""


def oldest_kept(now: float) -> int:
    """Return midnight UTC six months ago: the server refuses earlier times."""
    today = datetime.fromtimestamp(now, UTC)
    months = today.year * 12 + today.month - 1 - 6
    year, month = divmod(months, 12)
    day = min(today.day, calendar.monthrange(year, month + 1)[1])
    return int(datetime(year, month + 1, day, tzinfo=UTC).timestamp())


class WindowWalk(Walk[R]):
    """A walk whose windows are anchored when it begins: rows that arrive later are not in it.

    Windows share the second between them, since whether bounds are inclusive is not published;
    a row that comes in both is given once.
    """

    def _restore(self, state: dict[str, Any]) -> None:
        dates = DATES[self.query.read]
        until = self.query.until
        now = math.ceil(self.clock.time())
        anchor = now + dates.ahead if until is None else min(_ceil(until), now + dates.ahead)
        self._late = 0
        try:
            self._end = int(state.get("end", anchor))
            self._base = int(state.get("base", 0))
            self._given = deque(map(str, state.get("given", ())), maxlen=600)
        except (TypeError, ValueError):
            raise InvalidArgument("cursor", "it is not what .cursor gave") from None
        for name in self._given:
            self._came.add(name)

    def _state(self) -> dict[str, Any]:
        return {"end": self._end, "base": self._base, "given": list(self._given)}

    def given(self, record: R) -> None:
        """Note a row; within a page only this says how far the caller came."""
        self._given.append(*identities([record]))

    def _walk(self) -> Source[R]:
        if self.query.single:
            yield from self._pages(None)
            return
        window = DATES[self.query.read].window
        while self._end > (oldest := self._oldest()):
            begin = oldest if window is None else max(oldest, self._end - window)
            yield from self._pages(begin)
            if begin <= oldest:
                return
            self._end, self._base = begin, 0

    def _oldest(self) -> int:
        floor = self._kept_since()
        return floor if self.query.since is None else max(floor, _floor(self.query.since))

    def _kept_since(self) -> int:
        return oldest_kept(self.clock.time()) + self._late * _DAY

    def _pages(self, begin: int | None) -> Source[R]:
        """Walk through one window; none where a single row is looked up."""
        listing: Listing[R] = Listing(
            self._send_in(begin), dict, self.query.limit, self._known, position=self._base
        )
        while not listing.ended:
            base = max(0, listing.position - 1)
            fresh = yield from listing.read()
            self._remember(fresh)
            rows = [row for row in fresh if self._wanted(row)]
            if rows:
                self._base = base
                yield Page(tuple(rows), listing.total)
        if listing.unreached:
            raise HistoryTruncated(
                "the server sent fewer rows than it counts",
                reached=listing.position,
                total=listing.total or 0,
                unreached=[Unreached(None, None, None, listing.unreached)],
            )

    def _known(self, page: Page[R]) -> list[bool]:
        seen: set[str] = set()
        found = []
        for name in identities(page.records):
            found.append(name in self._came or name in seen)
            seen.add(name)
        return found

    def _wanted(self, row: R) -> bool:
        """Tell whether a row is in the time asked for: the server knows whole seconds only.

        For an order it is not published which of its times the dates are compared with: there
        the server alone decides.
        """
        since, until = self.query.since, self.query.until
        if isinstance(row, Deal):
            time = row.time
        elif isinstance(row, Convert):
            time = row.date
        else:
            return True
        return (since is None or since <= time) and (until is None or time < until)

    def _send_in(self, begin: int | None) -> Any:
        """Return a way to send a read for one window, whatever the time has become meanwhile."""
        dates = DATES[self.query.read]

        def send(parameters: Mapping[str, Any]) -> Generator[Any, Any, Page[R]]:
            while True:
                body = {**self.query.filters, **parameters}
                # A caller's own `since` is not moved: the same request would go out again.
                at_floor = begin is not None and begin <= self._oldest() <= self._kept_since()
                if begin is not None:
                    start = max(begin, self._oldest())
                    if start >= self._end:
                        return Page(())
                    body[dates.start] = str(start) if dates.text else start
                    body[dates.end] = str(self._end) if dates.text else self._end
                try:
                    page: Page[R] = yield from self._fetch(body)
                    return page
                except BadRequest as error:
                    if "clientOrderId" in body and "orderHistory" in error.errors:
                        return Page(())  # no match (contract, `tables.md`)
                    too_old = at_floor and dates.start in error.errors
                    if not too_old or self._late >= _PATIENCE:
                        raise
                # Where exactly six months end is not published: try a day later.
                self._late += 1

        return send


def _floor(time: datetime) -> int:
    return math.floor(time.timestamp())


def _ceil(time: datetime) -> int:
    return math.ceil(time.timestamp())
