"""Custody: everything that must outlive a request, sealed, over any store.

Rows are placed under origin, client and subject, so that sandbox, EU and global never mix, and
what is read is bound to its place by the seal. A row that does not open is an error, never an
absence.
"""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import attrs

from ..errors import StoreConflict, StoreUnavailable, StoreVolatile, WhiteBITError
from ..regions import Server
from ..runtime.clock import Clock
from ..secret import Secret
from ..signing import ApiKey
from .sealing import Sealer
from .stores import CommitUnknown, Row, Store
from .values import StoredKey, TokenPair

T = TypeVar("T")
Value = dict[str, Any]

log = logging.getLogger("whitebit_ext")

KINDS = ("pair", "key", "claim", "lease", "pace", "login", "journal", "use")
"""Everything that custody keeps."""

_ATTEMPTS = 50
_SETTLING = 3
"""How often the same bytes are written where the outcome of a commit is unknown."""


@attrs.frozen
class Held:
    """An opened row.

    Attributes:
        value: What it holds; it does not print.
        version: What ``write`` must expect to replace it.
    """

    value: Value = attrs.field(repr=False)
    version: int


class Custody:
    """Keep pairs, keys, claims, leases, logins, tombstones and the journal of one partner.

    Args:
        store: Where sealed rows are kept.
        sealer: What seals and opens them.
        server: The server that the partner talks to; its origin is part of every place.
        client_id: The partner's client id, likewise.
        clock: For the journal.
    """

    def __init__(
        self, store: Store, sealer: Sealer, server: Server, client_id: str, clock: Clock
    ) -> None:
        self.store = store
        self.sealer = sealer
        self.server = server
        self._client_id = client_id
        self._clock = clock

    # Rows

    def read(self, kind: str, *subject: str) -> Held | None:
        """Return an opened row, or ``None`` where there is none.

        Raises:
            StoreUnavailable: the store failed.
            SealBroken, EncryptionKeyMissing: there is a row and it does not open.
        """
        row: Row | None = self._ask("read", kind, lambda: self.store.get(kind, self._id(subject)))
        if row is None:
            return None
        plain = self.sealer.open(row.data, self.place(kind, subject))
        return Held(json.loads(plain), row.version)

    def write(self, kind: str, subject: tuple[str, ...], value: Value, expect: int | None) -> bool:
        """Seal and write a row if it still has the expected version; ``None``: none is there.

        A commit whose outcome is unknown is settled by writing the same bytes again where they
        are read: reading them alone says nothing of a standby (docs/stores.md).

        Raises:
            StoreUnavailable: the store failed, or its commit could not be settled.
        """
        place = self._id(subject)
        sealed = self.sealer.seal(json.dumps(value).encode(), self.place(kind, subject))

        def put() -> bool:
            return self.store.put(kind, place, sealed, expect)

        tries = 1
        while True:
            try:
                return self._ask("write", kind, put)
            except CommitUnknown:
                row: Row | None = self._ask("read", kind, lambda: self.store.get(kind, place))
                # The nonce makes these bytes ours alone.
                if row is None or row.data != sealed or tries >= _SETTLING:
                    raise
                expect, tries = row.version, tries + 1

    def update(
        self, kind: str, subject: tuple[str, ...], change: Callable[[Value | None], Value | None]
    ) -> Value | None:
        """Change a row by compare-and-swap, again and again until it holds.

        Args:
            kind: What the row is.
            subject: Which one.
            change: Makes the new value of the old; ``None`` leaves the row as it is.

        Raises:
            StoreConflict: others changed the row every time.
        """
        for _ in range(_ATTEMPTS):
            held = self.read(kind, *subject)
            value = change(held.value if held else None)
            if value is None:
                return None
            if self.write(kind, subject, value, held.version if held else None):
                return value
        raise StoreConflict(
            f"the {kind} row was changed by others during {_ATTEMPTS} attempts to write it"
        )

    def remove(self, kind: str, *subject: str) -> bool:
        """Delete a row, whatever it holds, and say whether there was one."""
        place = self._id(subject)
        for _ in range(_ATTEMPTS):
            row: Row | None = self._ask("read", kind, lambda: self.store.get(kind, place))
            if row is None:
                return False
            expect = row.version
            if self._ask("delete", kind, lambda: self.store.delete(kind, place, expect)):  # noqa: B023  # called at once
                return True
        raise StoreConflict(
            f"the {kind} row was changed by others during {_ATTEMPTS} attempts to delete it"
        )

    def subjects(self, kind: str) -> Iterator[tuple[str, ...]]:
        """Yield what rows of a kind there are of this server and client."""
        for place in self._ask("scan", kind, lambda: list(self.store.scan(kind))):
            origin, client, *subject = json.loads(place)
            if (origin, client) == (self.server.origin, self._client_id):
                yield tuple(subject)

    def place(self, kind: str, subject: tuple[str, ...]) -> tuple[str, ...]:
        """Return what a row's seal is bound to."""
        return (kind, self.server.origin, self._client_id, *subject)

    def _id(self, subject: tuple[str, ...]) -> str:
        parts = [self.server.origin, self._client_id, *subject]
        # A store takes 1,000 characters: an escaped letter would count as six of them, or twelve.
        return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)

    def _ask(self, what: str, kind: str, call: Callable[[], T]) -> T:
        return asked(what, kind, call)

    # Token pairs

    def pair(self, user_id: str) -> TokenPair | None:
        """Return the user's stored token pair."""
        held = self.read("pair", user_id)
        return _pair(held.value) if held else None

    def put_pair(self, user_id: str, pair: TokenPair) -> None:
        """Store a pair, replacing any other: what a new login brings."""
        self.update("pair", (user_id,), lambda _: _of_pair(pair))

    def renew_pair(self, user_id: str, parent: Secret, pair: TokenPair) -> bool:
        """Store a renewed pair if the stored refresh token is still its parent.

        A late result is never refused for a lost lease; it is refused for another login alone.
        """

        def change(value: Value | None) -> Value | None:
            stored = _pair(value) if value else None
            if stored is None or stored.refresh != parent:
                return None
            return _of_pair(pair)

        return self.update("pair", (user_id,), change) is not None

    # API keys

    def key(self, user_id: str) -> StoredKey | None:
        """Return the user's stored API key."""
        held = self.read("key", user_id)
        return self.stored_key(user_id, held.value) if held else None

    def put_key(self, stored: StoredKey) -> None:
        """Store a key with its secret, replacing any other of the user."""
        self.update("key", (stored.key.user_id,), lambda _: self.value_of(stored))

    def value_of(self, stored: StoredKey) -> Value:
        """Return what is kept of a key; it holds the secret in the clear."""
        key = stored.key
        return {
            "public_key": key.public_key,
            "external_id": key.external_id,
            "secret": key.secret.reveal(),
            "login": stored.login,
            "gone": stored.gone,
            "since": stored.since or self.now(),
        }

    def stored_key(self, user_id: str, value: Value) -> StoredKey:
        """Make a stored key of what is kept of it."""
        key = ApiKey(
            user_id=user_id,
            public_key=value["public_key"],
            external_id=value["external_id"],
            secret=Secret(value["secret"]),
            origin=self.server.origin,
        )
        return StoredKey(key, value["login"], value["gone"], value["since"])

    def refuse_volatile(self) -> None:
        """Refuse to put a once-only secret at risk in a store that forgets.

        Raises:
            StoreVolatile: unless the server is on loopback, or the store says that it is known.
        """
        if self.store.durable or self.server.is_loopback or getattr(self.store, "volatile", False):
            return
        raise StoreVolatile(
            f"{type(self.store).__name__} keeps nothing after the process ends, and "
            "WhiteBIT sends a secret only once; it was not requested"
        )

    def log_trouble(self, what: str, error: WhiteBITError) -> None:
        """Log what went wrong beside an outcome that stands all the same."""
        log.warning("%s: %s", what, error.message)

    def now(self) -> float:
        """Return unix time."""
        return self._clock.time()

    # Journal

    def note(self, event: str, user_id: str, *, external_id: str, outcome: str) -> None:
        """Append to the journal who asked for which secret when, with what outcome.

        The outcome stands, and is logged, also where the journal cannot be written.
        """
        at = self._clock.time()
        value = {
            "at": at,
            "event": event,
            "user": user_id,
            "external_id": external_id,
            "outcome": outcome,
        }
        log.info("%s of key %s: %s", event, external_id, outcome)
        try:
            self.write("journal", (f"{at:020.6f}", uuid.uuid4().hex), value, None)
        except StoreUnavailable as error:
            self.log_trouble("the journal was not written", error)


def asked(what: str, kind: str, call: Callable[[], T]) -> T:
    """Return what a store answers; whatever its database raises becomes ``StoreUnavailable``."""
    try:
        return call()
    except WhiteBITError:
        raise
    except Exception as error:  # a store raises what its database raises
        failure = StoreUnavailable(
            f"the store failed to {what} a {kind} row ({type(error).__name__})"
        )
    raise failure


def login_id(state: str) -> str:
    """Return the id under which a login is kept: not the state itself, which is a credential."""
    return hashlib.sha256(state.encode()).hexdigest()


def _of_pair(pair: TokenPair) -> Value:
    return {
        "access": pair.access.reveal(),
        "refresh": pair.refresh.reveal() if pair.refresh else None,
        "scopes": list(pair.scopes),
        "obtained_at": pair.obtained_at,
        "lifetime": pair.lifetime,
        "login": pair.login,
        "after_rejection": pair.after_rejection,
        "dead": pair.dead,
    }


def _pair(value: Value) -> TokenPair:
    refresh = value["refresh"]
    return TokenPair(
        access=Secret(value["access"]),
        refresh=Secret(refresh) if refresh else None,
        scopes=tuple(value["scopes"]),
        obtained_at=value["obtained_at"],
        lifetime=value["lifetime"],
        login=value["login"],
        after_rejection=value["after_rejection"],
        dead=value["dead"],
    )
