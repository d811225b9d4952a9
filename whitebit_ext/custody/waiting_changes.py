"""How the connection row changes while a key is waited for (docs/custody.md)."""

from __future__ import annotations

from .connection import Connection, Pin
from .outcomes import Change, Outcome, changed, unpinned

LONGEST_CLAIM = 60.0
"""Seconds; a look that is due later than this was claimed by a machine with a wrong clock."""


def look_claimed(row: Connection | None, pin: Pin, *, now: float, until: float) -> Change:
    """Reserve the next look for the key: no other worker looks before ``until``.

    Args:
        row: The current row.
        pin: What the caller belongs to.
        now: Unix time.
        until: Unix time of the look after this one; it identifies the claim.
    """
    reason = unpinned(row, pin)
    if row is None or reason is not None:
        return Change(reason or Outcome.ABSENT, row)
    if row.look_at == until:
        return Change(Outcome.ALREADY, row)
    if not is_due(row, now):
        return Change(Outcome.BUSY, row)
    return Change(Outcome.DONE, changed(row, look_at=until))


def is_due(row: Connection, now: float) -> bool:
    """Return whether a look for the key may be claimed."""
    return not now < row.look_at <= now + LONGEST_CLAIM


def waiting_ended(row: Connection | None, pin: Pin, error: str) -> Change:
    """Record why the key is no longer waited for, until the user connects again.

    Args:
        row: The current row.
        pin: What the caller belongs to.
        error: The name of the class of the error.
    """
    reason = unpinned(row, pin)
    if row is None or reason is not None:
        return Change(reason or Outcome.ABSENT, row)
    if row.ended == error:
        return Change(Outcome.ALREADY, row)
    return Change(Outcome.DONE, changed(row, ended=error))
