"""The key that custody holds of a user: found, taken in from the spill directory, deleted."""

from __future__ import annotations

import logging

import attrs

from ..custody.rows import Custody
from ..custody.spill import Spill
from ..custody.values import StoredKey, TokenPair
from ..secret import Secret
from ..signing import ApiKey
from .claims import Claim
from .health import KeyUse

log = logging.getLogger("whitebit_ext")


class StoredKeys:
    """Keep what custody holds of each user's key in order.

    Args:
        custody: Where keys are.
        use: The record of each key's use.
        spill: The spill directory, if there is one.
    """

    def __init__(self, custody: Custody, use: KeyUse, spill: Spill | None) -> None:
        self._custody = custody
        self._use = use
        self._spill = spill

    def take_in(self, user_id: str) -> None:
        """Store what an earlier attempt had to leave in the spill directory.

        A key that has come into custody since then stays: the spilled one is its predecessor.
        """
        spilled = self._spill.get(user_id) if self._spill else None
        if spilled is None or self._spill is None:
            return
        if self._spill.hand_over(spilled):
            Claim(self._custody, user_id, spilled.key.external_id).close("stored")
        else:
            log.warning("a spilled key was dropped: custody holds a later one of its user")
        self._spill.remove(user_id)

    def begin(self, user_id: str) -> tuple[ApiKey | None, TokenPair | None]:
        """Return the user's key if custody holds it, and the user's pair."""
        self.take_in(user_id)
        stored, pair = self._custody.key(user_id), self._custody.pair(user_id)
        if stored and not stored.gone and (pair is None or pair.login == stored.login):
            return stored.key, pair
        return None, pair

    def current_id(self, user_id: str) -> str | None:
        """Return the id of the key that the user has now, if custody knows it."""
        stored, pair = self.begin(user_id)
        return stored.external_id if stored and pair else None

    def note_deleted(self, user_id: str, external_id: str, *, was_gone: bool) -> None:
        """Drop a key that was deleted; one that was gone before is kept, and not used."""
        stored = self._custody.key(user_id)
        if stored is not None and stored.key.external_id == external_id:
            if was_gone:
                self._custody.put_key(attrs.evolve(stored, gone=True))
            else:
                self._custody.remove("key", user_id)
                self._use.forget(user_id)
        outcome = "was gone already" if was_gone else "deleted"
        self._custody.note("delete", user_id, external_id=external_id, outcome=outcome)

    def adopt(self, user_id: str, public_key: str, external_id: str, secret: Secret) -> None:
        """Store a key that the partner already has, in place of any other of the user."""
        key = ApiKey(user_id, public_key, external_id, secret, self._custody.server.origin)
        pair = self._custody.pair(user_id)
        self._custody.put_key(StoredKey(key, pair.login if pair else None))

    def forget(self, user_id: str) -> None:
        """Delete the user's pair and key from custody, and note that the secret was here."""
        self._custody.remove("pair", user_id)
        self.take_in(user_id)
        stored = self._custody.key(user_id)
        if stored is None:
            return
        self._custody.remove("key", user_id)
        self._use.forget(user_id)
        Claim(self._custody, user_id, stored.key.external_id).close("forgotten")
