"""Connect users' WhiteBIT accounts: OAuth 2.0, OAuth-issued API keys, account reads.

The names in ``__all__`` are the public API, with ``whitebit_ext.errors`` and
``whitebit_ext.sandbox``. Each is imported on first use, so that code that needs none of them,
such as the pytest plugin, pays nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._version import __version__ as __version__

if TYPE_CHECKING:
    from whitebit_api.enumerations import ActivationCondition as ActivationCondition
    from whitebit_api.enumerations import OrderStatus as OrderStatus
    from whitebit_api.enumerations import OrderStatusFilter as OrderStatusFilter
    from whitebit_api.enumerations import OrderType as OrderType
    from whitebit_api.enumerations import PositionSide as PositionSide
    from whitebit_api.enumerations import Role as Role
    from whitebit_api.enumerations import Side as Side
    from whitebit_api.enumerations import TransactionMethod as TransactionMethod
    from whitebit_api.enumerations import TransactionOutcome as TransactionOutcome
    from whitebit_api.records import Confirmations as Confirmations
    from whitebit_api.records import Convert as Convert
    from whitebit_api.records import ConvertStep as ConvertStep
    from whitebit_api.records import Deal as Deal
    from whitebit_api.records import MainBalance as MainBalance
    from whitebit_api.records import Order as Order
    from whitebit_api.records import PartialWithdrawal as PartialWithdrawal
    from whitebit_api.records import SpotBalance as SpotBalance
    from whitebit_api.records import Transaction as Transaction
    from whitebit_api.records import TransactionDetails as TransactionDetails

    from . import errors as errors
    from ._async.account import AsyncAccount as AsyncAccount
    from ._async.account import AsyncBalances as AsyncBalances
    from ._async.api_key import AsyncUserApiKey as AsyncUserApiKey
    from ._async.client import AsyncWhiteBIT as AsyncWhiteBIT
    from ._async.listing import AsyncConnectedUsers as AsyncConnectedUsers
    from ._async.user import AsyncReads as AsyncReads
    from ._async.user import AsyncUser as AsyncUser
    from ._async.walk import AsyncPages as AsyncPages
    from ._async.walk import AsyncRows as AsyncRows
    from ._sync.account import Account as Account
    from ._sync.account import Balances as Balances
    from ._sync.api_key import UserApiKey as UserApiKey
    from ._sync.client import WhiteBIT as WhiteBIT
    from ._sync.listing import ConnectedUsers as ConnectedUsers
    from ._sync.user import Reads as Reads
    from ._sync.user import User as User
    from ._sync.walk import Pages as Pages
    from ._sync.walk import Rows as Rows
    from .account.records import Page as Page
    from .custody.journal import JournalEntry as JournalEntry
    from .custody.sealing import generate_encryption_key as generate_encryption_key
    from .custody.stores import MemoryStore as MemoryStore
    from .custody.stores import Row as Row
    from .custody.stores import SQLStore as SQLStore
    from .custody.stores import Store as Store
    from .errors import WhiteBITError as WhiteBITError
    from .http.signing import ApiKey as ApiKey
    from .http.signing import NonceMode as NonceMode
    from .http.signing import SignedAuth as SignedAuth
    from .keys.leaving import Disconnection as Disconnection
    from .keys.records import KeyCondition as KeyCondition
    from .keys.records import KeyHealth as KeyHealth
    from .keys.records import KeyInfo as KeyInfo
    from .keys.records import KeyState as KeyState
    from .keys.records import PermissionDifference as PermissionDifference
    from .keys.records import PermissionGroup as PermissionGroup
    from .keys.records import PermissionUrl as PermissionUrl
    from .keys.status import Connected as Connected
    from .keys.status import StatusState as StatusState
    from .keys.status import UserStatus as UserStatus
    from .keys.upkeep import MaintenanceReport as MaintenanceReport
    from .maintenance import Loss as Loss
    from .oauth.logins import Login as Login
    from .oauth.protocol import Callback as Callback
    from .regions import Region as Region
    from .runtime.clock import Clock as Clock
    from .runtime.events import Event as Event
    from .runtime.events import EventName as EventName
    from .runtime.events import Hook as Hook
    from .runtime.events import log_event as log_event
    from .secret import Secret as Secret

_MODULES = {
    "._async.account": ("AsyncAccount", "AsyncBalances"),
    "._async.api_key": ("AsyncUserApiKey",),
    "._async.client": ("AsyncWhiteBIT",),
    "._async.listing": ("AsyncConnectedUsers",),
    "._async.user": ("AsyncReads", "AsyncUser"),
    "._async.walk": ("AsyncPages", "AsyncRows"),
    "._sync.account": ("Account", "Balances"),
    "._sync.api_key": ("UserApiKey",),
    "._sync.client": ("WhiteBIT",),
    "._sync.listing": ("ConnectedUsers",),
    "._sync.user": ("Reads", "User"),
    "._sync.walk": ("Pages", "Rows"),
    ".account.records": ("Page",),
    ".custody.journal": ("JournalEntry",),
    ".custody.sealing": ("generate_encryption_key",),
    ".custody.stores": ("MemoryStore", "Row", "SQLStore", "Store"),
    ".errors": ("WhiteBITError",),
    ".keys.leaving": ("Disconnection",),
    ".keys.records": (
        "KeyCondition",
        "KeyHealth",
        "KeyInfo",
        "KeyState",
        "PermissionDifference",
        "PermissionGroup",
        "PermissionUrl",
    ),
    ".keys.status": ("Connected", "StatusState", "UserStatus"),
    ".keys.upkeep": ("MaintenanceReport",),
    ".maintenance": ("Loss",),
    ".oauth.logins": ("Login",),
    ".oauth.protocol": ("Callback",),
    ".regions": ("Region",),
    ".runtime.clock": ("Clock",),
    ".runtime.events": ("Event", "EventName", "Hook", "log_event"),
    ".secret": ("Secret",),
    ".http.signing": ("ApiKey", "NonceMode", "SignedAuth"),
    "whitebit_api.enumerations": (
        "ActivationCondition",
        "OrderStatus",
        "OrderStatusFilter",
        "OrderType",
        "PositionSide",
        "Role",
        "Side",
        "TransactionMethod",
        "TransactionOutcome",
    ),
    "whitebit_api.records": (
        "Confirmations",
        "Convert",
        "ConvertStep",
        "Deal",
        "MainBalance",
        "Order",
        "PartialWithdrawal",
        "SpotBalance",
        "Transaction",
        "TransactionDetails",
    ),
}
"""The public names, by the module that defines them."""
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

# SQLStore is public and not listed: a star import must not need SQLAlchemy.
__all__ = sorted({*_HOMES, "__version__", "errors"} - {"SQLStore"})


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    from importlib import import_module

    if name == "errors":
        return import_module(".errors", __name__)
    module = _HOMES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(module, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
