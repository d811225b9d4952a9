# Made by scripts/regenerate.py from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Enumerations of the account reads: open ones of what is answered, closed ones of what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final, Self

__all__ = (
    "OUTCOMES",
    "OpenNumber",
    "OpenText",
    "TransactionOutcome",
    "ActivationCondition",
    "OrderStatus",
    "OrderStatusFilter",
    "OrderType",
    "PositionSide",
    "Role",
    "Side",
    "TransactionMethod",
)


class OpenText(StrEnum):
    """An enumeration of text: any other text is a value too, and not `known`."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        made = str.__new__(cls, value)
        made._name_ = "UNKNOWN"
        made._value_ = value
        return made

    @property
    def known(self) -> bool:
        """Whether the document names this value."""
        return self._value_ in type(self)._value2member_map_


class OpenNumber(IntEnum):
    """An enumeration of numbers: any other number is a value too, and not `known`."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        made = int.__new__(cls, value)
        made._name_ = "UNKNOWN"
        made._value_ = value
        return made

    @property
    def known(self) -> bool:
        """Whether the document names this value."""
        return self._value_ in type(self)._value2member_map_


class ActivationCondition(OpenText):
    """On which side of its price a stop order is triggered; stop orders only."""

    AT_OR_BELOW = "<="
    """At or below."""
    AT_OR_ABOVE = ">="
    """At or above."""


class OrderStatus(OpenText):
    """How an order ended."""

    FILLED = "FILLED"
    """Executed wholly."""
    CANCELED = "CANCELED"
    """Cancelled."""
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    """Executed in part."""
    MAINTENANCE = "MAINTENANCE"
    """Ended by maintenance of the market, and not counted as cancelled."""
    CANCELED_STP = "CANCELED_STP"
    """Cancelled, it would have met an order of the same user."""
    CANCELED_TAKER_BAND = "CANCELED_TAKER_BAND"
    """Cancelled, its price was too far off."""
    AUTO_CANCELED_LIQUIDATION = "AUTO_CANCELED_LIQUIDATION"
    """Cancelled by a liquidation."""
    AUTO_CANCELED_REDUCE_ONLY = "AUTO_CANCELED_REDUCE_ONLY"
    """Cancelled, there was nothing left to reduce."""
    AUTO_CANCELED_USER_MARGIN = "AUTO_CANCELED_USER_MARGIN"
    """Cancelled for lack of margin."""


class OrderStatusFilter(StrEnum):
    """Which orders to list."""

    ALL = "ALL"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    MAINTENANCE = "MAINTENANCE"


class OrderType(OpenText):
    """The kind of order."""

    LIMIT = "limit"
    """Limit order."""
    MARKET = "market"
    """Market order, amount in the quote currency when buying."""
    STOCK_MARKET = "stock market"
    """Market order, amount in the base currency."""
    STOP_LIMIT = "stop limit"
    """Limit order that waits for a price."""
    STOP_MARKET = "stop market"
    """Market order that waits for a price."""
    MARGIN_LIMIT = "margin limit"
    """Limit order on margin."""
    MARGIN_MARKET = "margin market"
    """Market order on margin."""
    MARGIN_STOP_LIMIT = "margin stop limit"
    """Limit order on margin that waits for a price."""
    TRIGGER_STOP_MARKET = "trigger stop market"
    """Market order on margin that waits for a price."""
    NORMALIZATION = "normalization"
    """Made by WhiteBIT to close a position."""
    ADVANCED_LIMIT = "advanced-limit"
    """Part of a composed order."""


class PositionSide(OpenText):
    """The side of the position of an order; absent for plain spot orders."""

    BOTH = "BOTH"
    """One position for both sides."""
    LONG = "LONG"
    """The long position."""
    SHORT = "SHORT"
    """The short position."""


class Role(OpenNumber):
    """Whose order was there first, 1 for the maker, 2 for the taker."""

    MAKER = 1
    """Maker."""
    TAKER = 2
    """Taker."""


class Side(OpenText):
    """Whether something was bought or sold."""

    BUY = "buy"
    """Bought."""
    SELL = "sell"
    """Sold."""


class TransactionMethod(OpenNumber):
    """1 for a deposit, 2 for a withdrawal."""

    DEPOSIT = 1
    """Deposit."""
    WITHDRAWAL = 2
    """Withdrawal."""


class TransactionOutcome(StrEnum):
    """What the status code of a transaction means; a code can mean two things for two methods."""

    PENDING = "pending"
    """Not finished yet."""
    SUCCESSFUL = "successful"
    """Finished."""
    PARTIALLY_SUCCESSFUL = "partially_successful"
    """A withdrawal of which a part went out."""
    CANCELED = "canceled"
    """Cancelled."""
    UNCONFIRMED = "unconfirmed"
    """The user has not confirmed it."""
    FROZEN = "frozen"
    """Frozen by the AML check."""
    UNCREDITED = "uncredited"
    """A deposit that was not credited."""
    TRAVEL_RULE_AWAITED = "travel_rule_awaited"
    """Data for the Travel Rule are to be given."""
    TRAVEL_RULE_CHECKED = "travel_rule_checked"
    """Data for the Travel Rule are being checked."""
    UNKNOWN = "unknown"
    """A code that is not documented."""


OUTCOMES: Final[Mapping[int, Mapping[int, TransactionOutcome]]] = MappingProxyType(
    {
        TransactionMethod.DEPOSIT.value: MappingProxyType(
            {
                3: TransactionOutcome.SUCCESSFUL,
                4: TransactionOutcome.CANCELED,
                5: TransactionOutcome.UNCONFIRMED,
                7: TransactionOutcome.SUCCESSFUL,
                9: TransactionOutcome.CANCELED,
                15: TransactionOutcome.PENDING,
                21: TransactionOutcome.FROZEN,
                22: TransactionOutcome.UNCREDITED,
                27: TransactionOutcome.TRAVEL_RULE_AWAITED,
                28: TransactionOutcome.TRAVEL_RULE_CHECKED,
                31: TransactionOutcome.FROZEN,
            }
        ),
        TransactionMethod.WITHDRAWAL.value: MappingProxyType(
            {
                1: TransactionOutcome.PENDING,
                2: TransactionOutcome.PENDING,
                3: TransactionOutcome.SUCCESSFUL,
                4: TransactionOutcome.CANCELED,
                5: TransactionOutcome.UNCONFIRMED,
                6: TransactionOutcome.PENDING,
                7: TransactionOutcome.SUCCESSFUL,
                10: TransactionOutcome.PENDING,
                11: TransactionOutcome.PENDING,
                12: TransactionOutcome.PENDING,
                13: TransactionOutcome.PENDING,
                14: TransactionOutcome.PENDING,
                15: TransactionOutcome.PENDING,
                16: TransactionOutcome.PENDING,
                17: TransactionOutcome.PENDING,
                18: TransactionOutcome.PARTIALLY_SUCCESSFUL,
                21: TransactionOutcome.FROZEN,
            }
        ),
    }
)
"""What each status code means, by method."""
