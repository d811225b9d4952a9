"""How the connection row changes: keys and their secrets (docs/custody.md)."""

from __future__ import annotations

import attrs

from ..secret import Secret
from .connection import Connection, Pin, State
from .outcomes import Change, Loss, Outcome, changed, doubting, finished, unpinned
from .values import Asks, Attempt, Granted, Key, Standing, Verdict

_MOST_OTHERS = 4
_FIRST_TO_GO = (Standing.GONE, Standing.LEFT_BEHIND, Standing.UNCONFIRMED)


# Secrets


def secret_stored(
    row: Connection | None,
    incarnation: str,
    *,
    external_id: str,
    generation: int,
    secret: Secret,
    now: float,
    attempt: str | None = None,
) -> Change:
    """Store a secret under its ``externalId``, however late it comes.

    Args:
        row: The current row.
        incarnation: The one that its attempt was recorded in.
        external_id: The key of the secret.
        generation: The generation whose token was used.
        secret: The secret.
        now: Unix time.
        attempt: The attempt that received it.
    """
    key = row.key(external_id) if row is not None else None
    if row is None or row.left or (row.incarnation != incarnation and key is None):
        return Change(Outcome.DELETE_THERE, row)
    if key is not None and key.secret == secret:
        after = finished(row, attempt) if attempt is not None else row
        return Change(Outcome.ALREADY, after)
    present = row.pin == Pin(incarnation, generation)
    if key is None:
        # Its entry was deleted or dropped since: ``info`` has to name it again.
        standing = Standing.UNCONFIRMED
        key = Key(external_id, external_id, secret, standing, generation, row.seq + 1, now)
    else:
        key = attrs.evolve(key, secret=secret, since=now, verdict=None, confirmed=row.seq + 1)
        if present and key.standing is not Standing.GONE:
            key = attrs.evolve(key, standing=Standing.USABLE, generation=generation)
    return _with_key(Outcome.DONE, row, key, attempt)


def secret_consumed(
    row: Connection | None, incarnation: str, attempt: Attempt, *, now: float, doubt: float
) -> Change:
    """Judge a 409: consumed by us, lost in transit, unreadable, or consumed by another party.

    Args:
        row: The current row.
        incarnation: The one that the attempt was recorded in.
        attempt: The one whose response was the 409.
        now: Unix time.
        doubt: Seconds to wait for a late response to another attempt.
    """
    external_id = attempt.subject
    after = finished(row, attempt.id)
    if row is None or after is None:
        return Change(Outcome.ABSENT, row)
    key = row.key(external_id)
    if row.incarnation != incarnation or key is None:
        return Change(Outcome.STALE, after)
    if key.secret is not None:
        return Change(Outcome.ALREADY, after)
    others = after.about(Asks.SECRET, external_id)
    if any(a.untaken for a in others):
        return Change(Outcome.ANSWERED, after)
    doubted = doubting(after, others, now=now, doubt=doubt)
    if doubted is not None:
        return Change(Outcome.PROVISIONAL, doubted)
    if any(not a.unanswered for a in others):
        verdict = Verdict.MALFORMED
    elif others or key.verdict is Verdict.LOST:
        verdict = Verdict.LOST
    else:
        verdict = Verdict.TAKEN
    if key.verdict is verdict:
        return Change(Outcome.JUDGED, after)
    judged = attrs.evolve(key, verdict=verdict, since=now)
    keys = tuple(judged if k is key else k for k in row.keys)
    dropped = {a.id for a in others if a.unanswered}
    attempts = tuple(a for a in after.attempts if a.id not in dropped)
    row = changed(row, keys=keys, attempts=attempts, lease=after.lease)
    return Change(Outcome.JUDGED, row, ((external_id, Loss(verdict.value)),))


# What the server says about keys


def key_seen(
    row: Connection | None,
    pin: Pin,
    external_id: str | None,
    *,
    asked: int,
    granted: Granted | None = None,
) -> Change:
    """Apply an ``info`` response: which key the connected account has, or none.

    Args:
        row: The current row.
        pin: What the caller belongs to: the generation whose token was used.
        external_id: The key in the response, disabled or not.
        asked: ``seq`` of the row that was read before the request left.
        granted: What the response says that the user granted; ``None`` leaves what is stored.
    """
    reason = unpinned(row, pin)
    if row is None or reason is not None:
        return Change(reason or Outcome.ABSENT, row)
    since = [
        k
        for k in row.keys
        if k.generation == row.generation and k.confirmed > asked and not k.handmade
    ]
    if any(k.external_id != external_id for k in since):
        return Change(Outcome.OVERTAKEN, row)
    keys = []
    for key in row.keys:
        if key.external_id == external_id:
            if (key.standing, key.generation) != (Standing.USABLE, row.generation):
                key = attrs.evolve(
                    key,
                    handmade=False,
                    standing=Standing.USABLE,
                    generation=row.generation,
                    confirmed=row.seq + 1,
                )
            if granted is not None and key.granted != granted:
                key = attrs.evolve(key, granted=granted)
        elif key.standing is Standing.USABLE:
            if not key.handmade:
                key = attrs.evolve(key, standing=Standing.GONE)
        elif key.standing is Standing.UNCONFIRMED:
            own = key.generation == row.generation
            key = attrs.evolve(key, standing=Standing.GONE if own else Standing.LEFT_BEHIND)
        keys.append(key)
    # A known key was consented to earlier, and WhiteBIT makes no second one.
    known = external_id is not None and row.key(external_id) is not None
    consent = None if known else row.consent_since
    if tuple(keys) == row.keys and consent == row.consent_since:
        return Change(Outcome.ALREADY, row)
    return Change(Outcome.DONE, changed(row, keys=tuple(keys), consent_since=consent))


def key_gone(
    row: Connection | None, incarnation: str, generation: int, external_id: str, *, asked: int
) -> Change:
    """Mark a key as gone: a 404 to a token of the key's own generation.

    Args:
        row: The current row.
        incarnation: Of the token that was used.
        generation: Of the token that was used.
        external_id: The id of the key.
        asked: ``seq`` of the row that was read before the request left.
    """
    key = row.key(external_id) if row is not None else None
    if row is None or row.incarnation != incarnation or key is None:
        return Change(Outcome.STALE, row)
    if key.standing is Standing.GONE:
        return Change(Outcome.ALREADY, row)
    if key.generation != generation or key.confirmed > asked:
        return Change(Outcome.STALE, row)
    return _with_key(Outcome.DONE, row, attrs.evolve(key, standing=Standing.GONE))


def key_deleted(row: Connection | None, incarnation: str, external_id: str) -> Change:
    """Remove a key that WhiteBIT has just deleted for us, or that the partner gives up.

    While the user is being disconnected it stays as gone: its secret may still be under way, and a
    key that is not listed would be taken for one that is left.
    """
    key = row.key(external_id) if row is not None else None
    if row is None or row.incarnation != incarnation or key is None:
        return Change(Outcome.ALREADY, row)
    keys = tuple(key for key in row.keys if key.external_id != external_id)
    if row.state is State.DISCONNECTING:
        if key.standing is Standing.GONE and key.secret is None:
            return Change(Outcome.ALREADY, row)
        keys = (*keys, attrs.evolve(key, standing=Standing.GONE, secret=None))
    dropped = row.about(Asks.SECRET, external_id)
    attempts = tuple(a for a in row.attempts if a not in dropped)
    return Change(Outcome.DONE, changed(row, keys=keys, attempts=attempts))


def adopt(
    row: Connection | None,
    *,
    incarnation: str,
    external_id: str | None,
    public_key: str,
    secret: Secret,
    now: float,
) -> Change:
    """Store a key that the partner had from elsewhere, or whose public key it knows better.

    Where there is no connection, create one that consists of a key alone; this closes open
    tickets.

    Args:
        row: The current row.
        incarnation: A new one, for a row that is created.
        external_id: WhiteBIT's id of the key, where it is known.
        public_key: The value of the header.
        secret: The secret.
        now: Unix time.
    """
    if row is None:
        row = Connection(incarnation, seq=0)
    if row.state is State.DISCONNECTING:
        return Change(Outcome.REFUSED, row)
    named = external_id or public_key
    held = row.key(named)
    is_usable = row.generation and held is not None and held.standing is Standing.USABLE
    if is_usable and held is not None and (held.public_key, held.secret) == (public_key, secret):
        return Change(Outcome.ALREADY, row)
    row = attrs.evolve(row, generation=row.generation or row.seq + 1)
    key = Key(
        named,
        public_key,
        secret,
        Standing.USABLE,
        row.generation,
        row.seq + 1,
        now,
        handmade=external_id is None,
        granted=held.granted if held is not None else None,
    )
    return _with_key(Outcome.DONE, row, key)


def _with_key(outcome: Outcome, row: Connection, key: Key, attempt: str | None = None) -> Change:
    """Put a key into the row, close its attempts if it has its secret, and apply the limit."""
    others = tuple(k for k in row.keys if k.external_id != key.external_id)
    attempts, lease = row.attempts, row.lease
    if key.secret is not None:
        closed = row.about(Asks.SECRET, key.external_id)
        attempts = tuple(a for a in attempts if a not in closed and a.id != attempt)
        if lease is not None and lease.owner == attempt:
            lease = None
    kept, losses = _bounded((*others, key))
    return Change(outcome, changed(row, keys=kept, attempts=attempts, lease=lease), losses)


def _bounded(keys: tuple[Key, ...]) -> tuple[tuple[Key, ...], tuple[tuple[str, Loss], ...]]:
    """Drop the least useful keys above the limit, and return the losses."""
    others = [key for key in keys if key.standing is not Standing.USABLE]
    others.sort(key=lambda key: (_FIRST_TO_GO.index(key.standing), key.confirmed))
    surplus = others[: max(0, len(others) - _MOST_OTHERS)]
    losses = tuple(
        (key.external_id, Loss.DROPPED) for key in surplus if key.standing is not Standing.GONE
    )
    return tuple(key for key in keys if key not in surplus), losses
