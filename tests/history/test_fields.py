"""The records' fields compared with the contract: names in Python, types, and what is required.

`tests/spec/test_read_fields.py` holds the document, from which they are rendered, to it.
"""

from __future__ import annotations

import typing
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import fields

from whitebit_api.enumerations import (
    OUTCOMES,
    ActivationCondition,
    OpenNumber,
    OpenText,
    OrderStatus,
    OrderStatusFilter,
    OrderType,
    PositionSide,
    Role,
    Side,
    TransactionMethod,
)
from whitebit_api.records import (
    Confirmations,
    Convert,
    ConvertStep,
    Deal,
    MainBalance,
    Order,
    PartialWithdrawal,
    SpotBalance,
    Transaction,
    TransactionDetails,
    names,
)

# An asterisk stands before what a record is nothing without.
NAMES: dict[type[Struct], str] = {
    Transaction: """
        address unique_id *created_at currency *ticker *method *amount fee description memo *status
        network transaction_hash transaction_id details confirmations centralized
    """,
    TransactionDetails: "partial",
    PartialWithdrawal: "request_amount processed_amount processed_fee normalize_transaction",
    Confirmations: "*actual *required",
    Order: """
        market *id client_order_id *type *side *amount *price *created_at finished_at deal_fee
        deal_stock deal_money fee_asset status post_only ioc rpi reduce_only activated
        activation_price activation_condition position_side taker_fee maker_fee stp
    """,
    Deal: """
        market *id order_id client_order_id *time *side role *amount *price *deal *fee fee_asset
    """,
    Convert: "*id *date *give *receive *rate path",
    ConvertStep: "*from_ticker *to_ticker *rate",
    MainBalance: "*ticker *main_balance",
    SpotBalance: "*ticker *available *freeze",
}
TYPES: dict[type[Any], str] = {
    Decimal: """
        amount fee price deal deal_fee deal_stock deal_money activation_price taker_fee maker_fee
        give receive rate main_balance available freeze
        request_amount processed_amount processed_fee
    """,
    datetime: "created_at finished_at time date",
    bool: "centralized post_only ioc rpi reduce_only",
    str: "id",
    int: "status id order_id activated actual required",
    TransactionMethod: "method",
    OrderType: "type",
    Side: "side",
    Role: "role",
    OrderStatus: "status",
    ActivationCondition: "activation_condition",
    PositionSide: "position_side",
}


@pytest.mark.parametrize("kind", NAMES)
def test_record_has_the_fields_of_the_contract(kind: type[Struct]) -> None:
    """A record has exactly these fields, of which these are required."""
    found = {("*" if field.required else "") + field.name for field in fields(kind)}
    assert found == set(NAMES[kind].split())


@pytest.mark.parametrize("kind", NAMES)
def test_field_has_the_type_of_the_contract(kind: type[Struct]) -> None:
    """Amounts are `Decimal`, times `datetime`, known values enumerations."""
    for name, hint in typing.get_type_hints(kind).items():
        if name.startswith("_"):
            continue
        options = {hint, *typing.get_args(hint)} - {type(None)}
        expected = {found for found, held in TYPES.items() if name in held.split()}
        assert not expected or options & expected, name


def test_field_is_found_by_each_json_name() -> None:
    """A field is found by each of its JSON names; a field for a map key has none."""
    assert names(Transaction)["uniqueId"] == names(Transaction)["unique_id"] == "unique_id"
    assert names(Transaction)["transaction_id"] == "transaction_id"
    assert names(Order)["ctime"] == "created_at"
    assert "market" not in names(Order)
    assert "ticker" not in names(SpotBalance)


@pytest.mark.parametrize(
    ("enumeration", "values"),
    [
        (TransactionMethod, {"DEPOSIT": 1, "WITHDRAWAL": 2}),
        (Side, {"BUY": "buy", "SELL": "sell"}),
        (Role, {"MAKER": 1, "TAKER": 2}),
        (PositionSide, {"BOTH": "BOTH", "LONG": "LONG", "SHORT": "SHORT"}),
        (ActivationCondition, {"AT_OR_BELOW": "<=", "AT_OR_ABOVE": ">="}),
    ],
)
def test_enumeration_has_the_values_of_the_contract(
    enumeration: type[OpenText] | type[OpenNumber], values: dict[str, object]
) -> None:
    """Members are named after the meaning of their values, and other values are kept."""
    assert {member.name: member.value for member in enumeration} == values


def test_filter_is_closed_and_status_is_open() -> None:
    """`MAINTENANCE` is in filter and response; only a response may contain an unknown value."""
    assert OrderStatusFilter("MAINTENANCE").value == OrderStatus("MAINTENANCE").value
    assert OrderStatus("MAINTENANCE").known
    assert not OrderStatus("NEW").known
    with pytest.raises(ValueError, match="NEW"):
        OrderStatusFilter("NEW")


def test_every_status_code_has_an_outcome() -> None:
    """The codes that have an outcome are those of the contract, by method."""
    assert set(OUTCOMES) == {1, 2}
    assert set(OUTCOMES[1]) == {3, 4, 5, 7, 9, 15, 21, 22, 27, 28, 31}
    assert set(OUTCOMES[2]) == {*range(1, 8), *range(10, 19), 21}
