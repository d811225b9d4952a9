"""Stores of sealed rows.

A store keeps bytes under a kind and an id, and compares versions. It never has a secret in
plaintext; encryption, leases and logins are implemented above it, in custody. ``SQLStore`` is
imported on first use, since it needs SQLAlchemy (extra ``sql``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import CommitUnknown, Expiring, Paging, Resealing, Row, Scrubbing, Store
from .memory import MemoryStore

if TYPE_CHECKING:
    from .sql import SQLStore as SQLStore

__all__ = [
    "CommitUnknown",
    "Expiring",
    "MemoryStore",
    "Paging",
    "Resealing",
    "Row",
    "Scrubbing",
    "Store",
]


def __getattr__(name: str) -> object:
    """Import ``SQLStore`` on first use (PEP 562)."""
    if name == "SQLStore":
        from .sql import SQLStore

        return SQLStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
