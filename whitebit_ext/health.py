"""The life of a stored key after it was issued: whether it is used, refused or gone.

WhiteBIT disables a key after 14 days without use, and deletes it when the user changes the
password or removes it (contract, section 4). What a partner can know of it without a live token
is custody's own record of use, and what signed requests answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import attrs

from .custody import Custody, Value
from .errors import Forbidden, NotFound, StoreUnavailable, Unauthorized, WhiteBITError
from .records import KeyCondition, KeyHealth
from .signing import ApiKey
from .steps import Steps, work

UNUSED_LIMIT = 14 * 86_400.0
"""Seconds without use after which WhiteBIT disables a key."""
UNUSED_WARNING = 10 * 86_400.0
"""Seconds without use after which a key is called neglected."""
_NOTE_EVERY = 6 * 3_600.0


@attrs.frozen
class KeyUse:
    """Keep a record of each key's use, written now and then, and judge by it.

    Attributes:
        custody: Where the record is.
        noted: What this process noted last of each user's key, so that a signed request costs
            no write: the key's id and when.
    """

    custody: Custody
    noted: dict[str, tuple[str, float]] = attrs.field(factory=dict)

    def succeeded(self, key: ApiKey) -> Steps[None]:
        """Note that the server has taken a signature, at most every six hours."""
        now = self.custody.now()
        known = self.noted.get(key.user_id)
        if known is not None and known[0] == key.external_id and now - known[1] < _NOTE_EVERY:
            return
        self.noted[key.user_id] = (key.external_id, now)
        yield from work(lambda: self._write(key, {"at": now, "refused": None}))

    def refused(self, key: ApiKey, error: WhiteBITError) -> Steps[None]:
        """Note that the server did not take a signed request of this key."""
        if not isinstance(error, (Unauthorized, Forbidden, NotFound)):
            return
        self.noted.pop(key.user_id, None)
        refused = {"at": self.custody.now(), "status": error.status_code, "code": error.code}
        yield from work(lambda: self._write(key, {"refused": refused}))

    def _write(self, key: ApiKey, change: Value) -> None:
        """Write the record; a store that fails here must not fail the read that succeeded."""

        def changed(value: Value | None) -> Value:
            if value is None or value["external_id"] != key.external_id:
                value = {"external_id": key.external_id, "at": None, "refused": None}
            return {**value, **change}

        try:
            self.custody.update("use", (key.user_id,), changed)
        except StoreUnavailable as error:
            self.noted.pop(key.user_id, None)
            self.custody.log_trouble("the use of a key was not noted", error)

    def forget(self, user_id: str) -> None:
        """Drop the record of a user."""
        self.noted.pop(user_id, None)
        self.custody.remove("use", user_id)

    def all(self) -> Iterator[KeyHealth]:
        """Judge every stored key."""
        for (user_id,) in self.custody.subjects("key"):
            judged = self.one(user_id)
            if judged is not None:
                yield judged

    def one(self, user_id: str) -> KeyHealth | None:
        """Judge a user's stored key, or return ``None`` where there is none."""
        stored = self.custody.key(user_id)
        if stored is None:
            return None
        held = self.custody.read("use", user_id)
        value = held.value if held else {}
        if value.get("external_id") != stored.key.external_id:
            value = {}
        at = value.get("at") or stored.since
        refused = value.get("refused")
        unused = max(0.0, self.custody.now() - at)
        if stored.gone:
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
            external_id=stored.key.external_id,
            condition=condition,
            last_used_at=datetime.fromtimestamp(at, UTC),
            unused_for=unused,
            status_code=refused["status"] if refused else None,
            code=refused["code"] if refused else None,
        )
