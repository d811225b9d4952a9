"""Histories of an account: deposits and withdrawals, orders, deals, conversions.

Records and their decoding, what can be asked for, and walks through all pages. Nothing here
sends anything: a walk yields steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..runtime.clock import Clock
from ..steps import Steps
from .cap import TransactionWalk
from .decode import decode_converts, decode_deals, decode_orders, decode_transactions
from .enums import (
    ActivationCondition,
    OrderStatus,
    OrderStatusFilter,
    OrderType,
    PositionSide,
    Role,
    Side,
    TransactionMethod,
    TransactionOutcome,
)
from .frames import to_dict, to_dicts
from .listing import Fetch
from .parameters import (
    Query,
    converts_query,
    deals_query,
    orders_query,
    transactions_query,
)
from .records import (
    Confirmations,
    Convert,
    ConvertStep,
    Deal,
    Order,
    Page,
    PartialWithdrawal,
    Transaction,
    TransactionDetails,
)
from .walk import AsyncRows, Rows, Walk
from .windows import WindowWalk

__all__ = [
    "ActivationCondition",
    "AsyncRows",
    "Confirmations",
    "Convert",
    "ConvertStep",
    "Deal",
    "Fetch",
    "Order",
    "OrderStatus",
    "OrderStatusFilter",
    "OrderType",
    "Page",
    "PartialWithdrawal",
    "PositionSide",
    "Query",
    "Role",
    "Rows",
    "Side",
    "Transaction",
    "TransactionDetails",
    "TransactionMethod",
    "TransactionOutcome",
    "TransactionWalk",
    "Walk",
    "WindowWalk",
    "converts_query",
    "deals_query",
    "decode_converts",
    "decode_deals",
    "decode_orders",
    "decode_page",
    "decode_transactions",
    "orders_query",
    "to_dict",
    "to_dicts",
    "transactions_query",
    "walk",
]


def decode_page(query: Query, body: bytes, operation: str) -> Page[Any]:
    """Decode the answer to a read; raises as ``decode_transactions`` does."""
    if query.read == "transactions":
        return decode_transactions(body, operation)
    if query.read == "converts":
        return decode_converts(body, operation)
    if query.read == "orders":
        return decode_orders(body, operation, query.market)
    return decode_deals(body, operation, query.market)


def walk(
    query: Query,
    fetch: Fetch[Any],
    clock: Clock,
    cursor: str | None = None,
    tickers: Callable[[], Steps[Iterable[str]]] | None = None,
) -> Walk[Any]:
    """Return the walk that fits a query.

    Args:
        query: What one of the ``*_query`` functions made.
        fetch: Sends one read with these parameters, and decodes the answer.
        clock: What "until now" is.
        cursor: Where an earlier walk with the same query stood.
        tickers: Lists all currencies, for transactions past 10,000 rows.

    Raises:
        InvalidArgument: the cursor is none, or belongs to another query.
    """
    if query.read == "transactions":
        return TransactionWalk(query, fetch, clock, cursor, tickers=tickers)
    return WindowWalk(query, fetch, clock, cursor)
