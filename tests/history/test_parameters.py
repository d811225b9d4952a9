"""Arguments of the reads are refused by name before a request, or sent as documented."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from whitebit_api.enumerations import OrderStatusFilter, TransactionMethod
from whitebit_ext.account.parameters import (
    Query,
    converts_query,
    deals_query,
    orders_query,
    transactions_query,
)
from whitebit_ext.errors import InvalidArgument

NOW = datetime(2026, 9, 1, tzinfo=UTC)
NAIVE = NOW.replace(tzinfo=None)
QUERIES = (transactions_query, orders_query, deals_query, converts_query)


@pytest.mark.parametrize(
    ("query", "argument", "value"),
    [
        (transactions_query, "method", 3),
        (transactions_query, "method", True),
        (transactions_query, "method", "deposit"),
        (transactions_query, "ticker", ""),
        (transactions_query, "ticker", 5),
        (transactions_query, "address", " "),
        (transactions_query, "addresses", "address"),
        (transactions_query, "addresses", []),
        (transactions_query, "addresses", ["a"] * 21),
        (transactions_query, "addresses", [1]),
        (transactions_query, "memo", "\n"),
        (transactions_query, "unique_id", b"x"),
        (transactions_query, "status", []),
        (transactions_query, "status", "3"),
        (transactions_query, "status", [3.0]),
        (transactions_query, "status", -1),
        (orders_query, "market", ""),
        (orders_query, "order_id", 0),
        (orders_query, "order_id", "1"),
        (orders_query, "client_order_id", ""),
        (orders_query, "status", "OPEN"),
        (deals_query, "market", 1),
        (deals_query, "client_order_id", 1),
        (converts_query, "from_ticker", ""),
        (converts_query, "to_ticker", ""),
        (converts_query, "quote_id", 1),
        (converts_query, "limit", 101),
        *((query, "limit", value) for query in QUERIES for value in (0, -1, 501, 1.0, True, "5")),
        *((query, "since", value) for query in QUERIES for value in (5, NAIVE)),
        *((query, "until", "2026") for query in QUERIES),
    ],
)
def test_wrong_argument_is_named(query: Callable[..., Query], argument: str, value: object) -> None:
    """A wrong argument raises an error with its name at the call."""
    with pytest.raises(InvalidArgument) as caught:
        query(**{argument: value})
    assert caught.value.argument == argument


@pytest.mark.parametrize("query", QUERIES)
def test_since_must_not_be_later_than_until(query: Callable[..., Query]) -> None:
    """An empty time range is refused; a range of a single moment is not."""
    assert query(since=NOW, until=NOW).since == NOW
    with pytest.raises(InvalidArgument, match=r"^since: "):
        query(since=NOW, until=NOW - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        (
            transactions_query(
                method=TransactionMethod.WITHDRAWAL, addresses=("a", "b"), status=(7, 3, 7)
            ),
            {"transactionMethod": 2, "addresses": ["a", "b"], "status": [3, 7]},
        ),
        (transactions_query(unique_id="u"), {"unique_id": "u", "uniqueId": "u"}),
        (
            orders_query(market="A_B", order_id=5, status=OrderStatusFilter.FILLED),
            {"market": "A_B", "orderId": 5, "status": "FILLED"},
        ),
        (deals_query(client_order_id="c"), {"clientOrderId": "c"}),
        (
            converts_query(from_ticker="A", to_ticker="B", quote_id="q"),
            {"fromTicker": "A", "toTicker": "B", "quoteId": "q"},
        ),
    ],
)
def test_arguments_are_sent_under_the_documented_names(
    query: Query, filters: dict[str, Any]
) -> None:
    """The request has the names and the plain types of the contract."""
    assert dict(query.filters) == filters
    assert all(type(value) in (str, int, list) for value in query.filters.values())
