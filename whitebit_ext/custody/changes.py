"""How the connection row changes: logins and one-shot requests (docs/custody.md).

Each function takes the current row and returns the row to write. None reads a clock or does I/O;
each recognises its own result, so it can be applied again after an unknown commit.
"""

from __future__ import annotations

import attrs

from .connection import Connection, Lease, Pin, State
from .outcomes import Change, Outcome, changed, finished, put, unleased, unpinned
from .pair_changes import related, taken
from .values import Asks, Attempt, Granted, Key, Standing, TokenPair

_MOST_UNANSWERED = 4
_MOST_MALFORMED = 3


# Logins


def take_ticket(
    row: Connection | None, *, incarnation: str, attempt: str, login: str, now: float
) -> Change:
    """Record that a login's code is about to be sent; the number of its attempt is the ticket.

    Args:
        row: The current row.
        incarnation: A new one, for a row that is created.
        attempt: A new id.
        login: The login's id.
        now: Unix time.
    """
    if row is None:
        row = Connection(incarnation, seq=0)
    if row.attempt(attempt) is not None:
        return Change(Outcome.ALREADY, row)
    if row.pair is not None and row.login == login:
        return Change(Outcome.ALREADY, row)
    sent = row.about(Asks.CODE, login)
    if sent:
        answered = any(a.untaken for a in sent)
        return Change(Outcome.ANSWERED if answered else Outcome.UNANSWERED, row)
    number = row.seq + 1
    noted = Attempt(attempt, Asks.CODE, login, number, number, now)
    codes = [a for a in row.attempts if a.asks is Asks.CODE]
    return Change(Outcome.DONE, changed(row, attempts=_with(row.attempts, noted, codes)))


def login_committed(
    row: Connection | None, incarnation: str, attempt: Attempt, pair: TokenPair, *, now: float
) -> Change:
    """Store the pair of an exchanged code, unless a later login is connected already."""
    if row is None or row.incarnation != incarnation or attempt.number < row.generation:
        return Change(Outcome.STALE, finished(row, attempt.id))
    ticket = attempt.number
    if ticket == row.generation:
        return Change(Outcome.ALREADY, finished(row, attempt.id))
    # WhiteBIT refuses the login of an account that has a key: one left behind is deleted by now, or
    # is of another account.
    keys = tuple(
        attrs.evolve(key, standing=Standing.UNCONFIRMED) if key.standing is Standing.USABLE else key
        for key in row.keys
        if key not in row.left
    )
    attempts = tuple(
        a
        for a in row.attempts
        if a.asks is Asks.SECRET or (a.asks is Asks.CODE and a.number > ticket)
    )
    row = changed(
        row,
        generation=ticket,
        login=attempt.subject,
        state=State.CONNECTED,
        pair=attrs.evolve(pair, login=attempt.subject, asked=ticket),
        spares=(),
        keys=keys,
        attempts=attempts,
        consent_since=now,
        look_at=0.0,
        ended=None,
        leaving_since=None,
    )
    return Change(Outcome.DONE, row)


# One-shot requests


def ask(
    row: Connection | None,
    pin: Pin,
    *,
    attempt: str,
    asks: Asks,
    subject: str,
    now: float,
    over: Lease | None = None,
    granted: Granted | None = None,
) -> Change:
    """Take the lease and record the attempt, in one change, before a one-shot request is sent.

    Args:
        row: The current row.
        pin: What the caller belongs to.
        attempt: A new id; the owner of the lease.
        asks: ``REFRESH`` or ``SECRET``.
        subject: The digest of the parent token, or the ``externalId``.
        now: Unix time.
        over: The lease that the caller saw expire, exactly as it was seen.
        granted: What the user granted to the key, stored where the row has no such key yet.
    """
    if row is None:
        return Change(Outcome.ABSENT, row)
    if row.attempt(attempt) is not None:
        mine = row.lease is not None and row.lease.owner == attempt
        return Change(Outcome.ALREADY if mine else Outcome.LEASE_LOST, row)
    reason = unpinned(row, pin) or _no_need(row, asks, subject)
    if reason is None and row.lease is not None and row.lease != over:
        reason = Outcome.BUSY
    if reason is not None:
        return Change(reason, row)
    number = row.seq + 1
    noted = Attempt(attempt, asks, subject, row.generation, number, now)
    attempts = _with(row.attempts, noted, row.about(asks, subject))
    keys, consent = row.keys, row.consent_since
    if asks is Asks.SECRET:
        consent = None  # the key exists: the user has consented
        if row.key(subject) is None:
            key = Key(
                subject,
                subject,
                None,
                Standing.USABLE,
                row.generation,
                number,
                now,
                granted=granted,
            )
            keys = (*keys, key)
    lease = Lease(attempt, 0)
    row = changed(row, attempts=attempts, lease=lease, keys=keys, consent_since=consent)
    return Change(Outcome.DONE, row)


def _no_need(row: Connection, asks: Asks, subject: str) -> Outcome | None:
    """Return why nothing is to be sent, regardless of the lease, or ``None``."""
    if asks is Asks.REFRESH and (row.pair is None or row.pair.digest != subject):
        return Outcome.OVERTAKEN
    key = row.key(subject) if asks is Asks.SECRET else None
    if key is not None and key.secret is not None:
        return Outcome.ALREADY
    if any(a.untaken for a in row.about(asks, subject)):
        return Outcome.ANSWERED
    if asks is Asks.REFRESH and row.pair is not None and row.pair.dead:
        return Outcome.DEAD
    if asks is Asks.SECRET and row.state is State.DISCONNECTING:
        return Outcome.REFUSED
    return None


def renew(row: Connection | None, attempt: str) -> Change:
    """Renew the lease before the request leaves; earlier doubts do not apply to it."""
    if row is None or row.lease is None or row.lease.owner != attempt:
        return Change(Outcome.LEASE_LOST, row)
    lease = attrs.evolve(row.lease, beat=row.lease.beat + 1)
    attempts = tuple(
        attrs.evolve(a, doubted_at=None) if a.id == attempt else a for a in row.attempts
    )
    return Change(Outcome.DONE, changed(row, lease=lease, attempts=attempts))


def release(row: Connection | None, attempt: str) -> Change:
    """Release the lease, and leave the attempt as it is."""
    if row is None or row.lease is None or row.lease.owner != attempt:
        return Change(Outcome.ALREADY, row)
    return Change(Outcome.DONE, changed(row, lease=None))


def withdraw(row: Connection | None, attempt: str) -> Change:
    """Remove an attempt: it was not sent, or its response says that nothing was consumed."""
    after = finished(row, attempt)
    return Change(Outcome.ALREADY if after is row else Outcome.DONE, after)


def unanswered(row: Connection | None, attempt: str) -> Change:
    """Record that a sent request will get no response; release its lease."""
    noted = row.attempt(attempt) if row is not None else None
    if row is None or noted is None or noted.ended or not noted.unanswered:
        return release(row, attempt)
    row = put(row, attrs.evolve(noted, ended=True))
    return Change(Outcome.DONE, unleased(row, attempt))


def answer_stored(
    row: Connection | None, incarnation: str, attempt: Attempt, *, is_late: bool = False
) -> Change:
    """Store a response, as it came, in its attempt; the lease is not required.

    Args:
        row: The current row.
        incarnation: The one that the attempt was recorded in.
        attempt: As it was recorded, with its response.
        is_late: Whether the call that sent the request is over, and with it the token that could
            delete the key at WhiteBIT: a secret of a former connection is then stored.
    """
    if row is None or (row.left and attempt.asks is Asks.SECRET):
        return Change(_homeless(attempt), row)
    if row.incarnation != incarnation:
        is_listed = row.key(attempt.subject) is not None
        if attempt.asks is not Asks.SECRET or not (is_listed or is_late):
            return Change(_homeless(attempt), row)
        attempt = attrs.evolve(attempt, generation=0)  # one of its own incarnation means nothing
    elif attempt.asks is Asks.CODE and attempt.number <= row.generation:
        present = attempt.number == row.generation
        return Change(Outcome.ALREADY if present else Outcome.STALE, finished(row, attempt.id))
    elif attempt.asks is Asks.REFRESH and (
        attempt.generation != row.generation or not related(row, attempt.subject)
    ):
        return Change(Outcome.STALE, finished(row, attempt.id))
    noted = row.attempt(attempt.id)
    if noted is not None and noted.answer is not None:
        return Change(Outcome.ALREADY, row)
    if taken(row, attempt):
        return Change(Outcome.ALREADY, finished(row, attempt.id))
    return Change(Outcome.DONE, put(row, attrs.evolve(noted or attempt, answer=attempt.answer)))


def answer_malformed(row: Connection | None, attempt: str, *, holds: bool) -> Change:
    """Keep a malformed response, within bounds, and release the lease.

    Args:
        row: The current row.
        attempt: The attempt with the response.
        holds: Whether it shows the expected field: the last to be dropped.
    """
    noted = row.attempt(attempt) if row is not None else None
    if row is None or noted is None or noted.answer is None or noted.answer.malformed:
        return release(row, attempt)
    answer = attrs.evolve(noted.answer, malformed=True, holds=holds)
    row = put(row, attrs.evolve(noted, answer=answer))
    kept = [a for a in row.attempts if a.answer is not None and a.answer.malformed]
    kept.sort(key=lambda a: (a.answer is not None and a.answer.holds, a.number))
    surplus = {a.id for a in kept[:-_MOST_MALFORMED]}
    row = attrs.evolve(row, attempts=tuple(a for a in row.attempts if a.id not in surplus))
    return Change(Outcome.DONE, unleased(row, attempt))


def _homeless(attempt: Attempt) -> Outcome:
    return Outcome.DELETE_THERE if attempt.asks is Asks.SECRET else Outcome.STALE


def _with(
    attempts: tuple[Attempt, ...], noted: Attempt, like: list[Attempt] | tuple[Attempt, ...]
) -> tuple[Attempt, ...]:
    """Add an attempt, and drop surplus ones of its kind, ended ones first."""
    unanswered = [a for a in like if a.unanswered]
    unanswered.sort(key=lambda a: (not a.ended, a.number))
    surplus = {a.id for a in unanswered[: -(_MOST_UNANSWERED - 1)]}
    return (*(a for a in attempts if a.id not in surplus), noted)
