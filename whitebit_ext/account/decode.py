"""Pages of records from the bytes of an answer, whatever its shape.

An answer of the documented shape is decoded straight into records; any other is read again,
tolerantly. Both ways lead to the same records.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from operator import attrgetter, ge
from typing import Any, TypeVar

from ..errors import MalformedResponse
from ..http.answers import load_json
from . import strict, wire
from .records import (
    Convert,
    ConvertStep,
    Deal,
    Order,
    Page,
    PartialWithdrawal,
    Transaction,
    TransactionDetails,
)
from .tolerant import integer_or_none, read_record, rows_of

P = TypeVar("P", Transaction, Convert)
M = TypeVar("M", Order, Deal)


class _Answer:
    """The bytes of an answer, parsed again when the raw rows are asked for."""

    __slots__ = ("_body", "_rows")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._rows: list[Any] | None = None

    def raw(self, row: int) -> Any:
        """Return a row as it came."""
        if self._rows is None:
            parsed = load_json(self._body, "", strict=False)
            self._rows = [raw for _, raw in _any_rows(parsed, "")]
        return self._rows[row]


def decode_transactions(body: bytes, operation: str) -> Page[Transaction]:
    """Decode a page of deposits and withdrawals.

    Raises:
        MalformedResponse: the body is no such page; ``MalformedRecord`` where a row is to blame.
    """
    with suppress(*wire.FAST_ERRORS):
        return _usual_transactions(body)
    return _tolerant_page(Transaction, body, operation)


def _usual_transactions(body: bytes) -> Page[Transaction]:
    # The second spelling has an underscore, in plain sight or, who knows, escaped.
    either = b"_" in body or b"\\" in body
    page = wire.read(wire.TRANSACTIONS_OF_EITHER_SPELLING if either else wire.TRANSACTIONS, body)
    records: list[Transaction] = page.records
    details = [found for row in records if (found := row.details) is not None]
    partial = [found.partial for found in details if found.partial is not None]
    _expect(strict.transactions(records) and strict.withdrawals(partial))
    if either:
        _refuse_two_names(body, records, transaction_id="transactionId", unique_id="uniqueId")
    wire.settle(TransactionDetails, details)
    wire.settle(PartialWithdrawal, partial)
    return _page(Transaction, body, records, page.total)


def decode_converts(body: bytes, operation: str) -> Page[Convert]:
    """Decode a page of conversions; raises as ``decode_transactions`` does."""
    with suppress(*wire.FAST_ERRORS):
        return _usual_converts(body)
    return _tolerant_page(Convert, body, operation)


def _usual_converts(body: bytes) -> Page[Convert]:
    page = wire.read(wire.CONVERTS, body)
    records: list[Convert] = page.records
    _expect(strict.converts(records))
    wire.settle(ConvertStep, chain.from_iterable(record.path for record in records))
    return _page(Convert, body, records, page.total)


def decode_orders(body: bytes, operation: str, market: str | None = None) -> Page[Order]:
    """Decode a page of orders, merged over the markets; raises as ``decode_transactions`` does.

    Args:
        body: The whole body.
        operation: The ``operationId``, for errors.
        market: The market that was asked for, if one was.
    """
    with suppress(*wire.FAST_ERRORS):
        by_market: dict[str, list[Order]] = wire.read(wire.ORDERS_BY_MARKET, body)
        _expect(all(map(strict.orders, by_market.values())))
        return _merged_page(Order, body, by_market)
    return _tolerant_by_market(Order, body, operation, market)


def decode_deals(body: bytes, operation: str, market: str | None = None) -> Page[Deal]:
    """Decode a page of deals, flat or by market; as ``decode_orders`` otherwise.

    Raises:
        MalformedResponse: also for a flat list where no market was asked for and a row names none.
    """
    with suppress(*wire.FAST_ERRORS):
        by_market = _usual_deals(body, market)
        _expect(all(map(strict.deals, by_market.values())))
        return _merged_page(Deal, body, by_market)
    return _tolerant_by_market(Deal, body, operation, market)


def _usual_deals(body: bytes, market: str | None) -> dict[str, list[Deal]]:
    by_market: dict[str, list[Deal]]
    if body.lstrip()[:1] != b"[":
        by_market = wire.read(wire.DEALS_BY_MARKET, body)
    elif market is not None:
        by_market = {market: wire.read(wire.DEALS, body)}
    else:
        raise wire.Unusual("which market, only the rows can say")
    return by_market


def _expect(sound: bool) -> None:
    if not sound:
        raise wire.Unusual("an amount is not finite, or a time is not in UTC")


def _refuse_two_names(body: bytes, records: list[Any], **names: str) -> None:
    """Raise ``Unusual`` if a null under one name may have hidden a value under the other."""
    for ours, other in names.items():
        if (
            None in map(attrgetter(ours), records)
            and f'"{ours}"'.encode() in body
            and f'"{other}"'.encode() in body
        ):
            raise wire.Unusual(f"{ours} comes under two names")


def _page(kind: type[P], body: bytes, records: list[P], total: int) -> Page[P]:
    wire.settle(kind, records)
    wire.set_origin(records, _Answer(body))
    return Page(tuple(records), total)


def _merged_page(kind: type[M], body: bytes, by_market: dict[str, list[M]]) -> Page[M]:
    answer, first = _Answer(body), 0
    for name, records in by_market.items():
        wire.settle(kind, records)
        wire.set_market(kind, records, name)
        wire.set_origin(records, answer, first)
        first += len(records)
    return Page(_merged(kind, list(by_market.values())))


def _merged(kind: type[M], lists: list[list[M]]) -> tuple[M, ...]:
    """Merge the markets' rows, newest first; each market keeps the server's order."""
    if len(lists) == 1:
        return tuple(lists[0])
    time = attrgetter("created_at" if kind is Order else "time")
    times = [list(map(time, records)) for records in lists]
    if all(all(map(ge, own, own[1:])) for own in times):
        # The same order: sorting finds the runs, and merges them in C.
        return tuple(sorted(chain(*lists), key=time, reverse=True))
    return tuple(heapq.merge(*lists, key=time, reverse=True))


def _tolerant_page(kind: type[P], body: bytes, operation: str) -> Page[P]:
    parsed = load_json(body, operation, strict=False)
    records = [
        read_record(kind, raw, operation=operation, row=row, given={})
        for row, (_, raw) in enumerate(_rows(parsed, operation))
    ]
    wire.set_origin(records, _Answer(body))
    return Page(tuple(records), _total(parsed))


def _total(parsed: Any) -> int | None:
    if parsed == []:
        return 0
    return integer_or_none(parsed.get("total"))


def _tolerant_by_market(kind: type[M], body: bytes, operation: str, market: str | None) -> Page[M]:
    parsed = load_json(body, operation, strict=False)
    answer = _Answer(body)
    lists: dict[str, list[M]] = {}
    for row, (name, raw) in enumerate(_rows_by_market(parsed, operation)):
        found = name or market or (raw.get("market") if isinstance(raw, dict) else None)
        given = {"market": found} if isinstance(found, str) and found else {}
        record = read_record(kind, raw, operation=operation, row=row, given=given)
        wire.set_origin([record], answer, row)
        lists.setdefault(record.market, []).append(record)
    return Page(_merged(kind, list(lists.values())))


def _any_rows(parsed: Any, operation: str) -> Iterator[tuple[str | None, Any]]:
    """Yield the rows of any of the shapes, in the order in which they come."""
    if isinstance(parsed, dict) and "records" in parsed:
        return _rows(parsed, operation)
    return _rows_by_market(parsed, operation)


def _rows(parsed: Any, operation: str) -> Iterator[tuple[str | None, Any]]:
    if parsed == []:  # an empty map, as PHP writes it (contract, section 8)
        return
    rows = rows_of(parsed.get("records", False)) if isinstance(parsed, dict) else None
    if rows is None:
        raise MalformedResponse("records is not a list of rows", operation=operation)
    yield from ((None, raw) for raw in rows)


def _rows_by_market(parsed: Any, operation: str) -> Iterator[tuple[str | None, Any]]:
    flat = rows_of(parsed)
    if parsed is not None and flat is not None:
        yield from ((None, raw) for raw in flat)
        return
    if not isinstance(parsed, dict):
        raise MalformedResponse("the rows are neither a list nor a map", operation=operation)
    for name, value in parsed.items():
        rows = rows_of(value)
        if rows is None:
            raise MalformedResponse("a market holds no list of rows", operation=operation)
        yield from ((name, raw) for raw in rows)
