"""Errors of keeping things."""

from __future__ import annotations

from .base import WhiteBITError


class CustodyError(WhiteBITError):
    """Base of the errors of keeping things."""


class StoreUnavailable(CustodyError):
    """Report that the store did not answer or did not keep what it was given."""

    default_hint = "Check the store (reachable, writable, disk not full), then call again."


class StoreVolatile(CustodyError):
    """Refuse to take a once-only secret into a store that forgets it."""

    default_hint = "Use a durable store, or MemoryStore(volatile=True) to say that you know."


class StoreConflict(CustodyError):
    """Report a row that changed faster than it could be written."""

    default_hint = "Call again; if it persists, two programs with different versions share a store."


class SealBroken(CustodyError):
    """Report a row that does not open: moved to another place, or changed."""

    default_hint = "Treat it as tampering: restore the row from a backup, or connect the user anew."


class EncryptionKeyMissing(CustodyError):
    """Report a row that was sealed with a key that was not given."""

    default_hint = "Add the older encryption key to the end of keys=[…]; the first one writes."
