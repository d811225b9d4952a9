"""How the connection row changes: token pairs (docs/custody.md)."""

from __future__ import annotations

import attrs

from .connection import Connection, Pin
from .outcomes import Change, Outcome, changed, doubting, finished, unleased
from .values import Asks, Attempt, TokenPair

_MOST_SPARES = 3


def pair_renewed(
    row: Connection | None, incarnation: str, attempt: Attempt, pair: TokenPair
) -> Change:
    """Store a renewed pair where its parent is, or was; a result overrides ``dead``."""
    if row is None or row.pin != Pin(incarnation, attempt.generation) or row.pair is None:
        return Change(Outcome.STALE, finished(row, attempt.id))
    if taken(row, attempt):
        return Change(Outcome.ALREADY, finished(row, attempt.id))
    parent, current = attempt.subject, row.pair
    pair = attrs.evolve(pair, login=row.login, parent=parent, asked=attempt.number, dead=False)
    if current.digest == parent:
        used, spares = pair, _most(())
    elif any(spare.digest == parent for spare in row.spares):
        others = tuple(spare for spare in row.spares if spare.digest != parent)
        used, spares = pair, _most((current, *others))
    elif current.parent == parent:
        ordered = sorted((current, pair), key=lambda p: (not p.dead, p.asked))
        used, spares = ordered[1], _most((ordered[0], *row.spares))
    else:
        return Change(Outcome.STALE, finished(row, attempt.id))
    alive = {p.digest for p in (used, *spares)}
    attempts = tuple(
        a
        for a in row.attempts
        if a.id != attempt.id and (a.asks is not Asks.REFRESH or a.untaken or a.subject in alive)
    )
    row = changed(row, pair=used, spares=spares, attempts=attempts)
    return Change(Outcome.DONE, unleased(row, attempt.id))


def pair_refused(
    row: Connection | None, incarnation: str, attempt: Attempt, *, now: float, doubt: float
) -> Change:
    """Judge a 400 to a refresh token.

    Args:
        row: The current row.
        incarnation: The one that the attempt was recorded in.
        attempt: The refused one.
        now: Unix time.
        doubt: Seconds to wait for a late response to another attempt.
    """
    if row is None:
        return Change(Outcome.ABSENT, row)
    after = finished(row, attempt.id)
    if row.pin != Pin(incarnation, attempt.generation):
        return Change(Outcome.STALE, after)
    current, parent = row.pair, attempt.subject
    if after is None or current is None or current.digest != parent:
        return Change(Outcome.OVERTAKEN, after)
    if current.dead:
        return Change(Outcome.DEAD, after)
    others = after.about(Asks.REFRESH, parent)
    if any(a.untaken for a in others):
        return Change(Outcome.ANSWERED, after)
    doubted = doubting(after, others, now=now, doubt=doubt)
    if doubted is not None:
        return Change(Outcome.PROVISIONAL, doubted)
    refused = attrs.evolve(current, dead=True)
    attempts = tuple(a for a in after.attempts if a not in others)
    alive = [spare for spare in row.spares if not spare.dead]
    if alive:
        spares = _most((refused, *(spare for spare in row.spares if spare is not alive[0])))
        row = changed(row, pair=alive[0], spares=spares, attempts=attempts, lease=after.lease)
        return Change(Outcome.OVERTAKEN, row)
    row = changed(row, pair=refused, attempts=attempts, lease=after.lease)
    return Change(Outcome.DEAD, row)


def related(row: Connection, parent: str) -> bool:
    """Return whether a pair renewed from this parent would have a place."""
    if row.pair is None:
        return False
    pairs = (row.pair, *row.spares)
    return row.pair.parent == parent or any(pair.digest == parent for pair in pairs)


def taken(row: Connection, attempt: Attempt) -> bool:
    """Return whether the row has the result of an attempt."""
    if attempt.asks is Asks.SECRET:
        key = row.key(attempt.subject)
        return key is not None and key.secret is not None
    if attempt.asks is Asks.CODE:
        return row.generation == attempt.number
    pairs = (row.pair, *row.spares) if row.pair is not None else ()
    return any((pair.asked, pair.parent) == (attempt.number, attempt.subject) for pair in pairs)


def _most(spares: tuple[TokenPair, ...]) -> tuple[TokenPair, ...]:
    """Return the most useful spares, within the limit."""
    return tuple(sorted(spares, key=lambda p: (p.dead, -p.asked))[:_MOST_SPARES])
