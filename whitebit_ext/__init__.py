"""Connect users' WhiteBIT accounts: OAuth 2.0, OAuth-issued API keys, account reads.

The names in ``__all__`` are the public face, with ``whitebit_ext.errors``,
``whitebit_ext.custody.stores`` and ``whitebit_ext.sandbox``. Each loads when it is first used, so
that what needs none of them, such as the pytest plugin, costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from . import errors
    from ._async.client import AsyncUser, AsyncWhiteBIT
    from ._sync.client import User, WhiteBIT
    from .account import (
        ActivationCondition,
        AsyncRows,
        Confirmations,
        Convert,
        ConvertStep,
        Deal,
        Order,
        OrderStatus,
        OrderStatusFilter,
        OrderType,
        Page,
        PartialWithdrawal,
        PositionSide,
        Role,
        Rows,
        Side,
        Transaction,
        TransactionDetails,
        TransactionMethod,
        TransactionOutcome,
    )
    from .custody.sealing import generate_encryption_key
    from .custody.stores import MemoryStore, Store
    from .custody.stores import SQLStore as SQLStore
    from .errors import WhiteBITError
    from .keys.records import (
        KeyCondition,
        KeyHealth,
        KeyInfo,
        KeyState,
        Login,
        MainBalance,
        PermissionDifference,
        PermissionGroup,
        PermissionUrl,
        SpotBalance,
    )
    from .keys.signing import ApiKey, NonceMode, SignedAuth
    from .regions import Region
    from .secret import Secret

__all__ = [
    "ActivationCondition",
    "ApiKey",
    "AsyncRows",
    "AsyncUser",
    "AsyncWhiteBIT",
    "Confirmations",
    "Convert",
    "ConvertStep",
    "Deal",
    "KeyCondition",
    "KeyHealth",
    "KeyInfo",
    "KeyState",
    "Login",
    "MainBalance",
    "MemoryStore",
    "NonceMode",
    "Order",
    "OrderStatus",
    "OrderStatusFilter",
    "OrderType",
    "Page",
    "PartialWithdrawal",
    "PermissionDifference",
    "PermissionGroup",
    "PermissionUrl",
    "PositionSide",
    "Region",
    "Role",
    "Rows",
    "Secret",
    "Side",
    "SignedAuth",
    "SpotBalance",
    "Store",
    "Transaction",
    "TransactionDetails",
    "TransactionMethod",
    "TransactionOutcome",
    "User",
    "WhiteBIT",
    "WhiteBITError",
    "__version__",
    "errors",
    "generate_encryption_key",
]

_ROOMS = {
    "_async.client": ("AsyncUser", "AsyncWhiteBIT"),
    "_sync.client": ("User", "WhiteBIT"),
    "errors": ("WhiteBITError",),
    "account": (
        "ActivationCondition",
        "AsyncRows",
        "Confirmations",
        "Convert",
        "ConvertStep",
        "Deal",
        "Order",
        "OrderStatus",
        "OrderStatusFilter",
        "OrderType",
        "Page",
        "PartialWithdrawal",
        "PositionSide",
        "Role",
        "Rows",
        "Side",
        "Transaction",
        "TransactionDetails",
        "TransactionMethod",
        "TransactionOutcome",
    ),
    "keys.records": (
        "KeyCondition",
        "KeyHealth",
        "KeyInfo",
        "KeyState",
        "Login",
        "MainBalance",
        "PermissionDifference",
        "PermissionGroup",
        "PermissionUrl",
        "SpotBalance",
    ),
    "regions": ("Region",),
    "custody.sealing": ("generate_encryption_key",),
    "secret": ("Secret",),
    "keys.signing": ("ApiKey", "NonceMode", "SignedAuth"),
    # Not in __all__: a star import must not need SQLAlchemy.
    "custody.stores": ("MemoryStore", "SQLStore", "Store"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562)."""
    from importlib import import_module

    if name == "errors":
        return import_module(".errors", __name__)
    room = _ROOM_OF.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{room}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
