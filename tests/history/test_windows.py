"""Walks between dates: where they begin and end, and how they are split into windows."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest

from whitebit_ext.account.parameters import orders_query, transactions_query
from whitebit_ext.account.windows import oldest_kept
from whitebit_ext.errors import BadRequest

from .server import NOW, History, StillClock, moments, name_of
from .walking import DAY, QUERIES, READS


@READS
def test_since_and_until_limit_the_walk(read: str) -> None:
    """Rows from `since` (inclusive) to `until` (exclusive) are returned."""
    history = History.of(read, 400, step=3600.0)
    times = [NOW - 60 - index * 3600.0 for index in range(400)]
    since, until = moments(int(times[300]) if read != "orders" else times[300], times[100] - 10)
    found = [name_of(row) for row in history.walk(QUERIES[read](since=since, until=until))]
    assert found == history.names()[101:301]


def test_transactions_stop_early_at_since() -> None:
    """A walk through transactions stops once a page is older than `since`."""
    history = History.of("transactions", 3_000)
    (since,) = moments(NOW - 60 * 120)
    assert len(list(history.walk(transactions_query(limit=100, since=since)))) < 125
    assert len(history.requests) <= 4


@pytest.mark.parametrize(("read", "days"), [("orders", 31), ("converts", 30)])
def test_windows_reach_back_to_the_oldest_time(read: str, days: int) -> None:
    """Windows are as long as the server allows, newest first, and end at the oldest time kept."""
    history = History.of(read, 0)
    start, end = ("startDate", "endDate") if read == "orders" else ("from", "to")
    assert list(history.walk(QUERIES[read]())) == []
    windows = [(int(body[start]), int(body[end])) for body in history.requests]
    assert all(last - first <= days * DAY for first, last in windows)
    assert all(a[0] == b[1] for a, b in pairwise(windows))
    assert windows[-1][0] == oldest_kept(NOW, 6)
    assert windows[0][1] >= NOW
    kind = int if read == "orders" else str
    assert all(isinstance(body[start], kind) for body in history.requests)


@pytest.mark.parametrize("read", ["orders", "deals", "converts"])
def test_server_that_keeps_one_day_less(read: str) -> None:
    """If the server keeps one day less than six months, the walk requests one day less."""
    history = History.of(read, 10)
    history.floor = oldest_kept(NOW, 6) + DAY
    assert len(list(history.walk(QUERIES[read]()))) == 10


@pytest.mark.parametrize("read", ["orders", "converts"])
def test_refused_since_is_not_retried(read: str) -> None:
    """The caller's own `since` is not changed, so its refusal is not retried."""
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
def test_oldest_time_is_midnight_six_months_ago(now: str, floor: str) -> None:
    """The oldest time is 00:00 UTC of the day six months ago, or of that month's last day."""
    expected = datetime.fromisoformat(floor).timestamp()
    assert oldest_kept(datetime.fromisoformat(now).timestamp(), 6) == expected


def test_order_on_a_window_border_is_returned_once() -> None:
    """Two windows share a bound, and a row on it is returned once."""
    history = History("orders", clock=StillClock(NOW))
    border = int(-(-NOW // 1)) + 60 - 31 * DAY
    for number, at in enumerate((border - 0.5, float(border), border + 0.5), 1):
        history.add(number, at)
    assert [order.id for order in history.walk(orders_query())] == [3, 2, 1]


def test_single_order_is_requested_without_dates() -> None:
    """A request for one order has no dates, which the server would ignore."""
    history = History.of("orders", 1)
    assert len(list(history.walk(orders_query(order_id=1)))) == 1
    assert [sorted(body) for body in history.requests] == [["limit", "offset", "orderId"]]
