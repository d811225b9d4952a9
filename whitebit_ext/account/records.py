"""Records of the account reads: frozen values with ``Decimal`` and aware UTC ``datetime``.

Fields stand in the order in which the server sends them, which the decoder is quickest with. A
field that the server leaves out or sends as null is ``None``. Names on the wire that differ from
ours stand in the field's metadata; a field without any name there is not on the wire.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

import attrs

from .base import Record, leave_rare_unset, names, rare
from .enums import (
    OUTCOMES,
    ActivationCondition,
    OrderStatus,
    OrderType,
    PositionSide,
    Role,
    Side,
    TransactionMethod,
    TransactionOutcome,
)


@attrs.frozen(kw_only=True)
class PartialWithdrawal:
    """How much of a withdrawal was processed; ``normalize_transaction`` is not published."""

    request_amount: Decimal | None = attrs.field(default=None, metadata=names("requestAmount"))
    processed_amount: Decimal | None = attrs.field(default=None, metadata=names("processedAmount"))
    processed_fee: Decimal | None = attrs.field(default=None, metadata=names("processedFee"))
    normalize_transaction: Any = attrs.field(default=None, metadata=names("normalizeTransaction"))


@attrs.frozen(kw_only=True)
class TransactionDetails:
    """Details of a transaction."""

    partial: PartialWithdrawal | None = None


@attrs.frozen(kw_only=True)
class Confirmations:
    """Confirmations on the chain."""

    actual: int
    required: int


@leave_rare_unset
@attrs.frozen(kw_only=True)
class Transaction(Record):
    """A deposit or a withdrawal.

    Attributes:
        unique_id: An id, unique for the user.
        transaction_id: A UUID, unique across WhiteBIT.
        status: The code; ``outcome`` says what it means.
        transaction_hash: Several rows may share one.
        centralized: Whether no chain was involved; seen in older answers.
    """

    address: str | None = None
    unique_id: str | None = attrs.field(default=None, metadata=names("uniqueId", "unique_id"))
    created_at: datetime = attrs.field(metadata=names("createdAt"))
    currency: str | None = None
    ticker: str
    method: TransactionMethod
    amount: Decimal
    description: str | None = None
    memo: str | None = None
    fee: Decimal | None = None
    status: int
    network: str | None = None
    transaction_hash: str | None = attrs.field(default=None, metadata=names("transactionHash"))
    transaction_id: str | None = attrs.field(
        default=None, metadata=names("transactionId", "transaction_id")
    )
    details: TransactionDetails | None = None
    confirmations: Confirmations | None = None
    centralized: bool | None = attrs.field(default=None, metadata=rare("centralized"))

    @property
    def outcome(self) -> TransactionOutcome:
        """What the status code means for this method."""
        return OUTCOMES.get(self.method, {}).get(self.status, TransactionOutcome.UNKNOWN)


@leave_rare_unset
@attrs.frozen(kw_only=True)
class Order(Record):
    """An order that was executed or cancelled.

    Attributes:
        amount: In the quote currency for a market buy.
        price: 0 for market orders.
        created_at: ``ctime``.
        finished_at: ``ftime``: when it reached its final status.
        activated: Whether a stop order was triggered, 1 or 0; stop orders only.
    """

    market: str = attrs.field(metadata=names())
    id: int
    client_order_id: str | None = attrs.field(default=None, metadata=names("clientOrderId"))
    type: OrderType
    side: Side
    created_at: datetime = attrs.field(metadata=names("ctime"))
    finished_at: datetime | None = attrs.field(default=None, metadata=names("ftime"))
    amount: Decimal
    price: Decimal
    deal_fee: Decimal | None = attrs.field(default=None, metadata=names("dealFee"))
    deal_stock: Decimal | None = attrs.field(default=None, metadata=names("dealStock"))
    deal_money: Decimal | None = attrs.field(default=None, metadata=names("dealMoney"))
    fee_asset: str | None = attrs.field(default=None, metadata=names("feeAsset"))
    status: OrderStatus | None = None
    post_only: bool | None = attrs.field(default=None, metadata=names("postOnly"))
    ioc: bool | None = None
    rpi: bool | None = None
    reduce_only: bool | None = attrs.field(default=None, metadata=names("reduceOnly"))
    activated: int | None = attrs.field(default=None, metadata=rare("activated"))
    activation_price: Decimal | None = attrs.field(default=None, metadata=rare("activationPrice"))
    activation_condition: ActivationCondition | None = attrs.field(
        default=None, metadata=rare("activationCondition")
    )
    position_side: PositionSide | None = attrs.field(default=None, metadata=rare("positionSide"))
    taker_fee: Decimal | None = attrs.field(default=None, metadata=rare("takerFee"))
    maker_fee: Decimal | None = attrs.field(default=None, metadata=rare("makerFee"))
    stp: str | None = attrs.field(default=None, metadata=rare("stp"))


@attrs.frozen(kw_only=True)
class Deal(Record):
    """A deal: the fill of an order, or a part of it; ``deal`` is amount times price."""

    market: str = attrs.field(metadata=names())
    id: int
    client_order_id: str | None = attrs.field(default=None, metadata=names("clientOrderId"))
    time: datetime
    side: Side
    role: Role | None = None
    amount: Decimal
    price: Decimal
    deal: Decimal
    fee: Decimal
    fee_asset: str | None = attrs.field(default=None, metadata=names("feeAsset"))
    order_id: int | None = attrs.field(default=None, metadata=names("orderId"))


@attrs.frozen(kw_only=True)
class ConvertStep:
    """A step of a conversion, from one currency to another."""

    from_ticker: str = attrs.field(metadata=names("from"))
    to_ticker: str = attrs.field(metadata=names("to"))
    rate: Decimal


@attrs.frozen(kw_only=True)
class Convert(Record):
    """A conversion of ``give`` into ``receive``, step by step along ``path``."""

    id: str
    path: tuple[ConvertStep, ...] = ()
    date: datetime
    give: Decimal
    receive: Decimal
    rate: Decimal


R = TypeVar("R", bound=Record)


@attrs.frozen
class Page(Generic[R]):
    """Rows that one request brought, newest first.

    Attributes:
        records: The rows.
        total: How many rows there are in all, where the server says it.
    """

    records: tuple[R, ...]
    total: int | None = None

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[R]:
        return iter(self.records)

    def __bool__(self) -> bool:
        return bool(self.records)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one flat dict per row, as ``to_dict`` makes it."""
        from .frames import to_dict

        return [to_dict(record) for record in self.records]
