"""Decode pages of records from the body of a response, in any of its known shapes.

msgspec decodes a response of the documented shape directly into records; any other is parsed as
JSON and converted field by field in ``lenient_rows``. Both paths return the same records.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from functools import partial
from itertools import chain, count, repeat
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec

from whitebit_api.records import (
    Convert,
    Deal,
    Order,
    Record,
    Transaction,
    names,
    sound_convert,
    sound_deal,
    sound_order,
    sound_transaction,
)

from ..errors import MalformedResponse
from ..http.answers import load_json
from .lenient_rows import integer_or_none, read_record, rows_of
from .records import Page

P = TypeVar("P", Transaction, Convert)
M = TypeVar("M", Order, Deal)
T = TypeVar("T")


class Undocumented(Exception):
    """A response without the documented shape: the lenient decoder is needed."""


# msgspec's own errors, and those that `datetime`, `Decimal` and `bytes.decode` raise inside it.
FAST_ERRORS = (Undocumented, msgspec.DecodeError, ValueError, ArithmeticError, RecursionError)


class _Rows(msgspec.Struct, Generic[T]):
    """The envelope of a list that has a total."""

    records: list[T]
    total: int


def decoder(shape: Any, *, strict: bool = False) -> msgspec.json.Decoder[Any]:
    """Return a decoder of the documented shape of a body.

    Args:
        shape: The type of the body.
        strict: If off, unix seconds become datetimes, and quoted numbers become numbers.
    """
    return msgspec.json.Decoder(shape, strict=strict, float_hook=Decimal)


_TRANSACTIONS = decoder(_Rows[Transaction])
_CONVERTS = decoder(_Rows[Convert])
_ORDERS_BY_MARKET = decoder(dict[str, list[Order]])
_DEALS_BY_MARKET = decoder(dict[str, list[Deal]])
_DEALS = decoder(list[Deal])

_set_answer = Record.__dict__["_answer"].__set__
_set_row = Record.__dict__["_row"].__set__
# Records are frozen for callers; only this module sets their market.
_SET_MARKET = {kind: kind.__dict__["market"].__set__ for kind in (Order, Deal)}


class Answer:
    """The response that records were decoded from, parsed again when raw rows are requested.

    Args:
        body: The whole body.
        rows: Its rows, or what returns them from the parsed body.
    """

    __slots__ = ("_body", "_rows")

    def __init__(self, body: bytes, rows: list[Any] | Callable[[Any], list[Any]]) -> None:
        self._body = body
        self._rows = rows

    def raw(self, row: int) -> Mapping[str, Any]:
        """Return a row as parsed from JSON."""
        if callable(self._rows):
            self._rows = self._rows(load_json(self._body, "", strict=False))
        found: Mapping[str, Any] = self._rows[row]
        return found


def set_origin(records: Iterable[Record], answer: Answer, first: int = 0) -> None:
    """Store in each record its response and row number, counted from ``first``."""
    _set_each(_set_answer, records, repeat(answer))
    _set_each(_set_row, records, count(first))


def _set_each(
    setter: Callable[[Any, Any], None], records: Iterable[Record], values: Iterable[object]
) -> None:
    deque(map(setter, records, values), maxlen=0)  # a loop that runs in C


def decode_transactions(body: bytes, operation: str) -> Page[Transaction]:
    """Decode a page of deposits and withdrawals.

    Raises:
        MalformedResponse: the body is not such a page; ``MalformedRecord`` if a row is unreadable.
    """
    return _page(Transaction, _TRANSACTIONS, sound_transaction, body, operation)


def decode_converts(body: bytes, operation: str) -> Page[Convert]:
    """Decode a page of conversions; raises as ``decode_transactions`` does."""
    return _page(Convert, _CONVERTS, sound_convert, body, operation)


def decode_orders(body: bytes, operation: str, market: str | None = None) -> Page[Order]:
    """Decode a page of orders, merged over the markets; raises as ``decode_transactions`` does.

    Args:
        body: The whole body.
        operation: The ``operationId``, for errors.
        market: The requested market, if there is one.
    """
    with suppress(*FAST_ERRORS):
        return _merged_page(Order, read(_ORDERS_BY_MARKET, body), sound_order, body)
    return _lenient_by_market(Order, body, operation, market)


def decode_deals(body: bytes, operation: str, market: str | None = None) -> Page[Deal]:
    """Decode a page of deals, flat or by market; otherwise like ``decode_orders``.

    Raises:
        MalformedResponse: also for a flat list if no market was requested and a row names none.
    """
    with suppress(*FAST_ERRORS):
        return _merged_page(Deal, _deals_by_market(body, market), sound_deal, body)
    return _lenient_by_market(Deal, body, operation, market)


def _deals_by_market(body: bytes, market: str | None) -> dict[str, list[Deal]]:
    by_market: dict[str, list[Deal]]
    if body.lstrip()[:1] != b"[":
        by_market = read(_DEALS_BY_MARKET, body)
    elif market is not None:
        by_market = {market: read(_DEALS, body)}
    else:
        raise Undocumented("only the rows name the market")
    return by_market


def read(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Decode a body that must be valid UTF-8 throughout: msgspec checks only what it keeps."""
    if not body.isascii():
        body.decode("utf-8")
    return decoder.decode(body)


def _page(
    kind: type[P],
    decoder: msgspec.json.Decoder[Any],
    sound: Callable[[list[P]], bool],
    body: bytes,
    operation: str,
) -> Page[P]:
    total: int | None
    with suppress(*FAST_ERRORS):
        if _has_second_names(kind, body):
            raise Undocumented("msgspec supports one name per field")
        page = read(decoder, body)
        records, total = page.records, page.total
        _expect(sound(records))
        set_origin(records, Answer(body, _rows))
        return Page(tuple(records), total)
    parsed = load_json(body, operation, strict=False)
    rows = _rows(parsed, operation)
    records = [
        read_record(kind, raw, operation=operation, row=row, given={})
        for row, raw in enumerate(rows)
    ]
    set_origin(records, Answer(body, rows))
    total = 0 if parsed == [] else integer_or_none(parsed.get("total"))
    return Page(tuple(records), total)


def _has_second_names(kind: type[Record], body: bytes) -> bool:
    """Return whether fields of a page may have an alias that msgspec does not recognize.

    Aliases contain an underscore, literal or escaped; searching for one byte first is fast.
    """
    return (b"\\" in body and b"\\u00" in body) or (
        b"_" in body and any(f'"{name}"'.encode() in body for name in names(kind) if "_" in name)
    )


def _expect(sound: bool) -> None:
    if not sound:
        raise Undocumented("an amount is not finite, or a time is not in UTC")


def _merged_page(
    kind: type[M], by_market: dict[str, list[M]], sound: Callable[[list[M]], bool], body: bytes
) -> Page[M]:
    answer, first = Answer(body, _rows_of_all_markets), 0
    for market, records in by_market.items():
        _expect(sound(records))
        _set_each(_SET_MARKET[kind], records, repeat(market))
        set_origin(records, answer, first)
        first += len(records)
    return Page(_merged(kind, list(by_market.values())))


def _merged(kind: type[M], lists: list[list[M]]) -> tuple[M, ...]:
    """Merge the rows of all markets, newest first; each market keeps the server's order."""
    if len(lists) == 1:
        return tuple(lists[0])
    time = attrgetter("created_at" if kind is Order else "time")
    newest_first = partial(sorted, key=time, reverse=True)
    if all(rows == newest_first(rows) for rows in lists):
        # The same order as below: the sort detects sorted runs and merges them in C.
        return tuple(newest_first(chain(*lists)))
    return tuple(heapq.merge(*lists, key=time, reverse=True))


def _lenient_by_market(kind: type[M], body: bytes, operation: str, market: str | None) -> Page[M]:
    parsed = load_json(body, operation, strict=False)
    named = list(_rows_by_market(parsed, operation))
    answer = Answer(body, [raw for _, raw in named])
    lists: dict[str, list[M]] = {}
    for row, (name, raw) in enumerate(named):
        found = name or market or (raw.get("market") if isinstance(raw, dict) else None)
        given = {"market": found} if isinstance(found, str) and found else {}
        record = read_record(kind, raw, operation=operation, row=row, given=given)
        set_origin([record], answer, row)
        lists.setdefault(record.market, []).append(record)
    return Page(_merged(kind, list(lists.values())))


def _rows(parsed: Any, operation: str = "") -> list[Any]:
    if parsed == []:  # an empty map, as PHP writes it (contract, section 8)
        return []
    rows = rows_of(parsed.get("records", False)) if isinstance(parsed, dict) else None
    if rows is None:
        raise MalformedResponse("records is not a list of rows", operation=operation)
    return rows


def _rows_of_all_markets(parsed: Any) -> list[Any]:
    return [raw for _, raw in _rows_by_market(parsed, "")]


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
