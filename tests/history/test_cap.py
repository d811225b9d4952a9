"""Walks past the cap of 10,000 rows: split into parts, with an error for unreachable rows."""

from __future__ import annotations

from typing import Any

import pytest

from whitebit_ext.account.parameters import transactions_query
from whitebit_ext.errors import HistoryTruncated, ServerError

from .server import NOW, TICKERS, History, name_of
from .walking import DAY, Arrivals

pytestmark = pytest.mark.slow


def test_no_request_exceeds_the_cap() -> None:
    """Every request of a long walk keeps `offset + limit` below 10,000, and few are sent."""
    history = History.of("transactions", 25_000)
    assert sum(1 for _ in history.walk(transactions_query())) == 25_000
    assert max(body["offset"] + body["limit"] for body in history.requests) < 10_000
    assert len(history.requests) < 250


def one_kind(history: History, count: int, at: float) -> None:
    """Put rows of a single method, ticker and status at the head."""
    for number in range(count):
        history.add(2 * number + 1, at + number, method=1, ticker="BTC", status=3)


def test_part_above_the_cap_is_an_error() -> None:
    """Unreachable rows raise an error after all reachable rows were returned."""
    history = History("transactions")
    one_kind(history, 12_000, NOW - DAY)
    rows = history.walk(transactions_query())
    found: list[Any] = []
    with pytest.raises(HistoryTruncated) as caught:
        found.extend(rows)
    assert len(found) == 9_999
    assert (caught.value.reached, caught.value.total) == (9_999, 12_000)
    (part,) = caught.value.unreached
    assert (part.method, part.ticker, part.status, part.rows) == (1, "BTC", 3, 2_001)


def hidden() -> History:
    """Return a history whose oldest rows are of a currency that the first 10,000 do not show."""
    history = History("transactions")
    for number in range(200):
        history.add(number, NOW - 2 * DAY + number, ticker="XLM", method=1)
    for number in range(200, 12_200):
        history.add(number, NOW - DAY + number, ticker=("BTC", "ETH")[number % 2], method=1)
    return history


def test_missing_currency_is_reported() -> None:
    """If the totals of the parts are smaller than the total, the difference is reported."""
    history = hidden()
    found: list[Any] = []
    with pytest.raises(HistoryTruncated) as caught:
        found.extend(history.walk(transactions_query()))
    assert [name_of(row) for row in found] == history.names()[:12_000]
    assert [(part.method, part.ticker, part.rows) for part in caught.value.unreached] == [
        (1, None, 200)
    ]


def test_list_of_currencies_finds_all_rows() -> None:
    """With a list of all currencies, the walk finds rows of currencies that it has not seen."""
    history = hidden()
    found = history.walk(transactions_query(), tickers=TICKERS)
    assert [name_of(row) for row in found] == history.names()


def test_cursor_resumes_between_parts() -> None:
    """A walk can be resumed between the parts, even if rows were added meanwhile."""
    history = History.of("transactions", 14_000)
    before = history.names()
    rows = history.walk(transactions_query())
    first = [name_of(next(rows)) for _ in range(11_111)]
    Arrivals(50, 50)(history)
    rest = [name_of(row) for row in history.walk(transactions_query(), rows.cursor)]
    assert first + rest == before


def test_failure_between_parts_loses_no_row() -> None:
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


def test_status_filter_fits_the_method() -> None:
    """A part of one method is requested with the codes that are valid for it."""
    history = History.of("transactions", 16_000)
    query = transactions_query(status=[3, 7, 15, 18, 27])
    assert sum(1 for _ in history.walk(query)) == 16_000
    asked = {
        (body["transactionMethod"], tuple(body["status"]))
        for body in history.requests
        if "transactionMethod" in body and "ticker" not in body
    }
    assert asked == {(1, (3, 7, 15, 27)), (2, (3, 7, 15, 18))}
