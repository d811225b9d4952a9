"""Balances decoded from bytes: every shape gives the same records, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from whitebit_ext import MainBalance, SpotBalance
from whitebit_ext.account.balances import decode_main_balances, decode_spot_balances
from whitebit_ext.errors import MalformedRecord, MalformedResponse

Decode = Callable[..., Mapping[str, Any]]
SPOT = {"available": "0.00100000", "freeze": "0"}
BTC = SpotBalance("BTC", Decimal("0.00100000"), Decimal(0))


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf", b" \n"])
@pytest.mark.parametrize(("content", "ticker"), [({"BTC": SPOT}, None), (SPOT, "BTC")])
def test_both_shapes_give_the_same_record(content: Any, ticker: str | None, prefix: bytes) -> None:
    """A map and a single balance give equal records, also after a byte-order mark."""
    found = decode_spot_balances(prefix + json.dumps(content).encode(), "read", ticker)
    assert found == {"BTC": BTC}
    assert str(found["BTC"].available) == "0.00100000"


@pytest.mark.parametrize("decode", [decode_main_balances, decode_spot_balances])
@pytest.mark.parametrize("body", [b"{}", b"[]"])
def test_empty_map_has_no_balance(decode: Decode, body: bytes) -> None:
    """An empty map, also as PHP writes it, contains no balances."""
    assert decode(body, "read") == {}


def test_currency_named_like_a_field() -> None:
    """A map is read as a map, whatever its currencies are called."""
    found = decode_spot_balances(json.dumps({"available": SPOT}).encode(), "read", "available")
    assert list(found) == ["available"]


def test_undocumented_fields_are_kept() -> None:
    """A new field of a balance is kept in the raw row and in `unknown`."""
    body = json.dumps({"ETH": SPOT, "BTC": SPOT | {"borrowed": "2"}}).encode()
    found = decode_spot_balances(body, "read")
    assert dict(found["BTC"].unknown) == {"borrowed": "2"}
    assert dict(found["BTC"].raw) == SPOT | {"borrowed": "2"}
    assert dict(found["ETH"].unknown) == {}
    assert found["BTC"] == BTC
    assert dict(MainBalance("BTC", Decimal(0)).raw) == {}


@pytest.mark.parametrize("value", ["-0", "-0.00", "+1", " 1 ", 5, 0.25, "1e-8"])
def test_amount_keeps_its_sign_and_digits(value: object) -> None:
    """An amount is the number that was sent, as text or number, including the sign of a zero."""
    (found,) = decode_main_balances(
        json.dumps({"A": {"main_balance": value}}).encode(), "read"
    ).values()
    assert str(found.main_balance) == str(Decimal(str(value)))


@pytest.mark.parametrize("value", [None, True, "", "NaN", "inf", [], {"a": 1}, "much"])
def test_unreadable_amount_is_named(value: object) -> None:
    """A balance without a readable amount raises an error with the field and the row."""
    row = {"main_balance": value}
    with pytest.raises(MalformedRecord) as caught:
        decode_main_balances(json.dumps({"A": row}).encode(), "read")
    assert (caught.value.operation, caught.value.field) == ("read", "main_balance")
    assert caught.value.raw == row


@pytest.mark.parametrize("body", [b"", b"<html>", b"5", b"[1]", b"null", b'{"BTC":', b'{"A":"1"}'])
def test_body_without_balances_is_a_typed_error(body: bytes) -> None:
    """A body that contains no balances raises a typed error that names the operation."""
    with pytest.raises(MalformedResponse) as caught:
        decode_main_balances(body, "read")
    assert caught.value.operation == "read"
