"""The same pages decoded with pydantic and with msgspec, without this package.

Both return ``Decimal`` and aware ``datetime``. Neither accepts both names of a field, rejects an
amount that is not a number, keeps the raw row, or merges markets.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import attrs
import msgspec
import pydantic
from pydantic.alias_generators import to_camel

from whitebit_ext import OrderStatus, OrderType, Side, TransactionMethod

_Aware = Annotated[datetime, msgspec.Meta(tz=True)]


class _Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(alias_generator=to_camel, frozen=True)


class _PartialModel(_Model):
    request_amount: Decimal
    processed_amount: Decimal
    processed_fee: Decimal
    normalize_transaction: Any


class _DetailsModel(_Model):
    partial: _PartialModel | None = None


class _ConfirmationsModel(_Model):
    actual: int
    required: int


class _TransactionModel(_Model):
    address: str | None
    unique_id: str | None
    created_at: datetime
    currency: str | None
    ticker: str
    method: TransactionMethod
    amount: Decimal
    description: str | None
    memo: str | None
    fee: Decimal | None
    status: int
    network: str | None
    transaction_hash: str | None
    transaction_id: str | None
    details: _DetailsModel | None
    confirmations: _ConfirmationsModel | None


class _TransactionsModel(_Model):
    records: list[_TransactionModel]
    total: int


class _OrderModel(_Model):
    id: int
    client_order_id: str | None
    type: OrderType
    side: Side
    ctime: datetime
    ftime: datetime | None
    amount: Decimal
    price: Decimal
    deal_fee: Decimal | None
    deal_stock: Decimal | None
    deal_money: Decimal | None
    fee_asset: str | None
    status: OrderStatus
    post_only: bool | None
    ioc: bool | None
    rpi: bool | None
    reduce_only: bool | None


# msgspec does not support renamed fields of attrs classes.
@attrs.frozen
class _Partial:
    requestAmount: Decimal
    processedAmount: Decimal
    processedFee: Decimal
    normalizeTransaction: Any


@attrs.frozen
class _Details:
    partial: _Partial | None = None


@attrs.frozen
class _Confirmations:
    actual: int
    required: int


@attrs.frozen
class _Transaction:
    address: str | None
    uniqueId: str | None
    createdAt: _Aware
    currency: str | None
    ticker: str
    method: TransactionMethod
    amount: Decimal
    description: str | None
    memo: str | None
    fee: Decimal | None
    status: int
    network: str | None
    transactionHash: str | None
    transactionId: str | None
    details: _Details | None
    confirmations: _Confirmations | None


@attrs.frozen
class _Transactions:
    records: list[_Transaction]
    total: int


@attrs.frozen
class _Order:
    id: int
    clientOrderId: str | None
    type: OrderType
    side: Side
    ctime: _Aware
    ftime: _Aware | None
    amount: Decimal
    price: Decimal
    dealFee: Decimal | None
    dealStock: Decimal | None
    dealMoney: Decimal | None
    feeAsset: str | None
    status: OrderStatus
    postOnly: bool | None
    ioc: bool | None
    rpi: bool | None
    reduceOnly: bool | None


def peers(name: str, body: bytes) -> dict[str, Callable[[], object]]:
    """Return functions that decode a page of transactions or orders, by the library's name."""
    model: Any = _TransactionsModel
    classes: Any = _Transactions
    if name == "orders":
        model, classes = dict[str, list[_OrderModel]], dict[str, list[_Order]]
    models = pydantic.TypeAdapter(model)
    decoder = msgspec.json.Decoder(classes, strict=False, float_hook=Decimal)
    return {
        "pydantic validate_json": lambda: models.validate_json(body),
        "pydantic validate_python": lambda: models.validate_python(json.loads(body)),
        "msgspec into attrs": lambda: decoder.decode(body),
    }
