# Made from whitebit_ext/_async/transactions.py by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""Walks through transactions, beyond the 10,000 rows that can be paged through."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import attrs

from whitebit_api.records import Transaction

from ..account.identity import identities
from ..account.listing import CAP, Listing
from ..account.parameters import Query
from ..account.parts import Kind, Part, parameters_of
from ..account.records import Page
from ..errors import HistoryTruncated, InvalidArgument, Unreached
from ..runtime.clock import Clock
from .partition import Partition
from .walk import Fetch, Tickers, Walk

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BUFFER = 2_000
"""Rows of all parts together that are read ahead for sorting."""
_SMALLEST = 10


@attrs.define(eq=False)
class _Stretch:
    """One part of the history, read ahead for merging.

    Attributes:
        part: The part.
        body: The parameters that request it.
        listing: The position in its list.
        rows: Rows that were read and not merged yet.
    """

    part: Part
    body: dict[str, Any]
    listing: Listing[Transaction]
    rows: deque[Transaction] = attrs.field(factory=deque)


@attrs.define(eq=False)
class _Merge:
    """Parts whose rows are merged by time.

    Attributes:
        stretches: The parts.
        total: Their total number of rows.
        unreached: Rows that the server counts and that are in no part.
        hungry: Indices of the parts that must be read before the next row is known.
        heads: The other parts, by the time of their first row, newest first.
        page: Merged rows that were not returned yet.
    """

    stretches: list[_Stretch]
    total: int
    unreached: list[Unreached]
    hungry: list[int] = attrs.field(
        default=attrs.Factory(lambda self: list(range(len(self.stretches))), takes_self=True)
    )
    heads: list[tuple[float, int]] = attrs.field(factory=list)
    page: list[Transaction] = attrs.field(factory=list)


class TransactionWalk(Walk[Transaction]):
    """A walk through deposits and withdrawals, which the server cannot filter by date.

    The first 10,000 rows are read from the server's list. Later rows are read from parts of the
    history and merged by time.

    Args:
        query: The query.
        fetch: Sends one read.
        clock: Not used: there is no time range to fix.
        cursor: The cursor of an earlier walk with the same query.
        tickers: Lists all currencies, for those that the first 10,000 rows do not include.
    """

    def __init__(
        self,
        query: Query,
        fetch: Fetch[Transaction],
        clock: Clock,
        cursor: str | None = None,
        *,
        tickers: Tickers | None = None,
    ) -> None:
        self._tickers = tickers
        self._ahead: set[str] = set()
        self._head: Listing[Transaction] | None = None
        self._merge: _Merge | None = None
        super().__init__(query, fetch, clock, cursor)

    def _restore(self, state: dict[str, Any]) -> None:
        self._counts: Counter[Kind] = Counter()
        self._time: datetime | None = None
        self._ties: list[str] = []
        try:
            for method, ticker, status, rows in state.get("counts", ()):
                self._counts[int(method), str(ticker), int(status)] = int(rows)
            if (time := state.get("time")) is not None:
                self._time = _EPOCH + timedelta(microseconds=int(time))
            self._ties = [str(name) for name in state.get("ties", ())]
        except (TypeError, ValueError, OverflowError):
            raise InvalidArgument("cursor", "expected a value of .cursor") from None
        # The position of the earlier walk: newer rows were returned by it, or arrived since.
        self._resumed = (self._time, frozenset(self._ties))

    def _state(self) -> dict[str, Any]:
        time = self._time and (self._time - _EPOCH) // timedelta(microseconds=1)
        return {
            "counts": [[*kind, rows] for kind, rows in self._counts.items()],
            "time": time,
            "ties": self._ties,
        }

    def given(self, record: Transaction) -> None:
        """Record a returned row: a cursor has the earliest time, and all rows of that time.

        A row that arrived during the walk may come after older ones. It is newer than the cursor's
        time, and so counts as returned.
        """
        self._passed(record)
        if self._time is None or record.created_at < self._time:
            self._time, self._ties = record.created_at, []
        if record.created_at == self._time:
            self._ties += identities([record])

    def _passed(self, record: Transaction) -> None:
        self._counts[int(record.method), record.ticker, record.status] += 1

    def _next_page(self) -> Page[Transaction] | None:
        while self._merge is None:
            if self._head is None:
                reached = self._counts.total()
                if reached >= CAP:  # resumed beyond the cap
                    self._merge = self._parts()
                    break
                self._head = self._listing(reached, self.query.limit)
            listing = self._head
            if listing.ended:
                if not listing.unreached:
                    return None
                if listing.position < CAP:
                    missing = [Unreached(None, None, None, listing.unreached)]
                    self._truncated(listing.total or 0, missing)
                self._merge = self._parts()
                break
            asked = {**self.query.filters, **listing.asked()}
            fresh = listing.take(self._fetch(asked))
            if self._is_past(fresh):
                return None
            page = self._page(fresh, listing.total)
            if page is not None:
                return page
        return self._merged_page(self._merge)

    def _parts(self) -> _Merge:
        """Split the history into parts; after a failure, counting restarts."""
        partition = Partition(self.query.filters, self._fetch, self._tickers, self._counts)
        whole = partition.whole()
        parts = partition.split(whole)
        stretches = []
        size = sum(part.total for part in parts) or 1
        for part in parts:
            passed = sum(rows for kind, rows in self._counts.items() if part.holds(kind))
            limit = max(_SMALLEST, _BUFFER * part.total // size)
            body = parameters_of(part, self.query.filters, self._counts)
            # Some of the passed rows may have left: keep the position within the part.
            position = min(passed, part.total)
            listing = self._listing(position, min(limit, self.query.limit))
            listing.total = part.total
            stretches.append(_Stretch(part, body, listing))
        return _Merge(stretches, whole.total, partition.unreached)

    def _merged_page(self, merge: _Merge) -> Page[Transaction] | None:
        """Merge the rows of several parts by time, and return the next page."""
        while True:
            while merge.hungry:
                stretch = merge.stretches[merge.hungry[-1]]
                self._refill(stretch)
                index = merge.hungry.pop()
                if stretch.rows:
                    head = (-stretch.rows[0].created_at.timestamp(), index)
                    heapq.heappush(merge.heads, head)
            if not merge.heads or len(merge.page) >= self.query.limit:
                rows, merge.page = merge.page, []
                page = self._page(rows, merge.total)
                if page is not None:
                    return page
                if not merge.heads:
                    break
            _, index = heapq.heappop(merge.heads)
            stretch = merge.stretches[index]
            merge.page.append(stretch.rows.popleft())
            if stretch.rows:
                heapq.heappush(merge.heads, (-stretch.rows[0].created_at.timestamp(), index))
            else:
                merge.hungry.append(index)
        missing = list(merge.unreached)
        for stretch in merge.stretches:
            part, count = stretch.part, stretch.listing.unreached
            if count:
                missing.append(Unreached(part.method, part.ticker, part.status, count))
        if missing:
            self._truncated(merge.total, missing)
        return None

    def _refill(self, stretch: _Stretch) -> None:
        listing = stretch.listing
        while not stretch.rows and not listing.ended:
            fresh = listing.take(self._fetch({**stretch.body, **listing.asked()}))
            if self._is_past(fresh):
                listing.ended, listing.unreached = True, 0
            self._ahead.update(identities(fresh))
            stretch.rows.extend(fresh)

    def _truncated(self, total: int, missing: list[Unreached]) -> NoReturn:
        raise HistoryTruncated(
            "some transactions cannot be reached",
            reached=self._counts.total(),
            total=total,
            unreached=missing,
        )

    def _listing(self, position: int, limit: int) -> Listing[Transaction]:
        return Listing(limit, self._known, position, CAP)

    def _page(self, rows: list[Transaction], total: int | None) -> Page[Transaction] | None:
        """Return the rows in the requested time range, or ``None`` if there are none."""
        since, until = self.query.since, self.query.until
        self._remember(rows)
        self._ahead.difference_update(identities(rows))
        wanted = []
        for row in rows:
            if (since is None or since <= row.created_at) and (
                until is None or row.created_at < until
            ):
                wanted.append(row)
            else:
                self._passed(row)
        return Page(tuple(wanted), total) if wanted else None

    def _is_past(self, rows: list[Transaction]) -> bool:
        """Return whether all rows of a page are earlier than ``since``."""
        since = self.query.since
        return since is not None and bool(rows) and all(row.created_at < since for row in rows)

    def _known(self, page: Page[Transaction]) -> list[bool]:
        time, ties = self._resumed
        seen: set[str] = set()
        found = []
        for name, row in zip(identities(page.records), page, strict=True):
            earlier = time is not None and (row.created_at > time or name in ties)
            found.append(earlier or name in self._came or name in self._ahead or name in seen)
            seen.add(name)
        return found
