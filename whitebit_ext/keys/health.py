"""The health of a stored key after it was issued: whether it is used, refused or gone.

WhiteBIT disables a key after 14 days without use, and deletes it when the user changes the
password or removes it (contract, section 4). Without a valid token, a partner can only know this
from custody's own record of use, and from the responses to signed requests.
"""

from __future__ import annotations

from datetime import UTC, datetime

import attrs

from ..custody.connection import Connection
from ..custody.connections import Connections
from ..custody.rows import Value
from ..custody.values import Key, Standing
from ..errors import CustodyError, Forbidden, NotFound, Unauthorized, WhiteBITError
from ..signing import ApiKey
from .records import KeyCondition, KeyHealth

UNUSED_LIMIT = 14 * 86_400.0
"""Seconds without use after which WhiteBIT disables a key."""
UNUSED_WARNING = 10 * 86_400.0
"""Seconds without use after which a key is called neglected."""
_NOTE_EVERY = 6 * 3_600.0
_NOTE_AGAIN = 300.0
"""Seconds until a record that the store did not take is tried again."""


@attrs.frozen
class Noted:
    """What this process last recorded for a user's key.

    Attributes:
        external_id: The id of the key.
        refusal: Status and code of the refusal; ``None`` after a success.
        until: Unix time until which the same need not be recorded again.
    """

    external_id: str
    refusal: tuple[int | None, int | None] | None
    until: float


class KeyUse:
    """A record of each key's use, written now and then, and the health judged by it.

    Args:
        connections: Where the keys are; the record is beside them.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._custody = connections.custody
        # What this process last recorded for each key, so that a signed request costs no write.
        self._noted: dict[str, Noted] = {}

    def success(self, key: ApiKey) -> Value | None:
        """Return what to record for an accepted signature, at most every 6 hours."""
        if not self._is_news(key, None):
            return None
        return {"at": self._custody.now(), "refused": None}

    def refusal(self, key: ApiKey, error: WhiteBITError) -> Value | None:
        """Return what to record for a signed request that the API refused, as rarely."""
        if not error.from_api or not isinstance(error, (Unauthorized, Forbidden, NotFound)):
            return None
        if not self._is_news(key, (error.status_code, error.code)):
            return None
        now = self._custody.now()
        return {"refused": {"at": now, "status": error.status_code, "code": error.code}}

    def _is_news(self, key: ApiKey, refusal: tuple[int | None, int | None] | None) -> bool:
        """Return whether to record this outcome, and count it as recorded from now on."""
        now = self._custody.now()
        known = self._noted.get(key.user_id)
        if (
            known is not None
            and (known.external_id, known.refusal) == (key.external_id, refusal)
            and now < known.until
        ):
            return False
        self._noted[key.user_id] = Noted(key.external_id, refusal, now + _NOTE_EVERY)
        return True

    def note(self, key: ApiKey, change: Value) -> None:
        """Write the record; a failure of custody must not fail the read that succeeded."""

        def changed(value: Value | None) -> Value | None:
            if value is None or value["external_id"] != key.external_id:
                row = self._connections.read(key.user_id).row
                if row is None or row.key(key.external_id) is None:
                    return None  # another process has replaced or removed the key since
                value = {"external_id": key.external_id, "at": None, "refused": None}
            return {**value, **change}

        try:
            self._custody.update("use", (key.user_id,), changed)
        except CustodyError as error:
            known = self._noted.get(key.user_id)
            if known is not None:  # not at once: a store that hangs would slow every read down
                until = self._custody.now() + _NOTE_AGAIN
                self._noted[key.user_id] = attrs.evolve(known, until=until)
            self._custody.log_trouble("the use of a key was not noted", error)

    def forget(self, user_id: str) -> None:
        """Delete the record of a user."""
        self._noted.pop(user_id, None)
        self._custody.remove("use", user_id)

    def all(self) -> tuple[KeyHealth, ...]:
        """Judge every stored key."""
        found = (self.one(user_id) for (user_id,) in self._custody.subjects("connection"))
        return tuple(judged for judged in found if judged is not None)

    def one(self, user_id: str) -> KeyHealth | None:
        """Judge a user's stored key, or return ``None`` where there is none."""
        row = self._connections.read(user_id).row
        key = judged_key(row) if row is not None else None
        if key is None:
            return None
        held = self._custody.read("use", user_id)
        return judge(user_id, key, held.value if held else None, self._custody.now())


def judged_key(row: Connection) -> Key | None:
    """Return the key whose health is that of the user: the signing one, else the latest."""
    stored = [key for key in row.keys if key.secret is not None]
    return row.signing_key or max(stored, key=lambda key: key.confirmed, default=None)


def judge(user_id: str, key: Key, use: Value | None, now: float) -> KeyHealth:
    """Judge a stored key.

    Args:
        user_id: The partner's own id of the user.
        key: The key as it is stored.
        use: The record of use; that of another key does not apply.
        now: Unix time.
    """
    if use is None or use["external_id"] != key.external_id:
        use = {"at": None, "refused": None}
    at: float = use["at"] or key.since
    refused = use["refused"]
    unused = max(0.0, now - at)
    if key.standing is Standing.GONE:
        condition = KeyCondition.GONE
    elif refused is not None:
        condition = KeyCondition.REFUSED
    elif unused >= UNUSED_LIMIT:
        condition = KeyCondition.EXPIRED
    elif unused >= UNUSED_WARNING:
        condition = KeyCondition.NEGLECTED
    else:
        condition = KeyCondition.IN_USE
    return KeyHealth(
        user_id=user_id,
        external_id=key.external_id,
        condition=condition,
        last_used_at=datetime.fromtimestamp(at, UTC),
        unused_for=unused,
        status_code=refused["status"] if refused else None,
        code=refused["code"] if refused else None,
    )
