"""What the user of the recorded reads owns and did: as the server sends it, and as records.

Identifiers have digits alone or letters alone, so that none looks like a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from whitebit_ext import (
    Confirmations,
    Convert,
    ConvertStep,
    Deal,
    Order,
    OrderStatus,
    OrderType,
    PartialWithdrawal,
    Role,
    Side,
    Transaction,
    TransactionDetails,
    TransactionMethod,
)

UNTIL: Final = datetime.fromtimestamp(1_790_000_000, UTC)
"""When the recording begins, so that what is asked for is the same in a replay."""
SINCE: Final = datetime(2026, 9, 11, tzinfo=UTC)
"""Ten days before: one window of dates holds it all."""

_HASH = "4500" * 16
_DEPOSIT_ID = "10000000-0000-4000-8000-000000000001"
_WITHDRAWAL_ID = "10000000-0000-4000-8000-000000000002"

TRANSACTIONS: Final[list[dict[str, Any]]] = [
    {
        "address": "example-address",
        "uniqueId": None,
        "createdAt": 1_789_990_000,
        "currency": "Bitcoin",
        "ticker": "BTC",
        "method": 1,
        "amount": "0.0006",
        "description": "",
        "memo": "",
        "fee": "0",
        "status": 15,
        "network": None,
        "transactionHash": _HASH,
        "transactionId": _DEPOSIT_ID,
        "details": None,
        "confirmations": {"actual": 1, "required": 2},
    },
    {
        "address": "another-address",
        "uniqueId": "withdrawal-seventeen",
        "createdAt": 1_789_980_000,
        "currency": "Tether US",
        "ticker": "USDT",
        "method": 2,
        "amount": "1000",
        "description": "",
        "memo": "",
        "fee": "5",
        "status": 18,
        "network": "TRC20",
        "transactionHash": _HASH,
        "transactionId": _WITHDRAWAL_ID,
        "details": {
            "partial": {
                "requestAmount": "1000",
                "processedAmount": "600",
                "processedFee": "5",
                "normalizeTransaction": "",
            }
        },
        "confirmations": None,
    },
]

_KIND_OF_ORDER = {"postOnly": False, "ioc": False, "rpi": False, "reduceOnly": False}
ORDERS: Final[list[dict[str, Any]]] = [
    {
        "market": "BTC_USDT",
        "id": 4986126152,
        "clientOrderId": "",
        "type": "limit",
        "side": "buy",
        "amount": "0.01",
        "price": "29500.5",
        "ctime": 1_789_990_324.613711,
        "ftime": 1_789_990_324.613842,
        "dealFee": "0.295005",
        "dealStock": "0.01",
        "dealMoney": "295.005",
        "feeAsset": "USDT",
        "status": "FILLED",
        **_KIND_OF_ORDER,
    },
    {
        "market": "ETH_USDT",
        "id": 4986126100,
        "clientOrderId": "mine",
        "type": "market",
        "side": "sell",
        "amount": "0.10000000",
        "price": "0",
        "ctime": 1_789_980_300.5,
        "ftime": 1_789_980_310.25,
        "dealFee": "0",
        "dealStock": "0",
        "dealMoney": "0",
        "feeAsset": "USDT",
        "status": "CANCELED",
        **_KIND_OF_ORDER,
    },
]

DEALS: Final[list[dict[str, Any]]] = [
    {
        "market": "USDC_USDT",
        "id": 1343815269,
        "clientOrderId": "",
        "time": 1_789_990_917.532965,
        "side": "sell",
        "role": 2,
        "amount": "9.986",
        "price": "0.9995",
        "deal": "9.981007",
        "fee": "0.009981007",
        "feeAsset": "USDT",
        "orderId": 58166729555,
    },
    {
        "market": "BTC_USDT",
        "id": 1343815200,
        "clientOrderId": "mine",
        "time": 1_789_980_917.25,
        "side": "buy",
        "role": 1,
        "amount": "0.00100000",
        "price": "29500.5",
        "deal": "29.5005",
        "fee": "0.0295005",
        "feeAsset": "USDT",
        "orderId": 58166729500,
    },
]

CONVERTS: Final[list[dict[str, Any]]] = [
    {
        "id": "1741105",
        "path": [{"from": "USDT", "to": "BTC", "rate": "0.00001193"}],
        "date": 1_789_990_757,
        "give": "4",
        "receive": "0.00004772",
        "rate": "0.00001193",
    }
]

OWNED: Final[Mapping[str, Any]] = {
    "main": {"BTC": "0.0013929494020316", "USDT": "0"},
    "spot": {"BTC": ("0.123", "0.01"), "USDT": ("0.00100000", "0")},
    "transactions": TRANSACTIONS,
    "orders": ORDERS,
    "deals": DEALS,
    "converts": CONVERTS,
}
"""By the read that tells it."""


def _at(seconds: int, microsecond: int = 0) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=microsecond)


TRANSACTION_RECORDS: Final = [
    Transaction(
        address="example-address",
        unique_id=None,
        created_at=_at(1_789_990_000),
        currency="Bitcoin",
        ticker="BTC",
        method=TransactionMethod.DEPOSIT,
        amount=Decimal("0.0006"),
        description="",
        memo="",
        fee=Decimal(0),
        status=15,
        transaction_hash=_HASH,
        transaction_id=_DEPOSIT_ID,
        confirmations=Confirmations(actual=1, required=2),
    ),
    Transaction(
        address="another-address",
        unique_id="withdrawal-seventeen",
        created_at=_at(1_789_980_000),
        currency="Tether US",
        ticker="USDT",
        method=TransactionMethod.WITHDRAWAL,
        amount=Decimal(1000),
        description="",
        memo="",
        fee=Decimal(5),
        status=18,
        network="TRC20",
        transaction_hash=_HASH,
        transaction_id=_WITHDRAWAL_ID,
        details=TransactionDetails(
            partial=PartialWithdrawal(
                request_amount=Decimal(1000),
                processed_amount=Decimal(600),
                processed_fee=Decimal(5),
                normalize_transaction="",
            )
        ),
    ),
]

_order = partial(Order, post_only=False, ioc=False, rpi=False, reduce_only=False)
ORDER_RECORDS: Final = [
    _order(
        market="BTC_USDT",
        id=4986126152,
        client_order_id="",
        type=OrderType.LIMIT,
        side=Side.BUY,
        amount=Decimal("0.01"),
        price=Decimal("29500.5"),
        created_at=_at(1_789_990_324, 613711),
        finished_at=_at(1_789_990_324, 613842),
        deal_fee=Decimal("0.295005"),
        deal_stock=Decimal("0.01"),
        deal_money=Decimal("295.005"),
        fee_asset="USDT",
        status=OrderStatus.FILLED,
    ),
    _order(
        market="ETH_USDT",
        id=4986126100,
        client_order_id="mine",
        type=OrderType.MARKET,
        side=Side.SELL,
        amount=Decimal("0.10000000"),
        price=Decimal(0),
        created_at=_at(1_789_980_300, 500000),
        finished_at=_at(1_789_980_310, 250000),
        deal_fee=Decimal(0),
        deal_stock=Decimal(0),
        deal_money=Decimal(0),
        fee_asset="USDT",
        status=OrderStatus.CANCELED,
    ),
]

DEAL_RECORDS: Final = [
    Deal(
        market="USDC_USDT",
        id=1343815269,
        client_order_id="",
        time=_at(1_789_990_917, 532965),
        side=Side.SELL,
        role=Role.TAKER,
        amount=Decimal("9.986"),
        price=Decimal("0.9995"),
        deal=Decimal("9.981007"),
        fee=Decimal("0.009981007"),
        fee_asset="USDT",
        order_id=58166729555,
    ),
    Deal(
        market="BTC_USDT",
        id=1343815200,
        client_order_id="mine",
        time=_at(1_789_980_917, 250000),
        side=Side.BUY,
        role=Role.MAKER,
        amount=Decimal("0.00100000"),
        price=Decimal("29500.5"),
        deal=Decimal("29.5005"),
        fee=Decimal("0.0295005"),
        fee_asset="USDT",
        order_id=58166729500,
    ),
]

CONVERT_RECORDS: Final = [
    Convert(
        id="1741105",
        path=(ConvertStep(from_ticker="USDT", to_ticker="BTC", rate=Decimal("0.00001193")),),
        date=_at(1_789_990_757),
        give=Decimal(4),
        receive=Decimal("0.00004772"),
        rate=Decimal("0.00001193"),
    )
]
