"""A body that is not a page, or a row that is not a record, is a typed error that says why."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from whitebit_ext.account.decode import (
    decode_converts,
    decode_deals,
    decode_orders,
    decode_transactions,
)
from whitebit_ext.account.records import Page
from whitebit_ext.errors import MalformedRecord, MalformedResponse

from .bodies import CONVERT, FLAT_DEAL, one_transaction


def test_flat_list_needs_a_market() -> None:
    """A flat list of deals without a market raises an error that names the field."""
    with pytest.raises(MalformedRecord) as caught:
        decode_deals(b"[" + FLAT_DEAL + b"]", "read")
    assert caught.value.field == "market"
    assert caught.value.raw["id"] == 1343815269


@pytest.mark.parametrize("field", ["give", "id", "newField"])
def test_invalid_utf_8_is_refused(field: str) -> None:
    """A byte that is not valid UTF-8 is an error, also in a field that no record has."""
    row = json.dumps(json.loads(CONVERT) | {field: "@"}).encode().replace(b"@", b"1\xff")
    with pytest.raises(MalformedResponse, match="not UTF-8"):
        decode_converts(b'{"records":[' + row + b'],"total":1}', "read")
    text = json.dumps(json.loads(CONVERT) | {"newField": "Київ"}, ensure_ascii=False).encode()
    (record,) = decode_converts(b'{"records":[' + text + b'],"total":1}', "read")
    assert record.unknown["newField"] == "Київ"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": None}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "Infinity"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": []}, "amount"),
        ({"fee": "-inf"}, "fee"),
        ({"fee": "free"}, "fee"),
        ({"createdAt": None}, "createdAt"),
        ({"createdAt": "yesterday"}, "createdAt"),
        ({"createdAt": 10**18}, "createdAt"),
        ({"createdAt": "2020-01-01T00:00:00"}, "createdAt"),
        ({"method": "deposit"}, "method"),
        ({"ticker": {"a": 1}}, "ticker"),
        ({"status": 3.5}, "status"),
        ({"confirmations": {"actual": 1}}, "confirmations.required"),
        ({"details": {"partial": {"requestAmount": "snan"}}}, "details.partial.requestAmount"),
    ],
)
def test_unreadable_field_is_named(changes: dict[str, Any], field: str) -> None:
    """An unreadable field raises a typed error with its name and row, which can be pickled."""
    with pytest.raises(MalformedRecord) as caught:
        one_transaction(**changes)
    error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # what was just pickled
    assert (error.operation, error.field, error.row) == ("read", field, 0)
    assert error.raw["transactionHash"] == "hash-2"


@pytest.mark.parametrize(
    "decode", [decode_transactions, decode_orders, decode_deals, decode_converts]
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"records":[{',
        b"5",
        b'"text"',
        b"null",
        b"\xff\xfe",
        b"[5]",
        b'{"records":5}',
        b'{"message":[["no"]],"result":[],"success":false}',
        b'{"response":null,"status":503,"errors":{"message":[""]},"_token":null}',
        b"[" * 100_000,
        b'{"records":[{"amount":1e999999999}],"total":1}',
    ],
)
def test_body_without_page_is_a_typed_error(decode: Callable[..., Page[Any]], body: bytes) -> None:
    """A body that is not a page raises a typed error that names the operation."""
    with pytest.raises(MalformedResponse) as caught:
        decode(body, "read")
    assert caught.value.operation == "read"
