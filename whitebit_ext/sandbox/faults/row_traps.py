"""Irregularities of the rows of account histories (contract section 8, `tables.md`).

Each function returns a changed JSON value, or the same value if it does not apply.
"""

from __future__ import annotations

from typing import Any, Final

# Fields of rows that may be missing or null, because no amount or identity depends on them.
OPTIONAL: Final = (
    *("address", "currency", "description", "memo", "network", "transactionHash"),
    *("uniqueId", "unique_id", "details", "confirmations"),
    *("clientOrderId", "feeAsset", "ftime", "postOnly", "ioc", "rpi", "reduceOnly"),
    "positionSide",
)

_OTHER_NAMES: Final = {"uniqueId": "unique_id", "transactionId": "transaction_id"}

_UNKNOWN_OF_TRANSACTION: Final = {"method": 9, "status": 99}
_UNKNOWN_OF_ORDER: Final = {
    "type": "iceberg",
    "side": "both sides",
    "status": "CANCELED_BY_NOBODY",
    "activationCondition": "==",
    "positionSide": "SIDEWAYS",
    "stp": "some_policy",
}
_UNKNOWN_OF_DEAL: Final = {"side": "both sides", "role": 9}


def with_unknown_values(value: Any) -> Any:
    """Put an undocumented value into each enumeration of a row."""
    for unknown, is_kind in (
        (_UNKNOWN_OF_TRANSACTION, _is_transaction),
        (_UNKNOWN_OF_ORDER, _is_order),
        (_UNKNOWN_OF_DEAL, _is_deal),
    ):
        if is_kind(value):
            return {name: unknown.get(name, item) for name, item in value.items()}
    return value


def frozen_as_31(value: Any) -> Any:
    """Give a frozen deposit status 31, which was seen elsewhere."""
    if _is_transaction(value) and value.get("method") == 1 and value.get("status") == 21:
        return {**value, "status": 31}
    return value


def with_older_fields(value: Any) -> Any:
    """Add the fields that were seen in older responses."""
    if _is_transaction(value):
        return {**value, "centralized": False}
    if _is_order(value):
        return {**value, "takerFee": "0.001", "makerFee": "0.001", "stp": "no"}
    return value


def with_other_names(value: Any) -> Any:
    """Rename the fields that have two names."""
    if _is_transaction(value):
        return {_OTHER_NAMES.get(name, name): item for name, item in value.items()}
    return value


def with_both_names(value: Any) -> Any:
    """Add the other name of the fields that have two names."""
    if _is_transaction(value):
        return {**value, **with_other_names(value)}
    return value


def _is_transaction(value: Any) -> bool:
    return isinstance(value, dict) and "createdAt" in value


def _is_order(value: Any) -> bool:
    return isinstance(value, dict) and "ctime" in value


def _is_deal(value: Any) -> bool:
    return isinstance(value, dict) and "deal" in value
