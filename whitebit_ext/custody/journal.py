"""The journal: what happened to connections, in the store, and read in order with a cursor.

An entry names the incarnation of a connection and not its user; so once the connection row is
deleted, nothing leads from it to the user.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

import attrs

from ..errors import CustodyError, InvalidArgument, StoreUnavailable
from ..runtime.events import EventName
from .connection import decode, is_empty
from .rows import Custody

_MOST = 1_000
_NAMES: Mapping[str, EventName] = {str(name): name for name in EventName}
_LONGEST_SETTLING = 86_400.0
_CURSOR = re.compile(r"([0-9]{13}\.[0-9]{6})-([0-9a-f]{32})", re.ASCII)


@attrs.frozen
class JournalEntry:
    """An entry of the journal.

    Attributes:
        cursor: What ``journal(since=…)`` takes to continue after this entry.
        at: When it was written, by the clock of the machine that wrote it (aware, UTC).
        name: What happened; a plain ``str`` if a newer release wrote a name unknown to this one.
        incarnation: The connection that it happened to: random, made with the connection row, and
            kept until that is deleted.
        external_id: The id of the key at WhiteBIT, where it is about one.
        outcome: A short text with particulars, e.g. ``was gone already``.
        user_id: The partner's own id of the user while the connection row exists, else ``None``.
    """

    cursor: str
    at: datetime
    name: EventName | str
    incarnation: str
    external_id: str | None
    outcome: str
    user_id: str | None = None


def note(
    custody: Custody,
    name: EventName,
    incarnation: str,
    *,
    outcome: str,
    user_id: str | None = None,
    external_id: str | None = None,
) -> None:
    """Append an event of a connection to the journal, and report it.

    It has happened, and is reported, even if the journal cannot be written.
    """
    at = custody.now()
    value = {
        "at": at,
        "event": name,
        "incarnation": incarnation,
        "external_id": external_id,
        "outcome": outcome,
        "sweep_at": at + custody.retention,
    }
    try:
        custody.write("journal", (f"{at:020.6f}", uuid.uuid4().hex), value, None)
    except StoreUnavailable as error:
        custody.log_trouble("the journal was not written", error)
    custody.events.emit(name, user_id, external_id=external_id, outcome=outcome)


def lose(custody: Custody, incarnation: str, external_id: str, *, user_id: str) -> None:
    """Record that a key is active at WhiteBIT and its secret was given up.

    The connection that it belongs to is gone, and with it the user's name.

    Raises:
        StoreUnavailable: the store failed.
    """
    at = custody.now()
    sweep_at = at + custody.retention
    value = {"incarnation": incarnation, "at": at, "outcome": "left", "sweep_at": sweep_at}
    if custody.read("lost", external_id) is None:
        custody.write("lost", (external_id,), value, None)
    note(
        custody,
        EventName.KEY_LEFT,
        incarnation,
        user_id=user_id,
        external_id=external_id,
        outcome="its connection is gone",
    )


def check_journal(since: object, limit: object, settle: object) -> None:
    """Check the arguments of ``journal()``.

    Raises:
        InvalidArgument: one is wrong; the error names it.
    """
    if since is not None and not (isinstance(since, str) and _CURSOR.fullmatch(since)):
        raise InvalidArgument("since", "expected the cursor of an entry, or None")
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= _MOST:
        raise InvalidArgument("limit", f"expected 1 to {_MOST}")
    if isinstance(settle, bool) or not isinstance(settle, (int, float)):
        raise InvalidArgument("settle", "expected a number of seconds")
    if not 0 <= settle <= _LONGEST_SETTLING:
        raise InvalidArgument("settle", f"expected 0 to {_LONGEST_SETTLING:g} seconds")


def read_journal(
    custody: Custody, since: str | None, *, limit: int, settle: float, users: bool
) -> tuple[JournalEntry, ...]:
    """Return up to ``limit`` entries after a cursor; the arguments are checked.

    An entry that cannot be decrypted is logged and skipped: it must not hide the others.

    Raises:
        StoreUnavailable: the store failed.
    """
    found: list[JournalEntry] = []
    after = None if since is None else tuple(since.split("-"))
    until = f"{custody.now() - settle:020.6f}"
    for subject, row in custody.rows_after("journal", after):
        if len(found) == limit or subject[0] > until:
            break
        try:
            value = json.loads(custody.sealer.open(row.data, custody.place("journal", subject)))
        except CustodyError as error:
            custody.log_trouble("an entry of the journal was skipped", error)
            continue
        found.append(_entry("-".join(subject), value))
    if not users:
        return tuple(found)
    known = _users(custody, {entry.incarnation for entry in found})
    return tuple(attrs.evolve(entry, user_id=known.get(entry.incarnation)) for entry in found)


def _entry(cursor: str, value: dict[str, str | float | None]) -> JournalEntry:
    name, outcome = str(value["event"]), value["outcome"]
    external_id = value["external_id"]
    return JournalEntry(
        cursor,
        datetime.fromtimestamp(float(value["at"] or 0), UTC),
        _NAMES.get(name, name),
        str(value["incarnation"]),
        None if external_id is None else str(external_id),
        str(outcome),
    )


def _users(custody: Custody, incarnations: set[str]) -> dict[str, str]:
    """Return the users of incarnations whose connection rows exist."""
    found: dict[str, str] = {}
    if not incarnations:
        return found
    for (user_id,), row in custody.rows_after("connection", None):
        try:
            value = json.loads(
                custody.sealer.open(row.data, custody.place("connection", (user_id,)))
            )
            incarnation = None if is_empty(value) else decode(value).incarnation
        except CustodyError as error:
            custody.log_trouble("a connection row was skipped", error)
            continue
        if incarnation in incarnations:
            found[incarnation] = user_id
            if len(found) == len(incarnations):
                break
    return found
