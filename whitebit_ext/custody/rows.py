"""Custody: everything that must outlive a request, encrypted, over any store.

The id of a row contains origin, client and subject, so that sandbox, EU and global never mix, and
encryption binds a row to that place. A row that cannot be decrypted is an error, never treated as
absent. The connection rows are changed by ``connections.py`` only.
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
from .sealing import Sealer
from .stores import CommitUnknown, Row, Store

T = TypeVar("T")
Value = dict[str, Any]

log = logging.getLogger("whitebit_ext")

KINDS = ("connection", "login", "use", "pace", "journal")
"""The kinds of rows."""

NO_VERSION = -1
"""A version that no row has: a write that expects it is a conflict, and the row is read again."""
_ATTEMPTS = 50
_SETTLING = 3
"""How often the same bytes are written where the outcome of a commit is unknown."""


@attrs.frozen
class Held:
    """A decrypted row.

    Attributes:
        value: Its contents; not printed.
        version: What ``write`` must expect to replace it.
    """

    value: Value = attrs.field(repr=False)
    version: int


class Custody:
    """The encrypted rows of one partner.

    Args:
        store: Where encrypted rows are stored.
        sealer: Encrypts and decrypts them.
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

    def get(self, kind: str, *subject: str) -> Row | None:
        """Return a row as the store has it.

        Raises:
            StoreUnavailable: the store failed.
        """
        return asked("read", kind, lambda: self.store.get(kind, self._id(subject)))

    def read(self, kind: str, *subject: str) -> Held | None:
        """Return a decrypted row, or ``None`` where there is none.

        Raises:
            StoreUnavailable: the store failed.
            SealBroken, EncryptionKeyMissing: there is a row and it cannot be decrypted.
        """
        row = self.get(kind, *subject)
        if row is None:
            return None
        plain = self.sealer.open(row.data, self.place(kind, subject))
        return Held(json.loads(plain), row.version)

    def write(
        self, kind: str, subject: tuple[str, ...], value: Value, expect: int | None
    ) -> int | None:
        """Encrypt and write a row if it has the expected version (``None``: there is none).

        Returns:
            The version that was written; ``None`` if the row had another version.
        """
        sealed = self.sealer.seal(json.dumps(value).encode(), self.place(kind, subject))
        return self.put(kind, subject, sealed, expect)

    def put(
        self, kind: str, subject: tuple[str, ...], sealed: bytes, expect: int | None
    ) -> int | None:
        """Write encrypted bytes, and return their version; ``None`` on a conflict.

        A commit whose outcome is unknown is resolved by writing the same bytes again where they
        are read: reading them alone proves nothing on a standby (docs/stores.md). After a ``put``
        that only reports whether it wrote, the row is read back.

        Raises:
            StoreUnavailable: the store failed, or the outcome stayed unknown.
        """
        place, tries = self._id(subject), 1

        def put() -> int | bool | None:
            return self.store.put(kind, place, sealed, expect)

        while True:
            try:
                wrote = asked("write", kind, put)
                break
            except CommitUnknown:
                row = self.get(kind, *subject)
                # The nonce makes these bytes unique to this write.
                if row is None or row.data != sealed or tries >= _SETTLING:
                    raise
                expect, tries = row.version, tries + 1
        if wrote is not True:
            return None if wrote is None or wrote is False else wrote
        row = self.get(kind, *subject)
        if row is not None and row.data == sealed:
            return row.version
        if (row.version if row else None) == expect:
            raise StoreUnavailable("the store did not return the data that was written")
        return NO_VERSION  # it was changed since

    def update(
        self, kind: str, subject: tuple[str, ...], change: Callable[[Value | None], Value | None]
    ) -> Value | None:
        """Change a row by compare-and-swap, and retry on a conflict.

        Args:
            kind: The kind of the row.
            subject: The subject of the row.
            change: Returns the new value for the old; ``None`` leaves the row as it is.

        Raises:
            StoreConflict: other callers changed the row every time.
        """
        for _ in range(_ATTEMPTS):
            held = self.read(kind, *subject)
            value = change(held.value if held else None)
            if value is None:
                return None
            if self.write(kind, subject, value, held.version if held else None) is not None:
                return value
        raise StoreConflict(f"the {kind} row changed {_ATTEMPTS} times while it was written")

    def remove(self, kind: str, *subject: str) -> bool:
        """Delete a row, whatever its contents, and return whether there was one."""
        for _ in range(_ATTEMPTS):
            row = self.get(kind, *subject)
            if row is None:
                return False
            if self.delete(kind, subject, row.version):
                return True
        raise StoreConflict(f"the {kind} row changed {_ATTEMPTS} times while it was deleted")

    def delete(self, kind: str, subject: tuple[str, ...], expect: int) -> bool:
        """Delete a row if it has the expected version, and return whether it did."""
        place = self._id(subject)
        return asked("delete", kind, lambda: self.store.delete(kind, place, expect))

    def subjects(self, kind: str) -> Iterator[tuple[str, ...]]:
        """Yield the subjects of the rows of a kind, for this server and client."""
        for place in asked("scan", kind, lambda: list(self.store.scan(kind))):
            origin, client, *subject = json.loads(place)
            if (origin, client) == (self.server.origin, self._client_id):
                yield tuple(subject)

    def place(self, kind: str, subject: tuple[str, ...]) -> tuple[str, ...]:
        """Return the place that the encryption of a row is bound to."""
        return (kind, self.server.origin, self._client_id, *subject)

    def _id(self, subject: tuple[str, ...]) -> str:
        parts = [self.server.origin, self._client_id, *subject]
        # A store accepts 1,000 characters: an escaped letter would count as six of them, or twelve.
        return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)

    def refuse_volatile(self) -> None:
        """Refuse to retrieve a one-time secret with a volatile store.

        Raises:
            StoreVolatile: unless the server is on loopback, or the store says that it is known.
        """
        if self.store.durable or self.server.is_loopback or getattr(self.store, "volatile", False):
            return
        raise StoreVolatile(
            f"{type(self.store).__name__} forgets everything when the process ends, and the "
            "secret can be read once; it was not requested"
        )

    def log_trouble(self, what: str, error: WhiteBITError) -> None:
        """Log a failure that does not change the outcome."""
        log.warning("%s: %s", what, error.message)

    def now(self) -> float:
        """Return the Unix time."""
        return self._clock.time()

    def note(self, event: str, incarnation: str, *, external_id: str, outcome: str) -> None:
        """Append an event of a connection to the journal; no user is named.

        The outcome is valid, and is logged, even if the journal cannot be written.
        """
        at = self._clock.time()
        value = {
            "at": at,
            "event": event,
            "incarnation": incarnation,
            "external_id": external_id,
            "outcome": outcome,
        }
        log.info("%s of key %s: %s", event, external_id, outcome)
        try:
            self.write("journal", (f"{at:020.6f}", uuid.uuid4().hex), value, None)
        except StoreUnavailable as error:
            self.log_trouble("the journal was not written", error)


def asked(what: str, kind: str, call: Callable[[], T]) -> T:
    """Return the store's result; whatever its database raises becomes ``StoreUnavailable``."""
    try:
        return call()
    except WhiteBITError:
        raise
    except Exception as error:  # a store raises what its database raises
        failure = StoreUnavailable(f"the store did not {what} a {kind} ({type(error).__name__})")
    raise failure


def login_id(state: str) -> str:
    """Return the id under which a login is stored: not the state itself, a credential."""
    return hashlib.sha256(state.encode()).hexdigest()
