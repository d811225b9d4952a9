"""Every amount of every record is a finite number, however it was decoded."""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import fields, replace

from whitebit_api.records import Convert, ConvertStep, Deal, Order, PartialWithdrawal, Transaction
from whitebit_ext.account.decode import (
    decode_converts,
    decode_deals,
    decode_orders,
    decode_transactions,
)
from whitebit_ext.account.records import Page
from whitebit_ext.errors import MalformedRecord

from .server import convert, deal, order, transaction

Decode = Callable[[bytes, str], Page[Any]]


def listed(row: dict[str, Any]) -> Any:
    """Return a list of one row, with a total."""
    return {"records": [row], "total": 1}


def of_a_market(row: dict[str, Any]) -> Any:
    """Return one row under its market."""
    return {"BTC_USDT": [row]}


def withdrawal(number: int, at: float, **changes: Any) -> dict[str, Any]:
    """Return a transaction with these details."""
    return transaction(number, at, details={"partial": {"requestAmount": "1"} | changes})


def one_step(number: int, at: float, **changes: Any) -> dict[str, Any]:
    """Return a conversion with this step."""
    return convert(number, at, path=[{"from": "A", "to": "B", "rate": "1"} | changes])


PLACES: tuple[tuple[type[Struct], Decode, Any, Any], ...] = (
    (Transaction, decode_transactions, listed, transaction),
    (PartialWithdrawal, decode_transactions, listed, withdrawal),
    (Order, decode_orders, of_a_market, order),
    (Deal, decode_deals, of_a_market, deal),
    (Convert, decode_converts, listed, convert),
    (ConvertStep, decode_converts, listed, one_step),
)


def amounts() -> Iterator[Any]:
    """Yield each amount field, under its JSON name, with its place."""
    for kind, decode, envelope, row in PLACES:
        hints = typing.get_type_hints(kind)
        for field in fields(kind):
            if Decimal in (hints[field.name], *typing.get_args(hints[field.name])):
                wire = field.encode_name
                yield pytest.param(decode, envelope, row, wire, id=f"{kind.__name__}.{wire}")


@pytest.mark.parametrize("amount", ["NaN", "-sNaN123", "Infinity", "inf"])
@pytest.mark.parametrize(("decode", "envelope", "row", "wire"), [*amounts()])
def test_amount_is_a_finite_number(
    decode: Decode, envelope: Any, row: Any, wire: str, amount: str
) -> None:
    """Text that `Decimal` accepts but that is not a finite number is an unreadable field."""
    good = json.dumps(envelope(row(1, 1_700_000_000.0, **{wire: "1.50"}))).encode()
    assert len(decode(good, "read")) == 1
    bad = json.dumps(envelope(row(1, 1_700_000_000.0, **{wire: amount}))).encode()
    with pytest.raises(MalformedRecord) as caught:
        decode(bad, "read")
    assert caught.value.field.rpartition(".")[2] in (wire, "path")


@pytest.mark.parametrize("key", ["unique_id", "uniqueId", r"unique\u005fid", r"\u0075niqueId"])
def test_field_is_found_under_either_name(key: str) -> None:
    """Both names of a field are read, also if JSON writes them with escapes."""
    row = transaction(1, 1_700_000_000)
    del row["uniqueId"]
    body = json.dumps(listed(row | {"key": "found"})).replace('"key"', f'"{key}"').encode()
    (record,) = decode_transactions(body, "read")
    assert (record.unique_id, dict(record.unknown)) == ("found", {})


def test_missing_rare_field_is_none() -> None:
    """A field that most rows lack is `None`, and no other name is an attribute."""
    rows = [order(1, 1_700_000_000.5), order(2, 1_700_000_000.0, stp="cancel_both")]
    page = decode_orders(json.dumps({"BTC_USDT": rows}).encode(), "read")
    assert [record.stp for record in page] == [None, "cancel_both"]
    assert page.records[0] == replace(page.records[0])
    with pytest.raises(AttributeError):
        assert page.records[0].stop  # type: ignore[attr-defined]  # it has no such field
    with pytest.raises(AttributeError):
        page.records[0].stp = "no"  # type: ignore[misc]  # it is frozen
