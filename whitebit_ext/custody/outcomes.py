"""The outcomes of a change of the connection row."""

from __future__ import annotations

import enum
from typing import Any

import attrs

from .connection import Connection, Pin
from .values import Attempt


class Outcome(enum.StrEnum):
    """The outcome of an event; docs/custody.md says what each is converted to."""

    DONE = "done"
    ALREADY = "already"
    ABSENT = "absent"
    STALE = "stale"
    OVERTAKEN = "overtaken"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    BUSY = "busy"
    LEASE_LOST = "lease_lost"
    DEAD = "dead"
    REFUSED = "refused"
    PROVISIONAL = "provisional"
    JUDGED = "judged"
    DELETE_THERE = "delete_there"


class Loss(enum.StrEnum):
    """How a secret was lost, for the journal."""

    LOST = "lost"
    MALFORMED = "malformed"
    TAKEN = "taken"
    DROPPED = "dropped"


@attrs.frozen
class Change:
    """The row to write, and the outcome for the caller once it is written.

    Attributes:
        outcome: The outcome of the event.
        row: The same object as before: nothing is written. ``None`` where there was a row: it is
            written empty, then deleted.
        losses: Entries for the journal, by ``externalId``.
    """

    outcome: Outcome
    row: Connection | None
    losses: tuple[tuple[str, Loss], ...] = ()


def unpinned(row: Connection | None, pin: Pin) -> Outcome | None:
    """Return why a row is not the connection of a pin; ``None`` if it is."""
    if row is None or row.generation == 0:
        return Outcome.ABSENT
    return None if row.pin == pin else Outcome.STALE


def changed(row: Connection, **fields: Any) -> Connection:
    """Return the row with other fields, as its next change."""
    return attrs.evolve(row, seq=row.seq + 1, **fields)


def finished(row: Connection | None, attempt: str) -> Connection | None:
    """Return the row without an attempt and its lease; the same row if it has neither."""
    if row is None:
        return None
    others = tuple(a for a in row.attempts if a.id != attempt)
    lease = None if row.lease is not None and row.lease.owner == attempt else row.lease
    if len(others) == len(row.attempts) and lease is row.lease:
        return row
    return changed(row, attempts=others, lease=lease)


def put(row: Connection, attempt: Attempt) -> Connection:
    """Replace an attempt, or add it."""
    if row.attempt(attempt.id) is None:
        return changed(row, attempts=(*row.attempts, attempt))
    return changed(row, attempts=tuple(attempt if a.id == attempt.id else a for a in row.attempts))


def unleased(row: Connection, attempt: str) -> Connection:
    """Release an attempt's own lease as part of another change."""
    if row.lease is None or row.lease.owner != attempt:
        return row
    return attrs.evolve(row, lease=None)


def doubting(
    row: Connection, others: tuple[Attempt, ...], *, now: float, doubt: float
) -> Connection | None:
    """Return the row with its doubt recorded if an open attempt may get a response, else none."""
    open = [a for a in others if a.unanswered and not a.ended]
    waiting = [a for a in open if a.doubted_at is None or doubt_left(a, now, doubt)]
    if not waiting:
        return None
    for attempt in waiting:
        if attempt.doubted_at is None:
            row = put(row, attrs.evolve(attempt, doubted_at=now))
    return row


def doubt_left(attempt: Attempt, now: float, doubt: float) -> float:
    """Return the seconds for which a refusal is provisional because of an open attempt.

    Where the doubt was recorded by a clock that was far ahead, it is over.
    """
    at = attempt.doubted_at
    if at is None or attempt.ended or not attempt.unanswered or abs(now - at) >= doubt:
        return 0.0
    return min(at + doubt - now, doubt)
