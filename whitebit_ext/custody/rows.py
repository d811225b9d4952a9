"""Custody: everything that must outlive a request, encrypted, over any store.

The id of a row contains origin, client and subject, so that sandbox, EU and global never mix, and
encryption binds a row to that place. A row that cannot be decrypted is an error, never treated as
absent. The connection rows are changed by ``connections.py`` only.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import attrs

from ..errors import StoreConflict, StoreUnavailable, StoreVolatile, WhiteBITError
from ..regions import Server
from ..runtime.clock import Clock
from ..runtime.events import EventName, Events
from ..secret import Secret
from .asked import PAGE, asked
from .sealing import Sealer
from .stores import Expiring, Paging, Row, Scrubbing, Store

T = TypeVar("T")
Value = dict[str, Any]

log = logging.getLogger("whitebit_ext")

KINDS = ("connection", "login", "logins", "use", "pace", "journal", "worker", "lost")
"""The kinds of rows."""

NO_VERSION = -1
"""A version that no row has: a write that expects it is a conflict, and the row is read again."""
_ATTEMPTS = 50
YEAR = 365 * 86_400.0
_SETTLING = 3
"""How often the same bytes are written where the outcome of a commit is unknown."""


@attrs.frozen
class Held:
    """A decrypted row.

    Attributes:
        value: Its contents; not printed.
        version: What ``write`` must expect to replace it.
        age: Seconds since it was written, by the store's clock, where the store has one.
    """

    value: Value = attrs.field(repr=False)
    version: int
    age: float | None = None


class Custody:
    """The encrypted rows of one partner.

    Args:
        store: Where encrypted rows are stored.
        sealer: Encrypts and decrypts them.
        server: The server that the partner talks to; its origin is part of every place.
        client_id: The partner's client id, likewise.
        clock: For the journal.
        retention: Seconds for which entries of the journal are kept.
        events: Reports what happens; by default, nothing is reported.
    """

    def __init__(
        self,
        store: Store,
        sealer: Sealer,
        server: Server,
        client_id: str,
        clock: Clock,
        retention: float = YEAR,
        events: Events | None = None,
    ) -> None:
        self.store = store
        self.retention = retention
        self.sealer = sealer
        self.server = server
        self.events = events or Events.silent()
        self._client_id = client_id
        self.clock = clock

    def get(self, kind: str, *subject: str) -> Row | None:
        """Return a row as the store has it.

        Raises:
            StoreUnavailable: the store failed.
        """
        return self._asked("read", kind, lambda: self.store.get(kind, self._id(subject)))

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
        return Held(json.loads(plain), row.version, row.age)

    def write(
        self,
        kind: str,
        subject: tuple[str, ...],
        value: Value,
        expect: int | None,
    ) -> int | None:
        """Encrypt and write a row if it has the expected version (``None``: there is none).

        What is confidential in the value is a ``Secret``, so that no frame shows it.

        A row whose value has ``sweep_at``, a unix time, is deleted from then on by ``Sweeper``.

        Returns:
            The version that was written; ``None`` if the row had another version.
        """
        place = self.place(kind, subject)
        sealed = self.sealer.seal(json.dumps(value, default=Secret.reveal).encode(), place)
        return self.put(kind, subject, sealed, expect, sweep_at=value.get("sweep_at"))

    def put(
        self,
        kind: str,
        subject: tuple[str, ...],
        sealed: bytes,
        expect: int | None,
        *,
        sweep_at: float | None = None,
    ) -> int | None:
        """Write encrypted bytes, and return their version; ``None`` on a conflict.

        After a failure the outcome may be unknown. It is resolved by writing the same bytes again
        where they are read: reading them alone proves nothing on a standby (docs/stores.md). After
        a ``put`` that only reports whether it wrote, the row is read back.

        Raises:
            StoreUnavailable: the store failed, or the outcome stayed unknown.
        """
        place, tries = self._id(subject), 1

        def put() -> int | bool | None:
            store: object = self.store
            if sweep_at is not None and isinstance(store, Expiring):
                return store.put(kind, place, sealed, expect, expires_at=sweep_at)
            return self.store.put(kind, place, sealed, expect)

        while True:
            try:
                wrote = self._asked("write", kind, put)
                break
            except StoreUnavailable as error:
                failure = error
            row = self.get(kind, *subject)
            # The nonce makes these bytes unique to this write.
            if row is None or row.data != sealed or tries >= _SETTLING:
                raise failure
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
        return self._asked("delete", kind, lambda: self.store.delete(kind, place, expect))

    def subjects(self, kind: str) -> Iterator[tuple[str, ...]]:
        """Yield the subjects of the rows of a kind, for this server and client."""
        for place in self._asked("scan", kind, lambda: list(self.store.scan(kind))):
            origin, client, *subject = json.loads(place)
            if (origin, client) == (self.server.origin, self._client_id):
                yield tuple(subject)

    def page(
        self, kind: str, after: str | None = None
    ) -> tuple[list[tuple[tuple[str, ...], Row]], str | None]:
        """Return rows of a kind, for this server and client, with one statement if possible.

        Args:
            kind: The kind.
            after: What the previous page returned.

        Returns:
            The rows, each with its subject, and where the next page begins: ``None`` at the end.
        """
        if isinstance(self.store, Paging):
            paging = self.store
            found = self._asked("read", kind, lambda: paging.page(kind, after, PAGE))
        else:
            ids = sorted(self._asked("scan", kind, lambda: list(self.store.scan(kind))))
            some = [id for id in ids if after is None or id > after][:PAGE]
            get = functools.partial(self.store.get, kind)
            read = [(id, self._asked("read", kind, functools.partial(get, id))) for id in some]
            found = [(id, row) for id, row in read if row is not None]
            if len(some) == PAGE:
                return self._own(found), some[-1]
            return self._own(found), None
        return self._own(found), found[-1][0] if len(found) == PAGE else None

    def rows_after(
        self, kind: str, subject: tuple[str, ...] | None
    ) -> Iterator[tuple[tuple[str, ...], Row]]:
        """Yield the rows of a kind whose ids come after that of a subject, in their order.

        The subject needs no row; ``None`` is the beginning.
        """
        after: str | None = self._id(())[:-1] if subject is None else self._id(subject)
        while after is not None:
            found, after = self.page(kind, after)
            yield from found

    def _own(self, found: list[tuple[str, Row]]) -> list[tuple[tuple[str, ...], Row]]:
        """Return the rows of this server and client, by subject."""
        own = []
        for id, row in found:
            origin, client, *subject = json.loads(id)
            if (origin, client) == (self.server.origin, self._client_id):
                own.append((tuple(subject), row))
        return own

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

    def scrub(self) -> None:
        """Have the store remove deleted rows from its files; they are deleted in any case."""
        if isinstance(self.store, Scrubbing):
            try:
                self._asked("scrub", "deleted", self.store.scrub)
            except StoreUnavailable as error:
                self.log_trouble("the store's files may still contain deleted rows", error)

    def log_trouble(self, what: str, error: WhiteBITError) -> None:
        """Log a failure that does not change the outcome."""
        log.warning("%s: %s", what, error.message)

    def now(self) -> float:
        """Return the Unix time."""
        return self.clock.time()

    def _asked(self, what: str, kind: str, call: Callable[[], T]) -> T:
        """Return the store's result, and report its failure."""
        try:
            return asked(what, kind, call)
        except StoreUnavailable as error:
            failure = error
        self.events.emit(
            EventName.STORE_FAILED, None, what=what, kind=kind, problem=failure.message
        )
        raise failure


def login_id(state: str) -> str:
    """Return the id under which a login is stored: not the state itself, a credential."""
    return hashlib.sha256(state.encode()).hexdigest()
