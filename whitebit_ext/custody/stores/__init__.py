"""Stores: where sealed rows are kept.

A store is dumb and small: it keeps bytes under a kind and an id, and compares versions. It never
sees a secret in the clear; sealing, leases, logins and claims stand above it, in custody.
``SQLStore`` is here as well, and loads SQLAlchemy (extra ``sql``) when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import CommitUnknown, Expiring, Paging, Resealing, Row, Store
from .memory import MemoryStore

if TYPE_CHECKING:
    from .sql import SQLStore as SQLStore

__all__ = ["CommitUnknown", "Expiring", "MemoryStore", "Paging", "Resealing", "Row", "Store"]


def __getattr__(name: str) -> object:
    """Load what only some need at the moment of use."""
    if name == "SQLStore":
        from .sql import SQLStore

        return SQLStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
