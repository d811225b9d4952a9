"""Walks through transactions, past the 10,000 rows that can be paged through."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from ..errors import HistoryTruncated, InvalidArgument, Unreached
from ..runtime.clock import Clock
from ..steps import Steps
from .identity import identities
from .listing import CAP, Fetch, Listing
from .parameters import Query
from .parts import Kind, Partition
from .records import Page, Transaction
from .walk import Source, Walk

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BUFFER = 2_000
"""Rows of all parts together that are read ahead, to be put in order."""
_SMALLEST = 10


class TransactionWalk(Walk[Transaction]):
    """A walk through deposits and withdrawals, which the server lists without dates.

    The first 10,000 rows come as the server lists them. What lies behind comes from parts,
    walked side by side and put in order by time.

    Args:
        query: Which rows.
        fetch: Sends one read.
        clock: Not asked; there are no dates to anchor.
        cursor: Where an earlier walk stood.
        tickers: Lists all currencies (the main balance does), in case that those which the first
            10,000 rows show are not all.
    """

    def __init__(
        self,
        query: Query,
        fetch: Fetch[Transaction],
        clock: Clock,
        cursor: str | None = None,
        *,
        tickers: Callable[[], Steps[Iterable[str]]] | None = None,
    ) -> None:
        self._tickers = tickers
        self._ahead: set[str] = set()
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
            raise InvalidArgument("cursor", "it is not what .cursor gave") from None
        # Where an earlier process stood: whatever is newer was given out, or came since.
        self._resumed = (self._time, frozenset(self._ties))

    def _state(self) -> dict[str, Any]:
        time = self._time and (self._time - _EPOCH) // timedelta(microseconds=1)
        return {
            "counts": [[*kind, rows] for kind, rows in self._counts.items()],
            "time": time,
            "ties": self._ties,
        }

    def given(self, record: Transaction) -> None:
        """Note a row: a cursor names the earliest time, and all rows of that time.

        A row that arrived during the walk may come behind older ones. It is newer than the
        cursor's time, and that says enough of it.
        """
        self._passed(record)
        if self._time is None or record.created_at < self._time:
            self._time, self._ties = record.created_at, []
        if record.created_at == self._time:
            self._ties += identities([record])

    def _passed(self, record: Transaction) -> None:
        self._counts[int(record.method), record.ticker, record.status] += 1

    def _walk(self) -> Source[Transaction]:
        self._ahead.clear()
        partition = Partition(self.query.filters, self._fetch, self._tickers, self._counts)
        reached = self._counts.total()
        if reached < CAP:
            listing = self._listing(dict(self.query.filters), reached, self.query.limit)
            while not listing.ended:
                fresh = yield from listing.read()
                if self._is_past(fresh):
                    return
                yield from self._page(fresh, listing.total)
            if not listing.unreached:
                return
            if listing.position < CAP:
                self._truncated(listing.total or 0, [(None, None, None, listing.unreached)])
        whole = yield from partition.whole()
        parts = yield from partition.split(whole)
        listings = []
        size = sum(part.total for part in parts) or 1
        for part in parts:
            passed = sum(rows for kind, rows in self._counts.items() if part.holds(kind))
            limit = max(_SMALLEST, _BUFFER * part.total // size)
            parameters = partition.parameters(part)
            # Of the rows that were passed some may have left: no position is behind the last row.
            position = min(passed, part.total)
            listing = self._listing(parameters, position, min(limit, self.query.limit))
            listing.total = part.total
            listings.append(listing)
        yield from self._side_by_side(listings, whole.total)
        missing = [(u.method, u.ticker, u.status, u.rows) for u in partition.unreached]
        missing += [
            (part.method, part.ticker, part.status, listing.unreached)
            for part, listing in zip(parts, listings, strict=True)
            if listing.unreached
        ]
        if missing:
            self._truncated(whole.total, missing)

    def _truncated(
        self, total: int, missing: list[tuple[int | None, str | None, int | None, int]]
    ) -> None:
        raise HistoryTruncated(
            "not all transactions can be reached",
            reached=self._counts.total(),
            total=total,
            unreached=[Unreached(*part) for part in missing],
        )

    def _listing(self, body: dict[str, Any], position: int, limit: int) -> Listing[Transaction]:
        return Listing(self._fetch, lambda: body, limit, self._known, position, CAP)

    def _side_by_side(
        self, listings: list[Listing[Transaction]], total: int
    ) -> Source[Transaction]:
        """Walk several lists at once, and yield their rows in the order of time."""
        buffers = [deque[Transaction]() for _ in listings]
        heads: list[tuple[float, int]] = []
        for index in range(len(listings)):
            yield from self._refill(listings[index], buffers[index])
            if buffers[index]:
                heads.append((-buffers[index][0].created_at.timestamp(), index))
        heapq.heapify(heads)
        page: list[Transaction] = []
        while heads:
            _, index = heads[0]
            page.append(buffers[index].popleft())
            if not buffers[index]:
                yield from self._refill(listings[index], buffers[index])
            if buffers[index]:
                head = (-buffers[index][0].created_at.timestamp(), index)
                heapq.heapreplace(heads, head)
            else:
                heapq.heappop(heads)
            if len(page) >= self.query.limit or not heads:
                yield from self._page(page, total)
                page = []

    def _refill(
        self, listing: Listing[Transaction], buffer: deque[Transaction]
    ) -> Generator[Any, Any, None]:
        while not buffer and not listing.ended:
            fresh = yield from listing.read()
            if self._is_past(fresh):
                listing.ended, listing.unreached = True, 0
            self._ahead.update(identities(fresh))
            buffer.extend(fresh)

    def _page(self, rows: list[Transaction], total: int | None) -> Source[Transaction]:
        """Hand over the rows that are in the time asked for."""
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
        if wanted:
            yield Page(tuple(wanted), total)

    def _is_past(self, rows: list[Transaction]) -> bool:
        """Tell whether a page lies wholly before the earliest time asked for."""
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
