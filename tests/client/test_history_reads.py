"""Single reads of a history: the shapes of a response, and rows that are not records."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from whitebit_ext import (
    Confirmations,
    Convert,
    ConvertStep,
    Deal,
    Order,
    OrderStatus,
    OrderType,
    Role,
    Side,
    Transaction,
    TransactionMethod,
    TransactionOutcome,
)
from whitebit_ext.errors import (
    MalformedRecord,
    MalformedResponse,
    NoAnswer,
    ServerError,
)

from .faces import Face
from .test_history_walks import OPERATIONS, READS, ready, walk

ACCESS = ("bearer", "signed")

# The examples of `tables.md`, put together to whole rows where it has no whole one.
TRANSACTION: dict[str, Any] = {
    "address": "3ApEASLcrQtZpg1TsssFgYF5V5YQJAKvuE",
    "uniqueId": None,
    "createdAt": 1593437922,
    "currency": "Bitcoin",
    "ticker": "BTC",
    "method": 1,
    "amount": "0.0006",
    "description": "",
    "memo": "",
    "fee": "0",
    "status": 15,
    "network": None,
    "transactionHash": "a275a514013e4e0f927fd0d1bed215e7f6f2c4c6ce762836fe135ec22529d886",
    "transactionId": "5e112b38-9652-11ed-a1eb-0242ac120002",
    "details": None,
    "confirmations": {"actual": 1, "required": 2},
}
A_TRANSACTION = Transaction(
    address="3ApEASLcrQtZpg1TsssFgYF5V5YQJAKvuE",
    unique_id=None,
    created_at=datetime(2020, 6, 29, 13, 38, 42, tzinfo=UTC),
    currency="Bitcoin",
    ticker="BTC",
    method=TransactionMethod.DEPOSIT,
    amount=Decimal("0.0006"),
    description="",
    memo="",
    fee=Decimal(0),
    status=15,
    transaction_hash="a275a514013e4e0f927fd0d1bed215e7f6f2c4c6ce762836fe135ec22529d886",
    transaction_id="5e112b38-9652-11ed-a1eb-0242ac120002",
    confirmations=Confirmations(actual=1, required=2),
)
ORDER: dict[str, Any] = {
    "id": 4986126152,
    "clientOrderId": "",
    "type": "market",
    "side": "sell",
    "ctime": 1597486960.311311,
    "ftime": 1597486960.311332,
    "amount": "0.10000000",
    "price": "0",
    "dealFee": "0.041",
    "dealStock": "0.1",
    "dealMoney": "41.00",
    "feeAsset": "USDT",
    "status": "FILLED",
    "postOnly": False,
    "ioc": False,
    "rpi": False,
    "reduceOnly": False,
}
AN_ORDER = Order(
    market="BTC_USDT",
    id=4986126152,
    client_order_id="",
    type=OrderType.MARKET,
    side=Side.SELL,
    created_at=datetime(2020, 8, 15, 10, 22, 40, 311311, tzinfo=UTC),
    finished_at=datetime(2020, 8, 15, 10, 22, 40, 311332, tzinfo=UTC),
    amount=Decimal("0.10000000"),
    price=Decimal(0),
    deal_fee=Decimal("0.041"),
    deal_stock=Decimal("0.1"),
    deal_money=Decimal("41.00"),
    fee_asset="USDT",
    status=OrderStatus.FILLED,
    post_only=False,
    ioc=False,
    rpi=False,
    reduce_only=False,
)
DEAL = (
    '{"id":1343815269,"clientOrderId":"","time":1641051917.532965,"side":"sell","role":2,'
    '"amount":"9.986","price":"0.9995","deal":"9.981007","fee":"0.009981007",'
    '"orderId":58166729555}'
)
A_DEAL = Deal(
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
CONVERT = (
    '{"id":"1741105","path":[{"from":"USDT","to":"BTC","rate":"0.00001193"}],"date":1741090757,'
    '"give":"4","receive":"0.00004772","rate":"0.00001193"}'
)
A_CONVERT = Convert(
    id="1741105",
    path=(ConvertStep(from_ticker="USDT", to_ticker="BTC", rate=Decimal("0.00001193")),),
    date=datetime(2025, 3, 4, 12, 19, 17, tzinfo=UTC),
    give=Decimal(4),
    receive=Decimal("0.00004772"),
    rate=Decimal("0.00001193"),
)


def listed(row: str | dict[str, Any], **changes: Any) -> str:
    """Return the body of a page with a total that has one row."""
    content = json.loads(row) if isinstance(row, str) else row
    content = {key: value for key, value in (content | changes).items() if value is not ...}
    return json.dumps({"limit": 50, "offset": 0, "total": 1, "records": [content]})


def keyed(row: dict[str, Any], **changes: Any) -> str:
    """Return the body of a page by market that has one row."""
    return json.dumps({"BTC_USDT": [row | changes]})


# Read, what is asked, the record, and bodies that all mean it.
MEANT: list[tuple[str, dict[str, Any], Any, list[str]]] = [
    ("transactions", {}, A_TRANSACTION, [
        listed(TRANSACTION),
        listed(TRANSACTION, transactionId=..., transaction_id=TRANSACTION["transactionId"]),
        listed(TRANSACTION, uniqueId=..., unique_id=None),
        listed(TRANSACTION, uniqueId=..., details=..., network=...),
        listed(TRANSACTION, createdAt="1593437922", method="1", status="15"),
        listed(TRANSACTION, amount=0.0006, fee=0),
        listed(TRANSACTION, confirmations={"actual": "1", "required": "2"}),
        listed(TRANSACTION, newField={"version": 2}),
        listed(TRANSACTION).replace("/", "\\/"),
        json.dumps({"records": {"3": TRANSACTION}, "total": "1"}),
    ]),
    ("orders", {}, AN_ORDER, [
        keyed(ORDER),
        keyed(ORDER, id="4986126152", ctime="1597486960.311311", ftime="1597486960.311332"),
        keyed(ORDER, price=0, amount=0.1, dealMoney=41),
        keyed(ORDER, activated=None, positionSide=None, newField=[]),
        json.dumps({"ETH_USDT": [], "BTC_USDT": [ORDER], "ETH_BTC": {}}),
    ]),
    ("orders", {"market": "BTC_USDT"}, AN_ORDER, [keyed(ORDER), json.dumps([ORDER])]),
    ("deals", {"market": "USDC_USDT"}, A_DEAL, [
        f"[{DEAL}]",
        f'{{"USDC_USDT":[{DEAL}]}}',
        "[" + json.dumps(json.loads(DEAL) | {"feeAsset": None}) + "]",
        f"[{DEAL}]".replace("1343815269", '"1343815269"').replace("1641051917.532965",
                                                                  '"1641051917.532965"'),
    ]),
    ("deals", {}, A_DEAL, [f'{{"USDC_USDT":[{DEAL}]}}', f'{{"A_B":[],"USDC_USDT":[{DEAL}]}}']),
    ("converts", {}, A_CONVERT, [
        listed(CONVERT),
        listed(CONVERT, id=1741105, date="1741090757", give=4),
        listed(CONVERT, newField=None),
    ]),
]  # fmt: skip  # a table reads as one


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize(
    ("read", "arguments", "record", "body"),
    [
        (read, arguments, record, body)
        for read, arguments, record, bodies in MEANT
        for body in bodies
    ],
)
def test_every_form_gives_the_same_record(
    face: Face, access: str, read: str, arguments: dict[str, Any], record: Any, body: str
) -> None:
    """Each example, in each shape and irregular form, gives one record, to the last digit."""
    user = ready(face)
    face.sandbox.faults.add(OPERATIONS[access, read], kind="body", body=body)
    found = next(walk(user, access, read, **arguments))
    assert found == record
    for name in record.__struct_fields__:
        given, meant = getattr(found, name), getattr(record, name)
        if isinstance(meant, Decimal) and f'"{meant}"' in body:
            assert str(given) == str(meant)


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize(
    ("read", "body"),
    [*((read, "[]") for read in READS), ("orders", "{}"), ("deals", "{}")],
)
def test_empty_response_is_an_empty_walk(face: Face, access: str, read: str, body: str) -> None:
    """`{}` and PHP's `[]` contain no rows, in every window that is requested."""
    user = ready(face)
    face.sandbox.faults.add(OPERATIONS[access, read], kind="body", body=body, times=None)
    assert list(walk(user, access, read)) == []


def test_record_keeps_outcome_raw_and_unknown(face: Face) -> None:
    """A record has the outcome of its status, its raw row and the undocumented fields."""
    user = ready(face)
    body = listed(TRANSACTION, status=99, newField=[1.50])
    face.sandbox.faults.add(OPERATIONS["signed", "transactions"], kind="body", body=body)
    found = next(user.account.transactions())
    assert (found.status, found.outcome) == (99, TransactionOutcome.UNKNOWN)
    assert A_TRANSACTION.outcome is TransactionOutcome.PENDING
    assert dict(found.unknown) == {"newField": [Decimal("1.5")]}
    assert found.raw["createdAt"] == 1593437922


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize("read", READS)
def test_unreadable_row_is_an_error(face: Face, access: str, read: str) -> None:
    """A row without its amount raises an error with operation, field and place."""
    user = ready(face)
    rows = {"transactions": TRANSACTION, "orders": ORDER}
    row = rows.get(read) or json.loads({"deals": DEAL, "converts": CONVERT}[read])
    field = "give" if read == "converts" else "amount"
    spoilt = [row, row | {field: "much"}]
    body: Any = {"records": spoilt, "total": 2}
    if read in ("orders", "deals"):
        body = {"BTC_USDT": spoilt}
    operation = OPERATIONS[access, read]
    face.sandbox.faults.add(operation, kind="body", body=json.dumps(body))
    with pytest.raises(MalformedRecord) as caught:
        next(walk(user, access, read))
    assert (caught.value.operation, caught.value.field) == (operation, field)
    assert caught.value.raw[field] == "much"
    assert caught.value.__context__ is None


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("kind", ["empty", "html", "cut_off", "truncated", "not_utf8"])
def test_malformed_response_is_a_typed_error(face: Face, access: str, read: str, kind: Any) -> None:
    """A body that is not complete JSON raises an error with the operation, and ends no walk."""
    user = ready(face, **{read: 10})
    operation = OPERATIONS[access, read]
    times = None if kind == "html" else 1
    rows = walk(user, access, read)
    with (
        face.sandbox.faults.add(operation, kind=kind, times=times),
        pytest.raises((MalformedResponse, ServerError, NoAnswer)) as caught,
    ):
        next(rows)
    assert caught.value.operation == operation
    assert len(list(rows)) == 10
