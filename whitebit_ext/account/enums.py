"""Enumerations of the account reads, open to values that the contract does not know."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Self


class OpenText(enum.StrEnum):
    """Base of enumerations of text: any other text is a value too, and not ``known``."""

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
        """Tell whether the contract names this value."""
        return self._value_ in type(self)._value2member_map_


class OpenNumber(enum.IntEnum):
    """Base of enumerations of numbers: any other number is a value too, and not ``known``."""

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
        """Tell whether the contract names this value."""
        return self._value_ in type(self)._value2member_map_


class TransactionMethod(OpenNumber):
    """Say which way the money went."""

    DEPOSIT = 1
    WITHDRAWAL = 2


class Side(OpenText):
    """Say whether something was bought or sold."""

    BUY = "buy"
    SELL = "sell"


class Role(OpenNumber):
    """Say whose order was there first in a deal."""

    MAKER = 1
    TAKER = 2


class OrderType(OpenText):
    """Say what kind of order it was."""

    LIMIT = "limit"
    MARKET = "market"
    """The amount of a buy is in the quote currency."""
    STOCK_MARKET = "stock market"
    STOP_LIMIT = "stop limit"
    STOP_MARKET = "stop market"
    MARGIN_LIMIT = "margin limit"
    MARGIN_MARKET = "margin market"
    MARGIN_STOP_LIMIT = "margin stop limit"
    TRIGGER_STOP_MARKET = "trigger stop market"
    NORMALIZATION = "normalization"
    ADVANCED_LIMIT = "advanced-limit"


class OrderStatus(OpenText):
    """Say how an order ended."""

    FILLED = "FILLED"
    CANCELED = "CANCELED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    CANCELED_STP = "CANCELED_STP"
    CANCELED_TAKER_BAND = "CANCELED_TAKER_BAND"
    AUTO_CANCELED_LIQUIDATION = "AUTO_CANCELED_LIQUIDATION"
    AUTO_CANCELED_REDUCE_ONLY = "AUTO_CANCELED_REDUCE_ONLY"
    AUTO_CANCELED_USER_MARGIN = "AUTO_CANCELED_USER_MARGIN"


class ActivationCondition(OpenText):
    """Say on which side of its price a stop order is triggered."""

    AT_OR_BELOW = "<="
    AT_OR_ABOVE = ">="


class PositionSide(OpenText):
    """Say which side of a position an order belongs to."""

    BOTH = "BOTH"


class OrderStatusFilter(enum.StrEnum):
    """Say which orders to list; what the server takes, and nothing else."""

    ALL = "ALL"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"


class TransactionOutcome(enum.StrEnum):
    """Say what a status code means; one code can mean two things for the two methods."""

    PENDING = "pending"
    SUCCESSFUL = "successful"
    PARTIALLY_SUCCESSFUL = "partially_successful"
    CANCELED = "canceled"
    UNCONFIRMED = "unconfirmed"
    """The user has not confirmed it."""
    FROZEN = "frozen"
    """By the AML check."""
    UNCREDITED = "uncredited"
    TRAVEL_RULE_AWAITED = "travel_rule_awaited"
    """Data for the Travel Rule are to be given."""
    TRAVEL_RULE_CHECKED = "travel_rule_checked"
    """Data for the Travel Rule are being checked."""
    UNKNOWN = "unknown"
    """A code that the contract does not name."""


_O = TransactionOutcome
# Contract, tables.md, transactions.
DEPOSIT_OUTCOMES: Mapping[int, TransactionOutcome] = MappingProxyType(
    {
        **dict.fromkeys((3, 7), _O.SUCCESSFUL),
        **dict.fromkeys((4, 9), _O.CANCELED),
        **dict.fromkeys((21, 31), _O.FROZEN),
        5: _O.UNCONFIRMED,
        15: _O.PENDING,
        22: _O.UNCREDITED,
        27: _O.TRAVEL_RULE_AWAITED,
        28: _O.TRAVEL_RULE_CHECKED,
    }
)
WITHDRAWAL_OUTCOMES: Mapping[int, TransactionOutcome] = MappingProxyType(
    {
        **dict.fromkeys((1, 2, 6, *range(10, 18)), _O.PENDING),
        **dict.fromkeys((3, 7), _O.SUCCESSFUL),
        4: _O.CANCELED,
        5: _O.UNCONFIRMED,
        18: _O.PARTIALLY_SUCCESSFUL,
        21: _O.FROZEN,
    }
)
OUTCOMES: Mapping[int, Mapping[int, TransactionOutcome]] = MappingProxyType(
    {
        TransactionMethod.DEPOSIT.value: DEPOSIT_OUTCOMES,
        TransactionMethod.WITHDRAWAL.value: WITHDRAWAL_OUTCOMES,
    }
)
"""What each status code means, by method."""
