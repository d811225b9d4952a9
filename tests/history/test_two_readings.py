"""A response is decoded on the fast path or, if that fails, the tolerant one, with one result."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from whitebit_api.records import TransactionDetails
from whitebit_ext.account import decode
from whitebit_ext.account.decode import (
    decode_converts,
    decode_deals,
    decode_orders,
    decode_transactions,
)
from whitebit_ext.account.records import Page
from whitebit_ext.errors import MalformedResponse

from .bodies import envelope
from .server import convert, deal, order, transaction

DETAILS = {
    "partial": {
        "requestAmount": "5",
        "processedAmount": "1",
        "processedFee": "0",
        "normalizeTransaction": "",
    }
}
STOP = {"activated": 1, "activationPrice": "5", "activationCondition": "<=", "positionSide": "BOTH"}
OLDER = {"takerFee": "0.1", "makerFee": "0.1", "stp": "no"}
ROWS: dict[str, dict[str, Any]] = {
    "transactions": transaction(5, 1_700_000_000, details=DETAILS, centralized=True),
    "orders": order(5, 1_700_000_000.25, **STOP, **OLDER),
    "deals": deal(5, 1_700_000_000.25, feeAsset="USDT"),
    "converts": convert(5, 1_700_000_000),
}
DECODE: dict[str, Callable[[bytes, str], Page[Any]]] = {
    "transactions": decode_transactions,
    "orders": decode_orders,
    "deals": decode_deals,
    "converts": decode_converts,
}
# JSON values in the place of others; a text in angle brackets stands for a bare number.
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3.5, 1.0, 0.1, 1e-7, 1e16, 1e300, 10**12, 10**30),
    *(253_402_300_799, 253_402_300_800, 1_641_051_917.9999995, -5.25),
    *("<1e99999999999999999999>", "<-1e-400>", "<1E5>", "<1.5E+9>", "<1e400>", "<-0>"),
    *("", " ", "0", "1", "+1", "-1", ".5", "5.", "1.0", " 1 ", "1e5", "1E-8", "1_000", "1,5"),
    *("1e400", "1e99999999999999999999", "9" * 30, "0" * 50 + "1", "0x1", "NaN", "-inf", "\u0661"),
    *("null", "NULL", "true", "False", "yes", "buy", "BUY", "limit", "\u00e9", "a\u0000b"),
    *("1641051917.532965", "2020-01-01", "2020-01-01T00:00:00", "2020-01-01T00:00:00Z"),
    *("2020-01-01T00:00:00+02:00", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"),
    *([], [1], [[]], {}, {"a": 1}),
)


def places(row: Any) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value in a row, the nested ones too."""
    for key, value in row.items() if isinstance(row, dict) else enumerate(row):
        yield (key,)
        if isinstance(value, (dict, list)):
            yield from ((key, *rest) for rest in places(value))


def changed(row: dict[str, Any], place: tuple[str | int, ...], value: Any) -> bytes:
    """Return the row as JSON, with another value in one place."""
    row = copy.deepcopy(row)
    inner: Any = row
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return re.sub(r'"<([^">=]+)>"', r"\1", json.dumps(row)).encode()


def outcome(read: str, row: bytes) -> list[str] | str:
    """Return what an answer with this one row holds, or the name of the typed error."""
    keyed = b'{"A_B":[%b]}' % row
    listed = b'{"records":[%b],"total":1}' % row
    try:
        page = DECODE[read](keyed if read in ("orders", "deals") else listed, "read")
    except MalformedResponse as error:
        return type(error).__name__
    return [repr(record) for record in page]


@pytest.mark.parametrize("read", list(ROWS))
def test_both_paths_agree(read: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For any value in any place, both paths give equal records or a typed error."""
    bodies = {
        (place, repr(value)): changed(ROWS[read], place, value)
        for place in places(ROWS[read])
        for value in VALUES
    }
    first = {name: outcome(read, body) for name, body in bodies.items()}

    def refuse(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
        raise decode.Undocumented

    monkeypatch.setattr(decode, "read", refuse)
    second = {name: outcome(read, body) for name, body in bodies.items()}
    differing = {
        name: (first[name], second[name])
        for name in bodies
        if first[name] != second[name] and not beyond_sense(bodies[name])
    }
    assert differing == {}
    assert any(isinstance(found, list) for found in second.values())
    assert any(isinstance(found, str) for found in second.values())


def beyond_sense(row: bytes) -> bool:
    """Return whether a row holds a number that no two parsers need agree on."""
    return b"e99999" in row or b"e-400" in row or b"1e300" in row or b"1e400" in row


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("2020-01-01T00:00:00+02:00", datetime(2019, 12, 31, 22, tzinfo=UTC)),
        ("2020-01-01T00:00:00Z", datetime(2020, 1, 1, tzinfo=UTC)),
    ],
)
def test_time_is_in_utc(time: str, utc: datetime) -> None:
    """A time that is written as text with an offset is converted to UTC."""
    (record,) = decode_transactions(envelope(transaction(1, 5) | {"createdAt": time}), "read")
    assert (record.created_at, record.created_at.tzinfo) == (utc, UTC)


@pytest.mark.parametrize("empty", [{}, []])
def test_empty_map_and_list_are_equal(empty: object) -> None:
    """Empty details are details, also if PHP writes them as a list."""
    (record,) = decode_transactions(envelope(transaction(1, 5, details=empty)), "read")
    assert record.details == TransactionDetails()
