"""The health of a stored key after it was issued: whether it is used, refused or gone.

WhiteBIT disables a key after 14 days without use, and deletes it when the user changes the
password or removes it (contract, section 4). Without a valid token, a partner can only know this
from custody's own record of use, and from the responses to signed requests.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import attrs

from ..custody.connection import Connection
from ..custody.connections import Connections
from ..custody.rows import Custody, Value
from ..custody.values import Key, Standing
from ..errors import CustodyError, Forbidden, NotFound, Unauthorized, WhiteBITError
from ..http.signing import ApiKey
from ..runtime.events import EventName
from .records import KeyCondition, KeyHealth

UNUSED_LIMIT = 14 * 86_400.0
"""Seconds without use after which WhiteBIT disables a key."""
UNUSED_WARNING = 10 * 86_400.0
"""Seconds without use after which a key is called neglected."""
_REPORTED = {
    KeyCondition.NEGLECTED: EventName.KEY_NEGLECTED,
    KeyCondition.EXPIRED: EventName.KEY_EXPIRED,
}
_NOTE_EVERY = 6 * 3_600.0
_TRY_EVERY = 12 * 3_600.0
"""Seconds until a key that is neglected or refused is read again by a worker."""
_NOTE_AGAIN = 300.0
"""Seconds until a record that the store did not take is tried again."""
_MOST_NOTED = 50_000
_CLOCKS_DIFFER = 3_600.0
News = Callable[[Value], Value]
"""How a record of use changes."""


WHOLE_KEY = ""
"""What a refusal applies to, where it is not one operation."""
_NO_PERMISSION = (0, 4)
"""WhiteBIT's codes for a key that lacks the permission of an endpoint (contract, section 6)."""


@attrs.define
class Noted:
    """What this process last recorded for a user's key, so that few requests cause a write.

    Attributes:
        external_id: The id of the key.
        until: Monotonic time until which another success need not be recorded.
        refused: By operation, the status and code of a refusal, and until when the same one need
            not be recorded again.
    """

    external_id: str
    until: float = 0.0
    refused: dict[str, tuple[int | None, int | None, float]] = attrs.field(factory=dict)


class KeyUse:
    """A record of each key's use, written now and then, and the health judged by it.

    A key is refused as a whole, or for the operations whose permission it lacks: which of them
    belong to one permission group is not published. A success takes back a refusal of the same
    operation, and one of the whole key.

    Args:
        connections: Where the keys are; the record is beside them.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._custody = connections.custody
        self._noted: dict[str, Noted] = {}

    def success(self, key: ApiKey, operation: str) -> News | None:
        """Return what to record for an accepted signature, at most every 6 hours."""
        now, known = self._custody.now(), self._known(key)
        monotonic = self._custody.clock.monotonic()
        taken_back = [of for of in (WHOLE_KEY, operation) if known.refused.pop(of, None)]
        if monotonic < known.until and not taken_back:
            return None
        known.until = monotonic + _NOTE_EVERY

        def change(value: Value) -> Value:
            refused = value["refused"].items()
            left = {of: what for of, what in refused if of not in (WHOLE_KEY, operation)}
            return {**value, "at": now, "refused": left}

        return change

    def refusal(self, key: ApiKey, operation: str, error: WhiteBITError) -> News | None:
        """Return what to record for a signed request that the API refused, as rarely."""
        if not error.from_api or not isinstance(error, (Unauthorized, Forbidden, NotFound)):
            return None
        whole = isinstance(error, Unauthorized) and error.code not in _NO_PERMISSION
        of, now, known = WHOLE_KEY if whole else operation, self._custody.now(), self._known(key)
        monotonic = self._custody.clock.monotonic()
        status, code, until = known.refused.get(of, (None, None, 0.0))
        if (status, code) == (error.status_code, error.code) and monotonic < until:
            return None
        self._custody.events.emit(
            EventName.KEY_REFUSED,
            key.user_id,
            error.operation,
            external_id=key.external_id,
            status_code=error.status_code,
            code=error.code,
        )
        known.refused[of] = (error.status_code, error.code, monotonic + _NOTE_EVERY)
        refused = {"at": now, "status": error.status_code, "code": error.code}
        return lambda value: {**value, "refused": {**value["refused"], of: refused}}

    def _known(self, key: ApiKey) -> Noted:
        known = self._noted.get(key.user_id)
        if known is None or known.external_id != key.external_id:
            if len(self._noted) >= _MOST_NOTED:
                self._noted.clear()
            known = self._noted[key.user_id] = Noted(key.external_id)
        return known

    def note(self, key: ApiKey, news: News) -> None:
        """Write the record; a failure of custody must not fail the read that succeeded."""

        def changed(value: Value | None) -> Value | None:
            if value is None or value["external_id"] != key.external_id:
                row = self._connections.read(key.user_id).row
                if row is None or row.key(key.external_id) is None:
                    return None  # another process has replaced or removed the key since
                value = {"external_id": key.external_id, "at": None, "refused": {}}
            return news(value)

        try:
            self._custody.update("use", (key.user_id,), changed)
        except CustodyError as error:
            # Not at once again: a store that hangs would slow every read down.
            known, again = self._known(key), self._custody.clock.monotonic() + _NOTE_AGAIN
            known.until = min(known.until, again)
            known.refused = {of: (*what[:2], again) for of, what in known.refused.items()}
            self._custody.log_trouble("the use of a key was not noted", error)

    def claim(self, user_id: str, key: Key, unused: float) -> tuple[bool, float]:
        """Claim the read of a key that was not used for so long.

        Returns:
            Whether this caller is to read, and the Unix time before which nobody else needs to.
        """
        now, due = self._custody.now(), 0.0

        def tried(value: Value | None) -> Value | None:
            nonlocal due
            if value is None or value["external_id"] != key.external_id:
                value = {"external_id": key.external_id, "at": None, "refused": {}}
            used = max(_past(value["at"], now), _past(key.since, now)) + unused
            due = max(used, _past(value.get("tried"), now) + _TRY_EVERY)
            return None if now < due else {**value, "tried": now}

        is_mine = self._custody.update("use", (user_id,), tried) is not None
        return is_mine, now + _TRY_EVERY if is_mine else due

    def forget(self, user_id: str) -> None:
        """Delete the record of a user."""
        self._noted.pop(user_id, None)
        self._custody.remove("use", user_id)

    def one(self, user_id: str) -> KeyHealth | None:
        """Judge a user's stored key, or return ``None`` where there is none."""
        row = self._connections.read(user_id).row
        key = judged_key(row) if row is not None else None
        if key is None:
            return None
        held = self._custody.read("use", user_id)
        found = judge(user_id, key, held.value if held else None, self._custody.now())
        report_disuse(self._custody, found)
        return found


def judged_key(row: Connection) -> Key | None:
    """Return the key whose health is that of the user: the signing one, else the latest."""
    stored = [key for key in row.keys if key.secret is not None]
    return row.signing_key or max(stored, key=lambda key: key.confirmed, default=None)


def report_disuse(custody: Custody, found: KeyHealth) -> None:
    """Report a key that is neglected or expired."""
    name = _REPORTED.get(found.condition)
    if name is not None:
        unused = round(found.unused_for / 86_400)
        custody.events.emit(name, found.user_id, external_id=found.external_id, unused_days=unused)


def _past(at: float | None, now: float) -> float:
    """Return a recorded time; 0 for none, and for one that a clock far ahead has written."""
    return at if at is not None and at < now + _CLOCKS_DIFFER else 0.0


def judge(user_id: str, key: Key, use: Value | None, now: float) -> KeyHealth:
    """Judge a stored key.

    Args:
        user_id: The partner's own id of the user.
        key: The key as it is stored.
        use: The record of use; that of another key does not apply.
        now: Unix time.
    """
    if use is None or use["external_id"] != key.external_id:
        use = {"at": None, "refused": {}}
    at: float = _past(use["at"], now) or key.since
    refused: dict[str, Value] = use["refused"]
    unused = max(0.0, now - at)
    if key.standing is Standing.GONE:
        condition = KeyCondition.GONE
    elif WHOLE_KEY in refused:
        condition = KeyCondition.REFUSED
    elif unused >= UNUSED_LIMIT:
        condition = KeyCondition.EXPIRED
    elif unused >= UNUSED_WARNING:
        condition = KeyCondition.NEGLECTED
    else:
        condition = KeyCondition.IN_USE
    last = max(refused.values(), key=lambda one: one["at"], default=None)
    shown = refused.get(WHOLE_KEY, last)
    return KeyHealth(
        user_id=user_id,
        external_id=key.external_id,
        condition=condition,
        last_used_at=datetime.fromtimestamp(at, UTC),
        unused_for=unused,
        status_code=shown["status"] if shown else None,
        code=shown["code"] if shown else None,
        refused=frozenset(refused) - {WHOLE_KEY},
    )
