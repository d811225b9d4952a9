"""Walks against a history in memory: each row once, newest first, whatever happens meanwhile."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from whitebit_ext.errors import BadRequest, InvalidArgument, NoAnswer, ServerError
from whitebit_ext.errors.history import HistoryTruncated
from whitebit_ext.history import (
    Query,
    converts_query,
    deals_query,
    orders_query,
    transactions_query,
)
from whitebit_ext.history.windows import oldest_kept
from whitebit_ext.steps import Steps, work

from .server import NOW, TICKERS, History, StillClock, moments, name_of

QUERIES: dict[str, Callable[..., Query]] = {
    "transactions": transactions_query,
    "orders": orders_query,
    "deals": deals_query,
    "converts": converts_query,
}
READS = pytest.mark.parametrize("read", list(QUERIES))
DAY = 86_400


class Arrivals:
    """Add rows at the head of a history before each answer."""

    def __init__(self, each: int, most: int, **other: Any) -> None:
        self.each = each
        self.most = most
        self.other = other
        self.came = 0

    def __call__(self, history: History) -> None:
        """Add some, until all have come."""
        for _ in range(min(self.each, self.most - self.came)):
            self.came += 1
            history.add(1_000_000 + self.came, NOW - 50 + self.came / 20, **self.other)


def only(found: list[str], wanted: list[str]) -> list[str]:
    """Return what was found without the rows that arrived later."""
    known = set(wanted)
    return [name for name in found if name in known]


@READS
def test_25_000_rows_come_once_and_in_order_while_others_arrive(read: str) -> None:
    """A long walk gives every row that was there, newest first, though 500 more arrive."""
    history = History.of(read, 25_000, step=500.0)
    before = history.names()
    history.arrive = Arrivals(10, 500)
    found = [name_of(row) for row in history.walk(QUERIES[read]())]
    assert only(found, before) == before
    assert len(found) == len(set(found))


@READS
def test_a_burst_longer_than_a_page_is_passed_over(read: str) -> None:
    """More arrivals than a page has rows between two requests make neither gap nor duplicate."""
    history = History.of(read, 900)
    before = history.names()
    history.arrive = lambda h: Arrivals(250, 250)(h) if len(h.requests) == 2 else None
    found = [name_of(row) for row in history.walk(QUERIES[read](limit=100))]
    assert only(found, before) == before
    assert len(found) == len(set(found))


@READS
def test_rows_that_leave_the_list_make_no_gap(read: str) -> None:
    """When rows that were read leave the list, those that move up are not passed over."""
    history = History.of(read, 900)
    before = history.names()

    def leave(h: History) -> None:
        if len(h.requests) == 3:
            del h.rows[:60]

    history.arrive = leave
    assert [name_of(row) for row in history.walk(QUERIES[read](limit=100))] == before


@READS
@pytest.mark.parametrize("count", [0, 1, 2, 7, 99, 100, 101, 199, 200, 201])
@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_walk_stops_rightly(read: str, count: int, limit: int) -> None:
    """Empty, short, full and just overfull last pages all end the walk after the last row."""
    history = History.of(read, count)
    assert [name_of(row) for row in history.walk(QUERIES[read](limit=limit))] == history.names()


@READS
def test_pages_hold_the_same_rows_as_the_walk(read: str) -> None:
    """Going by pages gives all rows, at most `limit` at a time."""
    history = History.of(read, 250)
    pages = list(history.walk(QUERIES[read](limit=100)).pages())
    assert [name_of(row) for page in pages for row in page] == history.names()
    assert all(0 < len(page) <= 100 for page in pages)


@pytest.mark.anyio
@READS
async def test_the_async_face_walks_alike(read: str) -> None:
    """Awaited, the rows and pages are the same."""
    history = History.of(read, 250)
    assert [name_of(row) async for row in history.awalk(QUERIES[read]())] == history.names()
    rows = history.awalk(QUERIES[read](limit=100))
    first = name_of(await anext(rows))
    rest = [name_of(row) async for page in rows.pages() for row in page]
    assert [first, *rest] == history.names()


@READS
@pytest.mark.parametrize("taken", [0, 1, 57, 100, 199, 250])
def test_a_cursor_goes_on_in_another_process(read: str, taken: int) -> None:
    """A walk that is taken up from its cursor gives the rest, though rows arrived in between."""
    history = History.of(read, 250)
    before = history.names()
    rows = history.walk(QUERIES[read](limit=100))
    first = [name_of(next(rows)) for _ in range(taken)]
    cursor = json.loads(json.dumps(rows.cursor))
    Arrivals(180, 180)(history)
    rest = [name_of(row) for row in history.walk(QUERIES[read](limit=80), cursor)]
    assert first + only(rest, before) == before


@READS
def test_a_cursor_at_the_end_ends(read: str) -> None:
    """A walk that was walked to its end is at its end in another process too."""
    history = History.of(read, 30)
    rows = history.walk(QUERIES[read]())
    assert len(list(rows)) == 30
    history.requests.clear()
    assert list(history.walk(QUERIES[read](), rows.cursor)) == []
    assert history.requests == []


@READS
def test_a_cursor_fits_its_own_query_only(read: str) -> None:
    """A cursor of another read or of other arguments, or no cursor at all, is refused by name."""
    history = History.of(read, 3)
    cursor = history.walk(QUERIES[read]()).cursor
    (since,) = moments(NOW - DAY)
    for query, text in [
        (QUERIES[read](since=since), cursor),
        (QUERIES[read](), "nonsense"),
        (QUERIES[read](), cursor[:-6]),
        (QUERIES[read](), ""),
    ]:
        with pytest.raises(InvalidArgument, match=r"^cursor: "):
            history.walk(query, text)


@READS
def test_a_failure_in_the_midst_loses_nothing(read: str) -> None:
    """After an error the same iterator goes on where it stood, without gap or duplicate."""
    history = History.of(read, 450)

    def fail(h: History) -> None:
        if len(h.requests) == 2 and h.clock.now % 1 != 0.5:
            h.clock.now = int(h.clock.now) + 0.5
            raise NoAnswer("no answer")

    history.arrive = fail
    rows = history.walk(QUERIES[read](limit=100))
    found, failures = [], 0
    while True:
        try:
            found.append(name_of(next(rows)))
        except NoAnswer:
            failures += 1
        except StopIteration:
            break
    assert (found, failures) == (history.names(), 1)


def test_a_failure_behind_the_cap_loses_nothing() -> None:
    """Rows that were read ahead when a part failed are read again."""
    history = History.of("transactions", 12_000)
    failing = iter(range(10_000))

    def fail(h: History) -> None:
        if h.requests and h.requests[-1].get("ticker") and next(failing) % 3 == 2:
            raise ServerError("down")

    history.arrive = fail
    rows = history.walk(transactions_query())
    found: list[str] = []
    failures = 0
    while failures < 200:
        try:
            found.extend(name_of(row) for row in rows)
            break
        except ServerError:
            failures += 1
    assert found == history.names()


@READS
def test_since_and_until_bound_the_walk(read: str) -> None:
    """Rows from `since` on and before `until` are given, those at the bounds rightly."""
    history = History.of(read, 400, step=3600.0)
    times = [NOW - 60 - index * 3600.0 for index in range(400)]
    since, until = moments(int(times[300]) if read != "orders" else times[300], times[100] - 10)
    found = [name_of(row) for row in history.walk(QUERIES[read](since=since, until=until))]
    assert found == history.names()[101:301]


def test_transactions_stop_early_at_since() -> None:
    """A walk through transactions does not read on once a page is older than `since`."""
    history = History.of("transactions", 3_000)
    (since,) = moments(NOW - 60 * 120)
    assert len(list(history.walk(transactions_query(limit=100, since=since)))) < 125
    assert len(history.requests) <= 4


@pytest.mark.parametrize(("read", "days"), [("orders", 31), ("converts", 30)])
def test_windows_are_sliced_back_to_the_floor(read: str, days: int) -> None:
    """Dates are as far apart as the server takes, newest first, and end at the oldest kept."""
    history = History.of(read, 0)
    start, end = ("startDate", "endDate") if read == "orders" else ("from", "to")
    assert list(history.walk(QUERIES[read]())) == []
    windows = [(int(body[start]), int(body[end])) for body in history.requests]
    assert all(last - first <= days * DAY for first, last in windows)
    assert all(a[0] == b[1] for a, b in pairwise(windows))
    assert windows[-1][0] == oldest_kept(NOW)
    assert windows[0][1] >= NOW
    kind = int if read == "orders" else str
    assert all(isinstance(body[start], kind) for body in history.requests)


@pytest.mark.parametrize("read", ["orders", "deals", "converts"])
def test_a_server_that_keeps_a_day_less_is_not_the_end(read: str) -> None:
    """Where the server's six months are a day shorter than ours, the walk asks a day less."""
    history = History.of(read, 10)
    history.floor = oldest_kept(NOW) + DAY
    assert len(list(history.walk(QUERIES[read]()))) == 10


@pytest.mark.parametrize("read", ["orders", "converts"])
def test_a_since_that_is_refused_is_asked_for_once(read: str) -> None:
    """A caller's own start is not moved, so a refusal of it is not asked for again."""
    history = History.of(read, 10)
    history.floor = NOW - DAY
    (since,) = moments(NOW - 5 * DAY)
    with pytest.raises(BadRequest):
        list(history.walk(QUERIES[read](since=since)))
    assert len(history.requests) == 1


@pytest.mark.parametrize(
    ("now", "floor"),
    [
        ("2026-08-31T12:00:00+00:00", "2026-02-28T00:00:00+00:00"),
        ("2026-03-01T00:00:00+00:00", "2025-09-01T00:00:00+00:00"),
        ("2024-08-30T23:59:59+00:00", "2024-02-29T00:00:00+00:00"),
    ],
)
def test_the_floor_is_midnight_six_months_ago(now: str, floor: str) -> None:
    """The oldest time kept is 00:00 UTC of the day six months ago, or of that month's last."""
    expected = datetime.fromisoformat(floor).timestamp()
    assert oldest_kept(datetime.fromisoformat(now).timestamp()) == expected


def test_an_order_on_the_border_of_two_windows_comes_once() -> None:
    """Windows share their bound, and a row on it is given once."""
    history = History("orders", clock=StillClock(NOW))
    border = int(-(-NOW // 1)) + 60 - 31 * DAY
    for number, at in enumerate((border - 0.5, float(border), border + 0.5), 1):
        history.add(number, at)
    assert [order.id for order in history.walk(orders_query())] == [3, 2, 1]


def test_a_single_order_is_looked_up_without_dates() -> None:
    """Looking up one order sends no dates, which the server would ignore."""
    history = History.of("orders", 1)
    assert len(list(history.walk(orders_query(order_id=1)))) == 1
    assert [sorted(body) for body in history.requests] == [["limit", "offset", "orderId"]]


def test_past_the_cap_no_request_asks_too_far() -> None:
    """Every request of a long walk keeps `offset + limit` within the cap, and few are made."""
    history = History.of("transactions", 25_000)
    assert sum(1 for _ in history.walk(transactions_query())) == 25_000
    assert max(body["offset"] + body["limit"] for body in history.requests) <= 10_000
    assert len(history.requests) < 250


def one_kind(history: History, count: int, at: float) -> None:
    """Put rows of a single method, ticker and status at the head."""
    for number in range(count):
        history.add(2 * number + 1, at + number, method=1, ticker="BTC", status=3)


def test_a_part_that_exceeds_the_cap_ends_in_an_error() -> None:
    """What cannot be reached is said after all that could be reached was given."""
    history = History("transactions")
    one_kind(history, 12_000, NOW - DAY)
    rows = history.walk(transactions_query())
    found: list[Any] = []
    with pytest.raises(HistoryTruncated) as caught:
        found.extend(rows)
    assert len(found) == 10_000
    assert (caught.value.reached, caught.value.total) == (10_000, 12_000)
    (part,) = caught.value.unreached
    assert (part.method, part.ticker, part.status, part.rows) == (1, "BTC", 3, 2_000)


def hidden() -> History:
    """Return a history whose oldest rows are of a currency that the first 10,000 do not show."""
    history = History("transactions")
    for number in range(200):
        history.add(number, NOW - 2 * DAY + number, ticker="XLM", method=1)
    for number in range(200, 12_200):
        history.add(number, NOW - DAY + number, ticker=("BTC", "ETH")[number % 2], method=1)
    return history


def test_a_currency_that_nobody_names_is_missed_aloud() -> None:
    """Where the parts' totals fall short of the whole's, the difference is reported."""
    history = hidden()
    found: list[Any] = []
    with pytest.raises(HistoryTruncated) as caught:
        found.extend(history.walk(transactions_query()))
    assert [name_of(row) for row in found] == history.names()[:12_000]
    assert [(part.method, part.ticker, part.rows) for part in caught.value.unreached] == [
        (1, None, 200)
    ]


def test_the_list_of_currencies_finds_what_no_row_showed() -> None:
    """With a list of all currencies, the walk finds rows of those that it has not met."""
    history = hidden()

    def tickers() -> Steps[Iterable[str]]:
        return (yield from work(lambda: TICKERS))

    found = history.walk(transactions_query(), tickers=tickers)
    assert [name_of(row) for row in found] == history.names()


def test_a_cursor_works_behind_the_cap() -> None:
    """A walk is taken up in the midst of the parts, though rows arrived in between."""
    history = History.of("transactions", 14_000)
    before = history.names()
    rows = history.walk(transactions_query())
    first = [name_of(next(rows)) for _ in range(11_111)]
    Arrivals(50, 50)(history)
    rest = [name_of(row) for row in history.walk(transactions_query(), rows.cursor)]
    assert first + rest == before


def test_the_status_filter_stays_within_the_method() -> None:
    """A part of one method is asked for with the codes that are valid for it."""
    history = History.of("transactions", 16_000)
    query = transactions_query(status=[3, 7, 15, 18, 27])
    assert sum(1 for _ in history.walk(query)) == 16_000
    asked = {
        (body["transactionMethod"], tuple(body["status"]))
        for body in history.requests
        if "transactionMethod" in body and "ticker" not in body
    }
    assert asked == {(1, (3, 7, 15, 27)), (2, (3, 7, 15, 18))}


@pytest.mark.parametrize("read", ["transactions", "converts"])
def test_a_total_that_is_never_reached_is_said(read: str) -> None:
    """A server that counts more rows than it sends does not pass for a whole history."""
    history = History.of(read, 150)

    def more(body: bytes) -> bytes:
        content = json.loads(body)
        return json.dumps(content | {"total": content["total"] + 40}).encode()

    history.written = more
    found: list[Any] = []
    with pytest.raises(HistoryTruncated):
        found.extend(history.walk(QUERIES[read](limit=100)))
    assert [name_of(row) for row in found] == history.names()


@READS
def test_a_long_walk_holds_little(read: str) -> None:
    """A walk of 25,000 rows holds less than 10 MB above what a walk of one page holds."""

    def peak(count: int) -> int:
        history = History.of(read, count, step=500.0)
        for _ in history.walk(QUERIES[read]()):  # what is made once is made
            break
        history.requests.clear()
        tracemalloc.start()
        for _ in history.walk(QUERIES[read]()):
            pass
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held

    assert peak(25_000) - peak(QUERIES[read]().limit) < 10_000_000
