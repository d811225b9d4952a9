"""Pages decoded from bytes: every example and irregular form gives the same records."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from whitebit_api.enumerations import OrderType, Role, Side, TransactionOutcome
from whitebit_api.records import Deal, PartialWithdrawal, TransactionDetails
from whitebit_ext.account.decode import (
    decode_converts,
    decode_deals,
    decode_orders,
    decode_transactions,
)
from whitebit_ext.account.frames import to_dicts
from whitebit_ext.account.records import Page

from .bodies import CONVERT, EPOCH, FLAT_DEAL, envelope, one_transaction
from .server import convert, deal, order, transaction


def test_published_deal_is_read_exactly() -> None:
    """The published row is read with its microseconds, its digits and its market."""
    (record,) = decode_deals(b"[" + FLAT_DEAL + b"]", "read", "USDC_USDT")
    assert record == Deal(
        market="USDC_USDT",
        id=1343815269,
        client_order_id="",
        time=datetime(2022, 1, 1, 15, 45, 17, 532965, tzinfo=UTC),
        side=Side.SELL,
        role=Role.TAKER,
        amount=Decimal("9.986"),
        price=Decimal("0.9995"),
        deal=Decimal("9.981007"),
        fee=Decimal("0.009981007"),
        order_id=58166729555,
    )


def test_published_conversion_is_read() -> None:
    """The published conversion is read with its path."""
    body = b'{"records":[' + CONVERT + b'],"total":1,"limit":100,"offset":0}'
    (record,) = decode_converts(body, "read")
    assert record.date == datetime(2025, 3, 4, 12, 19, 17, tzinfo=UTC)
    (step,) = record.path
    assert (step.from_ticker, step.to_ticker, step.rate) == ("USDT", "BTC", Decimal("0.00001193"))


def test_both_shapes_of_deals_give_the_same_records() -> None:
    """Deals by market and deals of one market give equal records."""
    flat = decode_deals(b"[" + FLAT_DEAL + b"]", "read", "A_B")
    keyed = decode_deals(b'{"A_B":[' + FLAT_DEAL + b"]}", "read")
    assert flat == keyed


@pytest.mark.parametrize("decode", [decode_orders, decode_deals])
@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"A_B":[]}', b' {"A_B":{}}', b'{"A_B":null}'])
def test_empty_map_is_an_empty_page(decode: Callable[..., Page[Any]], body: bytes) -> None:
    """An empty map, also as PHP writes it, contains no rows."""
    assert len(decode(body, "read")) == 0


@pytest.mark.parametrize("decode", [decode_transactions, decode_converts])
@pytest.mark.parametrize(
    "body", [b"[]", b'{"records":[],"total":0}', b'{"records":{}}', b'{"records":null,"total":"0"}']
)
def test_empty_list_is_an_empty_page(decode: Callable[..., Page[Any]], body: bytes) -> None:
    """An empty list in any of its forms contains no rows."""
    assert len(decode(body, "read")) == 0


def test_list_written_as_a_map_is_read() -> None:
    """A list that PHP writes as a map by index keeps its rows."""
    rows = {"1": transaction(1, 5), "2": transaction(2, 4)}
    page = decode_transactions(json.dumps({"records": rows, "total": 2}).encode(), "read")
    assert [record.amount for record in page] == [Decimal("1.00010"), Decimal("2.00010")]
    assert page.records[1].raw["transactionHash"] == "hash-2"


def test_orders_of_all_markets_are_merged_newest_first() -> None:
    """Rows of several markets are merged in one order, each with its market."""
    content = {"A_B": [order(4, 40.5), order(1, 10.5)], "C_D": [order(3, 30.5), order(2, 20.5)]}
    page = decode_orders(json.dumps(content).encode(), "read")
    assert [(o.id, o.market) for o in page] == [(4, "A_B"), (3, "C_D"), (2, "C_D"), (1, "A_B")]
    assert [o.raw["id"] for o in page] == [4, 3, 2, 1]


TRAPS: list[dict[str, Any]] = [
    {"createdAt": "1593437922"},
    {"createdAt": 1593437922.0},
    {"createdAt": "1593437922.000000"},
    {"method": "1"},
    {"status": "15", "confirmations": {"actual": "1", "required": "2"}},
    {"amount": 2.0001},
    {"fee": 0, "centralized": None, "network": None},
    {"somethingNew": {"a": [1.5]}},
]


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: next(iter(trap)))
def test_other_json_types_give_the_same_record(trap: dict[str, Any]) -> None:
    """A number as text, text as a number, a null and a new field change nothing."""
    assert one_transaction(**trap) == one_transaction()


@pytest.mark.parametrize("names", [("uniqueId",), ("unique_id",), ("uniqueId", "unique_id")])
@pytest.mark.parametrize("null", [None, "uniqueId", "unique_id"])
def test_two_names_are_one_field(names: tuple[str, ...], null: str | None) -> None:
    """A field has its value under either name, or under both with a null under one."""
    row = transaction(2, 1)
    del row["uniqueId"]
    row |= dict.fromkeys(names, "u")
    if null is not None:
        row.pop(null, None)
        row[null] = None
    (record,) = decode_transactions(envelope(row), "read")
    assert record.unique_id == ("u" if set(names) - {null} else None)


def test_published_transaction_id_is_read() -> None:
    """The id of a transaction is read under its published name."""
    row = transaction(2, 1)
    row["transaction_id"] = row.pop("transactionId")
    (record,) = decode_transactions(envelope(row), "read")
    assert record.transaction_id == row["transaction_id"]


def test_ids_may_be_numbers_or_text() -> None:
    """Deal ids and times as text, and conversion ids as numbers, are converted."""
    text = deal(7, "5.000001", id="7", orderId="9", role="1")  # type: ignore[arg-type]  # the trap
    (found,) = decode_deals(json.dumps({"A_B": [text]}).encode(), "read")
    assert (found.id, found.order_id, found.role) == (7, 9, Role.MAKER)
    assert found.time == EPOCH + timedelta(seconds=5, microseconds=1)
    (other,) = decode_converts(envelope(convert(7, 5, id=7)), "read")
    assert other.id == "7"


def test_unknown_values_are_data() -> None:
    """Undocumented enumeration values are kept, and their `known` is false."""
    row = order(1, 5.5, type="iceberg", side="hold", status="VANISHED")
    (found,) = decode_orders(json.dumps({"A_B": [row]}).encode(), "read")
    assert (found.type, found.side, found.status) == ("iceberg", "hold", "VANISHED")
    assert not found.type.known
    assert OrderType("limit").known
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301  # what was just pickled
    record = one_transaction(method=9, status=99)
    assert (record.method, record.status) == (9, 99)
    assert record.outcome is TransactionOutcome.UNKNOWN


@pytest.mark.parametrize(
    ("method", "codes", "outcome"),
    [
        (1, (3, 7), "successful"),
        (1, (4, 9), "canceled"),
        (1, (5,), "unconfirmed"),
        (1, (15,), "pending"),
        (1, (21, 31), "frozen"),
        (1, (22,), "uncredited"),
        (1, (27,), "travel_rule_awaited"),
        (1, (28,), "travel_rule_checked"),
        (1, (1, 18), "unknown"),
        (2, (1, 2, 6, *range(10, 18)), "pending"),
        (2, (3, 7), "successful"),
        (2, (4,), "canceled"),
        (2, (5,), "unconfirmed"),
        (2, (18,), "partially_successful"),
        (2, (21,), "frozen"),
        (2, (9, 22, 27, 28, 31), "unknown"),
    ],
)
def test_status_has_the_outcome_of_the_table(
    method: int, codes: tuple[int, ...], outcome: str
) -> None:
    """Each code of each method has its outcome, and the raw code is kept."""
    for code in codes:
        record = one_transaction(method=method, status=code)
        assert (record.outcome, record.status) == (outcome, code)


def test_raw_row_and_unknown_fields_are_kept() -> None:
    """A record returns its raw row and the undocumented fields in it."""
    record = one_transaction(somethingNew=0.1)
    assert record.raw["createdAt"] == 1_593_437_922
    assert dict(record.unknown) == {"somethingNew": Decimal("0.1")}
    for other in (replace(record), copy.copy(record), pickle.loads(pickle.dumps(record))):  # noqa: S301  # just pickled
        assert (other, dict(other.raw), dict(other.unknown)) == (record, {}, {})


def test_nested_values_are_records() -> None:
    """Nested values are records too, and PHP's empty map has no content."""
    record = one_transaction(details={"partial": {"requestAmount": "50000", "processedFee": "1"}})
    assert record.details == TransactionDetails(
        partial=PartialWithdrawal(request_amount=Decimal(50000), processed_fee=Decimal(1))
    )
    assert type(record.details) is TransactionDetails
    assert one_transaction(details=[]).details == TransactionDetails()
    assert one_transaction(confirmations=[]).confirmations is None


def test_rows_become_flat_dicts() -> None:
    """Every row has the same columns, with plain values, with or without nested records."""
    bare = one_transaction()
    full = one_transaction(details={"partial": {"requestAmount": "5"}}, confirmations=None)
    first, second = to_dicts([bare, full])
    assert list(first) == list(second)
    assert second["details_partial_request_amount"] == Decimal(5)
    assert (first["confirmations_required"], second["confirmations_required"]) == (2, None)
    assert first["outcome"] == "pending"
    assert type(first["method"]) is int
    assert isinstance(first["created_at"], datetime)
