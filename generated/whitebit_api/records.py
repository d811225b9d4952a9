# Made by scripts/regenerate.py from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Records of the account reads: frozen values with `Decimal` and aware UTC `datetime`.

Fields are in the order in which the server sends them, which msgspec decodes fastest. An optional
field that is missing or null is `None`. msgspec accepts a time with any offset, and an amount such
as "NaN": the `sound_...` functions return whether all records of a list are valid. No record is part
of a cycle, so the garbage collector does not track it (`gc=False`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Final, Protocol

from msgspec import Meta, Struct, field
from msgspec.structs import fields

from .enumerations import (
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

__all__ = (
    "Answer",
    "Record",
    "names",
    "PartialWithdrawal",
    "sound_partial_withdrawal",
    "TransactionDetails",
    "sound_transaction_details",
    "Confirmations",
    "Transaction",
    "sound_transaction",
    "MainBalance",
    "SpotBalance",
    "Order",
    "sound_order",
    "Deal",
    "sound_deal",
    "ConvertStep",
    "sound_convert_step",
    "Convert",
    "sound_convert",
)

Time = Annotated[datetime, Meta(tz=True)]


class Answer(Protocol):
    """The answer that a record came in."""

    def raw(self, row: int) -> Mapping[str, Any]:
        """Return a row as it came."""


class Record:
    """A row of an answer.

    The answer is no field: it is not compared, printed, copied or pickled.
    """

    __slots__ = ("_answer", "_row")

    # Two slots rather than a pair: 500 pairs a page would keep the garbage collector busy.
    _answer: Answer
    _row: int

    @property
    def raw(self) -> Mapping[str, Any]:
        """The row as it came, with fractions as `Decimal`; parsed when it is first asked for.

        Empty for a record that was made by hand, copied or unpickled.
        """
        answer = getattr(self, "_answer", None)
        return MappingProxyType({} if answer is None else dict(answer.raw(self._row)))

    @property
    def unknown(self) -> Mapping[str, Any]:
        """Fields of the row that are not in the document."""
        known = names(type(self))
        return MappingProxyType({k: v for k, v in self.raw.items() if k not in known})


class PartialWithdrawal(Struct, frozen=True, gc=False, kw_only=True):
    """How much of a withdrawal was processed.

    Attributes:
        request_amount: The amount that was asked for, a decimal number.
        processed_amount: The amount that went out, a decimal number.
        processed_fee: The fee of that, a decimal number.
        normalize_transaction: The transaction that settles the rest; its type is not published.
    """

    request_amount: Decimal | None = field(default=None, name="requestAmount")
    processed_amount: Decimal | None = field(default=None, name="processedAmount")
    processed_fee: Decimal | None = field(default=None, name="processedFee")
    normalize_transaction: Any = field(default=None, name="normalizeTransaction")


def sound_partial_withdrawal(rows: Iterable[PartialWithdrawal]) -> bool:
    """Return whether all amounts are finite and all times in UTC."""
    for row in rows:
        if not (
            (row.request_amount is None or row.request_amount.is_finite())
            and (row.processed_amount is None or row.processed_amount.is_finite())
            and (row.processed_fee is None or row.processed_fee.is_finite())
        ):
            return False
    return True


class TransactionDetails(Struct, frozen=True, gc=False, kw_only=True):
    """Details of a transaction.

    Attributes:
        partial: How much of a withdrawal was processed.
    """

    partial: PartialWithdrawal | None = None


def sound_transaction_details(rows: Iterable[TransactionDetails]) -> bool:
    """Return whether all amounts are finite and all times in UTC."""
    for row in rows:
        if not (row.partial is None or sound_partial_withdrawal((row.partial,))):
            return False
    return True


class Confirmations(Struct, frozen=True, gc=False):
    """Confirmations on the chain.

    Attributes:
        actual: How many there are.
        required: How many it takes.
    """

    actual: int
    required: int


class Transaction(Record, Struct, frozen=True, gc=False, kw_only=True):
    """A deposit or a withdrawal.

    Attributes:
        address: Where the money went to or came in.
        unique_id: An id, unique for the user; published as `unique_id`, probably sent as
            `uniqueId`.
        created_at: When it was created.
        currency: The name of the currency.
        ticker: The ticker of the currency.
        method: 1 for a deposit, 2 for a withdrawal.
        amount: The amount, a decimal number.
        fee: The fee, a decimal number.
        description: A text, perhaps empty.
        memo: The memo, perhaps empty.
        status: How far it is; the codes of deposits and withdrawals differ.
        network: The network, for a currency that has several.
        transaction_hash: The hash on the chain; several rows may share one.
        transaction_id: A UUID, unique across WhiteBIT; published as `transaction_id`, probably sent
            as `transactionId`.
        details: What was processed of a partially successful withdrawal.
        confirmations: The confirmations on the chain.
        centralized: Whether no chain was involved; seen in older answers.
    """

    address: str | None = None
    unique_id: str | None = field(default=None, name="uniqueId")
    created_at: Time = field(name="createdAt")
    currency: str | None = None
    ticker: str
    method: TransactionMethod
    amount: Decimal
    fee: Decimal | None = None
    description: str | None = None
    memo: str | None = None
    status: int
    network: str | None = None
    transaction_hash: str | None = field(default=None, name="transactionHash")
    transaction_id: str | None = field(default=None, name="transactionId")
    details: TransactionDetails | None = None
    confirmations: Confirmations | None = None
    centralized: bool | None = None

    @property
    def outcome(self) -> TransactionOutcome:
        """What the status code means for this method."""
        return OUTCOMES.get(self.method, {}).get(self.status, TransactionOutcome.UNKNOWN)


def sound_transaction(rows: Iterable[Transaction]) -> bool:
    """Return whether all amounts are finite and all times in UTC."""
    for row in rows:
        if not (
            row.created_at.tzinfo is UTC
            and row.amount.is_finite()
            and (row.fee is None or row.fee.is_finite())
            and (row.details is None or sound_transaction_details((row.details,)))
        ):
            return False
    return True


class MainBalance(Record, Struct, frozen=True, gc=False):
    """The main balance of one currency.

    Attributes:
        ticker: The currency.
        main_balance: The balance, a decimal number of up to 16 places.
    """

    ticker: str
    main_balance: Decimal


class SpotBalance(Record, Struct, frozen=True, gc=False):
    """The spot balance of one currency.

    Attributes:
        ticker: The currency.
        available: What can be traded with, a decimal number; trailing zeros are kept.
        freeze: What is bound in orders, a decimal number.
    """

    ticker: str
    available: Decimal
    freeze: Decimal


class Order(Record, Struct, frozen=True, gc=False, kw_only=True):
    """An order that was executed or cancelled.

    Attributes:
        market: The market of the order.
        id: The order's id.
        client_order_id: The id that the client gave, empty when none.
        type: The kind of order.
        side: Whether something was bought or sold.
        amount: The amount, a decimal number; in the quote currency for a market buy and a
            stop market buy.
        price: The price, a decimal number; 0 for market orders.
        created_at: When it was created, to the microsecond.
        finished_at: When it reached its final status, to the microsecond.
        deal_fee: The fee paid, a decimal number.
        deal_stock: How much of the base currency changed hands, a decimal number.
        deal_money: How much of the quote currency changed hands, a decimal number.
        fee_asset: The currency of the fee.
        status: How an order ended.
        post_only: Whether it could only be a maker's.
        ioc: Whether what could not be filled at once was cancelled.
        rpi: Whether it was a retail price improvement order.
        reduce_only: Whether it could only reduce a position.
        activated: Whether a stop order was triggered, 1 or 0; stop orders only.
        activation_price: The price that triggers it, a decimal number; stop orders only.
        activation_condition: On which side of its price a stop order is triggered; stop orders only.
        position_side: The side of the position of an order; absent for plain spot orders.
        taker_fee: The taker's fee rate, a decimal number; seen in older answers.
        maker_fee: The maker's fee rate, a decimal number; seen in older answers.
        stp: The self-trade prevention mode; seen in older answers.
    """

    market: str = ""
    id: int
    client_order_id: str | None = field(default=None, name="clientOrderId")
    type: OrderType
    side: Side
    amount: Decimal
    price: Decimal
    created_at: Time = field(name="ctime")
    finished_at: Time | None = field(default=None, name="ftime")
    deal_fee: Decimal | None = field(default=None, name="dealFee")
    deal_stock: Decimal | None = field(default=None, name="dealStock")
    deal_money: Decimal | None = field(default=None, name="dealMoney")
    fee_asset: str | None = field(default=None, name="feeAsset")
    status: OrderStatus | None = None
    post_only: bool | None = field(default=None, name="postOnly")
    ioc: bool | None = None
    rpi: bool | None = None
    reduce_only: bool | None = field(default=None, name="reduceOnly")
    activated: int | None = None
    activation_price: Decimal | None = field(default=None, name="activationPrice")
    activation_condition: ActivationCondition | None = field(
        default=None, name="activationCondition"
    )
    position_side: PositionSide | None = field(default=None, name="positionSide")
    taker_fee: Decimal | None = field(default=None, name="takerFee")
    maker_fee: Decimal | None = field(default=None, name="makerFee")
    stp: str | None = None


def sound_order(rows: Iterable[Order]) -> bool:
    """Return whether all amounts are finite and all times in UTC."""
    for row in rows:
        if not (
            row.amount.is_finite()
            and row.price.is_finite()
            and row.created_at.tzinfo is UTC
            and (row.finished_at is None or row.finished_at.tzinfo is UTC)
            and (row.deal_fee is None or row.deal_fee.is_finite())
            and (row.deal_stock is None or row.deal_stock.is_finite())
            and (row.deal_money is None or row.deal_money.is_finite())
            and (row.activation_price is None or row.activation_price.is_finite())
            and (row.taker_fee is None or row.taker_fee.is_finite())
            and (row.maker_fee is None or row.maker_fee.is_finite())
        ):
            return False
    return True


class Deal(Record, Struct, frozen=True, gc=False, kw_only=True):
    """A deal, the fill or part of the fill of an order.

    Attributes:
        market: The market of the deal.
        id: The deal's id; seen as text too.
        order_id: The order's id; seen as text too.
        client_order_id: The id that the client gave, perhaps empty.
        time: When it was made, to the microsecond; seen as text too.
        side: Whether something was bought or sold.
        role: Whose order was there first, 1 for the maker, 2 for the taker.
        amount: The amount, a decimal number.
        price: The price, a decimal number.
        deal: Amount times price, a decimal number.
        fee: The fee, a decimal number.
        fee_asset: The currency of the fee; missing when one market was asked for.
    """

    market: str = ""
    id: int
    order_id: int | None = field(default=None, name="orderId")
    client_order_id: str | None = field(default=None, name="clientOrderId")
    time: Time
    side: Side
    role: Role | None = None
    amount: Decimal
    price: Decimal
    deal: Decimal
    fee: Decimal
    fee_asset: str | None = field(default=None, name="feeAsset")


def sound_deal(rows: Iterable[Deal]) -> bool:
    """Return whether all amounts are finite and all times in UTC."""
    for row in rows:
        if not (
            row.time.tzinfo is UTC
            and row.amount.is_finite()
            and row.price.is_finite()
            and row.deal.is_finite()
            and row.fee.is_finite()
        ):
            return False
    return True


class ConvertStep(Struct, frozen=True, gc=False):
    """A step of a conversion.

    Attributes:
        from_ticker: The currency given.
        to_ticker: The currency received.
        rate: The rate, a decimal number.
    """

    from_ticker: str = field(name="from")
    to_ticker: str = field(name="to")
    rate: Decimal


def sound_convert_step(rows: Iterable[ConvertStep]) -> bool:
    """Return whether all amounts are finite and all times in UTC."""
    for row in rows:
        if not (row.rate.is_finite()):
            return False
    return True


class Convert(Record, Struct, frozen=True, gc=False, kw_only=True):
    """A conversion.

    Attributes:
        id: The conversion's id.
        date: When it was made.
        give: What was given, a decimal number.
        receive: What was received, a decimal number.
        rate: The rate, a decimal number.
        path: The steps from one currency to the other.
    """

    id: str
    date: Time
    give: Decimal
    receive: Decimal
    rate: Decimal
    path: tuple[ConvertStep, ...] = ()


def sound_convert(rows: Iterable[Convert]) -> bool:
    """Return whether all amounts are finite and all times in UTC."""
    for row in rows:
        if not (
            row.date.tzinfo is UTC
            and row.give.is_finite()
            and row.receive.is_finite()
            and row.rate.is_finite()
            and sound_convert_step(row.path)
        ):
            return False
    return True


_KEYS: Final[Mapping[type[Struct], str]] = {
    MainBalance: "ticker",
    SpotBalance: "ticker",
    Order: "market",
    Deal: "market",
}
# Second names of fields, for which msgspec does not look.
_ALIASES: Final[Mapping[type[Struct], Mapping[str, str]]] = {
    Transaction: {"unique_id": "unique_id", "transaction_id": "transaction_id"},
}


_NAMES: Final[Mapping[type[Any], Mapping[str, str]]] = {
    kind: MappingProxyType(
        {f.encode_name: f.name for f in fields(kind) if f.name != _KEYS.get(kind)}
        | dict(_ALIASES.get(kind, {}))
    )
    for kind in (
        PartialWithdrawal,
        TransactionDetails,
        Confirmations,
        Transaction,
        MainBalance,
        SpotBalance,
        Order,
        Deal,
        ConvertStep,
        Convert,
    )
}


def names(kind: type[Any]) -> Mapping[str, str]:
    """Return the fields of a record by each of their names on the wire, the likely one first."""
    return _NAMES[kind]
