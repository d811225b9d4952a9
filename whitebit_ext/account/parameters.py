"""The arguments of account reads, checked before anything is sent (contract, `tables.md`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import attrs

from whitebit_api.enumerations import OrderStatusFilter, TransactionMethod
from whitebit_api.operations import Operation

from ..errors import InvalidArgument
from ..regions import operation

READS: Mapping[str, str] = {
    "transactions": "list_account_transactions",
    "orders": "list_account_orders",
    "deals": "list_account_deals",
    "converts": "list_account_converts",
}
"""The operation of each history; its signed counterpart has the same parameters."""
_LARGEST_ID = 2**63 - 1


@attrs.frozen
class Query:
    """A query of one of the four histories.

    Attributes:
        read: ``transactions``, ``orders``, ``deals`` or ``converts``.
        filters: Parameters that go into the body unchanged, by the server's names.
        since: Earliest time, inclusive.
        until: Latest time, exclusive.
        limit: Rows per request; a limit of 1 is sent as 2, with the previous row.
        single: Whether a single row is looked up, for which the server ignores dates.
    """

    read: str
    filters: Mapping[str, Any]
    since: datetime | None
    until: datetime | None
    limit: int
    single: bool = False

    @property
    def operation(self) -> Operation:
        """The operation with an access token, which names the signed one."""
        return operation(READS[self.read])

    @property
    def market(self) -> str | None:
        """The requested market, if there is one."""
        return self.filters.get("market")

    @property
    def digest(self) -> str:
        """A short digest of the query; the page size is not part of it."""
        times = [time and time.timestamp() for time in (self.since, self.until)]
        text = json.dumps([self.read, dict(self.filters), times], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def transactions_query(
    *,
    method: TransactionMethod | int | None = None,
    ticker: str | None = None,
    address: str | None = None,
    addresses: Iterable[str] | None = None,
    memo: str | None = None,
    unique_id: str | None = None,
    status: int | Iterable[int] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> Query:
    """Check the arguments of a walk through deposits and withdrawals.

    Raises:
        InvalidArgument: an argument is wrong; the error names it.
    """
    filters: dict[str, Any] = {}
    if method is not None:
        if isinstance(method, bool) or method not in (1, 2):
            raise InvalidArgument("method", "expected TransactionMethod.DEPOSIT or WITHDRAWAL")
        filters["transactionMethod"] = int(method)
    _put_text(filters, "ticker", ticker)
    _put_text(filters, "address", address)
    if addresses is not None:
        filters["addresses"] = _texts("addresses", addresses)
    _put_text(filters, "memo", memo)
    # Documented under one name, probably read under the other (contract, section 8).
    _put_text(filters, "unique_id", unique_id)
    _put_text(filters, "uniqueId", unique_id, "unique_id")
    if status is not None:
        filters["status"] = _codes(status)
    return _query("transactions", filters, since, until, limit)


def orders_query(
    *,
    market: str | None = None,
    order_id: int | None = None,
    client_order_id: str | None = None,
    status: OrderStatusFilter | str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> Query:
    """Check the arguments of a walk through orders; ``order_id`` overrides ``client_order_id``.

    Raises:
        InvalidArgument: an argument is wrong; the error names it.
    """
    filters: dict[str, Any] = {}
    _put_text(filters, "market", market)
    if order_id is not None:
        filters["orderId"] = _number("order_id", order_id, 1, _LARGEST_ID)
    _put_text(filters, "clientOrderId", client_order_id, "client_order_id")
    if status is not None:
        filters["status"] = _order_status(status)
    single = order_id is not None or client_order_id is not None
    return _query("orders", filters, since, until, limit, single=single)


def deals_query(
    *,
    market: str | None = None,
    client_order_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> Query:
    """Check the arguments of a walk through deals.

    Raises:
        InvalidArgument: an argument is wrong; the error names it.
    """
    filters: dict[str, Any] = {}
    _put_text(filters, "market", market)
    _put_text(filters, "clientOrderId", client_order_id, "client_order_id")
    return _query("deals", filters, since, until, limit)


def converts_query(
    *,
    from_ticker: str | None = None,
    to_ticker: str | None = None,
    quote_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> Query:
    """Check the arguments of a walk through conversions.

    Raises:
        InvalidArgument: an argument is wrong; the error names it.
    """
    filters: dict[str, Any] = {}
    _put_text(filters, "fromTicker", from_ticker, "from_ticker")
    _put_text(filters, "toTicker", to_ticker, "to_ticker")
    _put_text(filters, "quoteId", quote_id, "quote_id")
    return _query("converts", filters, since, until, limit)


def _query(
    read: str,
    filters: dict[str, Any],
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    *,
    single: bool = False,
) -> Query:
    for argument, time in (("since", since), ("until", until)):
        if time is None:
            continue
        if not isinstance(time, datetime):
            raise InvalidArgument(argument, "expected a datetime")
        if time.utcoffset() is None:
            raise InvalidArgument(argument, "expected an aware datetime, such as in UTC")
    if since is not None and until is not None and since > until:
        raise InvalidArgument("since", "it is later than until")
    most = operation(READS[read]).maxima["limit"]
    rows = most if limit is None else _number("limit", limit, 1, most)
    return Query(read, MappingProxyType(filters), since, until, rows, single)


def _put_text(
    filters: dict[str, Any], name: str, value: object, argument: str | None = None
) -> None:
    if value is not None:
        filters[name] = _text(argument or name, value)


def _text(argument: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidArgument(argument, "expected a str that is not empty, or None")
    # Any text can be sent: signed bodies are ASCII (contract, section 6), and JSON escapes the
    # rest. But no name, address or id contains unprintable characters.
    if not value.isprintable():
        raise InvalidArgument(argument, "it contains a character that is not printable")
    return value


def _texts(argument: str, values: object) -> list[str]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidArgument(argument, "expected a list of str")
    found = [_text(argument, value) for value in values]
    most = operation(READS["transactions"]).maxima[argument]
    if not 1 <= len(found) <= most:
        raise InvalidArgument(argument, f"expected 1 to {most} of them")
    return found


def _codes(status: object) -> list[int]:
    values = [status] if isinstance(status, int) else status
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidArgument("status", "expected a status code or several")
    found = sorted({_number("status", value, 0, 1000) for value in values})
    if not found:
        raise InvalidArgument("status", "expected at least one status code")
    return found


def _order_status(status: object) -> str:
    if not isinstance(status, str) or status not in list(OrderStatusFilter):
        raise InvalidArgument("status", f"expected one of {', '.join(OrderStatusFilter)}")
    return str(status)


def _number(argument: str, value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(argument, "expected an int")
    if not least <= value <= most:
        raise InvalidArgument(argument, f"expected {least} to {most}")
    return int(value)
