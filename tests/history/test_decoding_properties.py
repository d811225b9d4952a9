"""For arbitrary values on a page, the records are equal after decoding, or an error is typed."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from whitebit_api.enumerations import Role, Side, TransactionMethod
from whitebit_api.records import (
    Confirmations,
    Deal,
    PartialWithdrawal,
    Transaction,
    TransactionDetails,
    names,
)
from whitebit_ext.account.decode import (
    decode_converts,
    decode_deals,
    decode_orders,
    decode_transactions,
)
from whitebit_ext.account.records import Page
from whitebit_ext.errors import MalformedRecord, MalformedResponse

from .bodies import EPOCH, envelope
from .server import transaction

pytestmark = pytest.mark.slow

amounts = st.decimals(
    allow_nan=False, allow_infinity=False, places=16, min_value=0, max_value=10**9
)
texts = st.text(max_size=12)
maybe_text = st.none() | texts
moments = st.integers(0, 4_000_000_000_000_000).map(lambda us: EPOCH + timedelta(microseconds=us))
seconds = st.integers(0, 4_000_000_000).map(lambda s: EPOCH + timedelta(seconds=s))
transactions = st.builds(
    Transaction,
    address=maybe_text,
    unique_id=maybe_text,
    created_at=seconds,
    currency=maybe_text,
    ticker=texts,
    method=st.integers(0, 5).map(TransactionMethod),
    amount=amounts,
    description=maybe_text,
    memo=maybe_text,
    fee=st.none() | amounts,
    status=st.integers(0, 40),
    network=maybe_text,
    transaction_hash=maybe_text,
    transaction_id=maybe_text,
    details=st.none()
    | st.builds(TransactionDetails, partial=st.none() | st.builds(PartialWithdrawal)),
    confirmations=st.none()
    | st.builds(Confirmations, actual=st.integers(0, 9), required=st.integers(0, 9)),
    centralized=st.none() | st.booleans(),
)
deals = st.builds(
    Deal,
    market=st.just("A_B"),
    id=st.integers(1, 2**62),
    client_order_id=maybe_text,
    time=moments,
    side=texts.map(Side),
    role=st.none() | st.integers(0, 5).map(Role),
    amount=amounts,
    price=amounts,
    deal=amounts,
    fee=amounts,
    fee_asset=maybe_text,
    order_id=st.none() | st.integers(1, 2**62),
)


def written(record: Any, data: st.DataObject | None = None) -> dict[str, Any]:
    """Return a record as the server writes it, leaving out what is None if told so."""
    row: dict[str, Any] = {}
    wire_names = defaultdict[str, list[str]](list)
    for wire, field in names(type(record)).items():
        wire_names[field].append(wire)
    for field, wires in wire_names.items():
        value = getattr(record, field)
        if value is None and data and data.draw(st.booleans()):
            continue
        name = data.draw(st.sampled_from(wires)) if data else wires[0]
        if isinstance(value, Struct):
            row[name] = written(value)
        elif isinstance(value, Decimal):
            row[name] = str(value)
        elif isinstance(value, datetime):
            micros = (value - EPOCH) // timedelta(microseconds=1)
            row[name] = micros // 10**6 if micros % 10**6 == 0 else micros / 10**6
        else:
            row[name] = value
    return row


@settings(deadline=None, max_examples=150)
@given(st.lists(transactions, max_size=4), st.data())
def test_transactions_round_trip(records: list[Transaction], data: st.DataObject) -> None:
    """Decoding serialized records gives equal records, under either name of a field."""
    body = envelope(*(written(record, data) for record in records))
    assert list(decode_transactions(body, "read")) == records


@settings(deadline=None, max_examples=150)
@given(st.lists(deals, max_size=4), st.data())
def test_deals_round_trip(records: list[Deal], data: st.DataObject) -> None:
    """Decoding serialized deals gives equal deals, to the microsecond."""
    body = json.dumps([written(record, data) for record in records]).encode()
    assert list(decode_deals(body, "read", "A_B")) == records


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(st.sampled_from([*transaction(1, 1), "unique_id", "new"]), anything))
def test_row_outside_the_schema_is_kept_or_named(changes: dict[str, Any]) -> None:
    """Whatever a field contains, each row is a record with its raw row, or a typed error."""
    row = transaction(2, 5) | changes
    refused = None
    page: Page[Transaction] = Page(())
    try:
        page = decode_transactions(envelope(transaction(1, 6), row), "read")
    except MalformedRecord as error:
        refused = error
    if refused is not None:
        assert refused.row == 1
        assert refused.field
        return
    assert len(page) == 2
    second = page.records[1]
    assert set(second.raw) == set(row)
    assert second.amount.is_finite()
    assert second.created_at.tzinfo is UTC


@settings(deadline=None, max_examples=300)
@given(anything)
def test_body_outside_the_schema_is_empty_or_refused(content: Any) -> None:
    """Any JSON is a page without rows, or a typed error."""
    body = json.dumps(content).encode()
    for decode in (decode_transactions, decode_orders, decode_deals, decode_converts):
        try:
            assert len(decode(body, "read")) == 0
        except MalformedResponse:
            continue
