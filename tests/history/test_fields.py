"""The records' fields against the spec, which is their source."""

from __future__ import annotations

import typing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from whitebit_ext.account import (
    Confirmations,
    Convert,
    ConvertStep,
    Deal,
    Order,
    PartialWithdrawal,
    Transaction,
    TransactionDetails,
)
from whitebit_ext.account.base import wire_names
from whitebit_ext.account.enums import DEPOSIT_OUTCOMES, WITHDRAWAL_OUTCOMES, OpenNumber, OpenText

KINDS: tuple[type[attrs.AttrsInstance], ...] = (
    Transaction,
    TransactionDetails,
    PartialWithdrawal,
    Confirmations,
    Order,
    Deal,
    Convert,
    ConvertStep,
)
TIMES = {"createdAt", "ctime", "ftime", "time", "date"}


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    """Return the schemas of the document."""
    path = Path(__file__).parents[2] / "spec" / "openapi.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    found: dict[str, Any] = content["components"]["schemas"]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_has_the_fields_of_its_schema(
    kind: type[attrs.AttrsInstance], schemas: dict[str, Any]
) -> None:
    """Names on the wire, and what is required, are those of the spec: none less, none more."""
    schema = schemas[kind.__name__]
    names = wire_names(kind)
    assert set(names) == set(schema["properties"])
    fields = attrs.fields_dict(kind)
    required = {wire for wire, name in names.items() if fields[name].default is attrs.NOTHING}
    assert required == set(schema.get("required", ()))


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_has_the_type_of_its_schema(
    kind: type[attrs.AttrsInstance], schemas: dict[str, Any]
) -> None:
    """Amounts are Decimal, times datetime, known values enumerations with those members."""
    hints = typing.get_type_hints(kind)
    for wire, name in wire_names(kind).items():
        schema = schemas[kind.__name__]["properties"][wire]
        options = {hints[name], *typing.get_args(hints[name])}
        found = {option for option in options if isinstance(option, type)} - {type(None)}
        if schema.get("format") == "decimal":
            assert found == {Decimal}, name
        elif wire in TIMES:
            assert found == {datetime}, name
        elif "x-known-values" in schema:
            (enumeration,) = found
            assert issubclass(enumeration, OpenNumber | OpenText)
            assert {str(m.value) for m in enumeration} == set(schema["x-known-values"]), name


def test_every_status_code_of_the_spec_has_an_outcome(schemas: dict[str, Any]) -> None:
    """The codes that have an outcome are those of the spec."""
    status = schemas["Transaction"]["properties"]["status"]
    assert {str(c) for c in DEPOSIT_OUTCOMES} == set(status["x-known-values-of-deposits"])
    assert {str(c) for c in WITHDRAWAL_OUTCOMES} == set(status["x-known-values-of-withdrawals"])
