"""How the connection row changes while a user leaves (docs/custody.md)."""

from __future__ import annotations

from collections.abc import Collection

from .connection import Connection, Lease, Pin, State
from .outcomes import Change, Outcome, changed, unpinned
from .values import Key, Standing


def disconnect_begun(row: Connection | None, pin: Pin, *, now: float) -> Change:
    """Begin to disconnect: the pair stays, no further secret is requested."""
    reason = unpinned(row, pin)
    if row is None:
        return Change(Outcome.ALREADY, row)
    if reason is not None:
        return Change(reason, row)
    if row.state is State.DISCONNECTING:
        return Change(Outcome.ALREADY, row)
    return Change(Outcome.DONE, changed(row, state=State.DISCONNECTING, leaving_since=now))


def disconnect_finished(
    row: Connection | None,
    pin: Pin,
    *,
    now: float,
    consent: float,
    over: Lease | None = None,
    left: Collection[str] = (),
    incarnation: str = "",
) -> Change:
    """Remove a row whose keys are deleted at WhiteBIT as far as possible.

    Keys that could not be deleted stay listed, without anything that was stored of them.

    Args:
        row: The current row.
        pin: What the caller belongs to.
        now: Unix time.
        consent: Seconds for which a consent can stay open.
        over: The lease that the caller saw expire, exactly as it was seen.
        left: The ids of the keys that only the user can delete.
        incarnation: A new one, for the row that lists them.
    """
    reason = unpinned(row, pin)
    if row is None or row.left:
        return Change(Outcome.ALREADY, row)
    if reason is not None or row.state is not State.DISCONNECTING:
        return Change(Outcome.STALE, row)
    if row.lease is not None and row.lease != over:
        return Change(Outcome.BUSY, row)
    if row.untaken:
        return Change(Outcome.ANSWERED, row)
    if row.consent_since is not None and now < row.consent_since + consent:
        return Change(Outcome.PROVISIONAL, row)
    return Change(Outcome.DONE, _listing(row, left, incarnation))


def disconnected_again(row: Connection | None, incarnation: str) -> Change:
    """Stop a login that is under way without a connection; the keys left behind stay listed."""
    if row is None or row.generation:
        return Change(Outcome.ALREADY, row)
    if row.left and not row.attempts:
        return Change(Outcome.ALREADY, row)
    listing = _listing(row, {key.external_id for key in row.left}, incarnation)
    return Change(Outcome.DONE, listing)


def _listing(row: Connection, left: Collection[str], incarnation: str) -> Connection | None:
    """Return a row that only lists keys; ``None`` where there is none to list."""
    keys = tuple(
        Key(k.external_id, k.external_id, None, Standing.LEFT_BEHIND, 0, 0, k.since)
        for k in row.keys
        if k.external_id in left
    )
    return Connection(incarnation, seq=1, keys=keys) if keys else None


def erase(row: Connection | None) -> Change:
    """Remove the row, whatever its contents."""
    return Change(Outcome.ALREADY if row is None else Outcome.DONE, None)
