"""The connection rows in the store: read, and changed by compare-and-swap only.

``commit`` is the only way to change them. It applies a change of ``changes.py`` and its neighbours
to the current row, and writes the result (docs/custody.md).
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable

import attrs

from ..errors import ConnectionChanged, NotConnected, StoreConflict, StoreUnavailable, WhiteBITError
from ..runtime.clock import Clock
from ..runtime.events import EventName
from ..runtime.forks import watch_forks
from .connection import Connection, Pin, State, decode, empty, encode, is_empty
from .outcomes import Change, Outcome
from .reports import note_losses
from .rows import Custody
from .stores import Row

_KIND = "connection"
_CONFLICTS = 50
_TRIES = 2
_MOST_CACHED = 50_000

ToChange = Callable[[Connection | None], Change]


@attrs.frozen
class Held:
    """A row as this process last read or wrote it.

    Attributes:
        row: Its contents; ``None`` where there is none.
        version: The version that a write must expect.
        age: Seconds since it was written, by the store's clock, where the store has one.
    """

    row: Connection | None
    version: int | None
    age: float | None = None


@attrs.frozen
class Committed:
    """A committed change.

    Attributes:
        change: Its outcome, and the row.
        held: The row with its version, for the next change.
        began: Monotonic time before the first write; ``None`` if nothing was written.
    """

    change: Change
    held: Held
    began: float | None

    @property
    def outcome(self) -> Outcome:
        """The outcome of the change."""
        return self.change.outcome

    @property
    def row(self) -> Connection | None:
        """The row after the change."""
        return self.change.row


@attrs.define(eq=False)
class Binding:
    """The connection that a call, a walk or an auth object began with.

    Attributes:
        user_id: The partner's own id of the user.
        pin: The connection; ``None`` until the row is first read.
        external_id: The key that it signs with; ``None`` until the first signature.
        seq: Of the row that was read last.
        leaves: Whether it is a call of ``disconnect()`` itself.
    """

    user_id: str
    pin: Pin | None = None
    external_id: str | None = None
    seq: int = 0
    leaves: bool = False

    @property
    def pinned(self) -> Pin:
        """The connection, once ``check`` has bound to it."""
        if self.pin is None:
            raise NotConnected("there is no connection of this user in the store")
        return self.pin

    def check(self, row: Connection | None) -> Connection:
        """Bind to a row, or compare it with the connection bound to.

        Raises:
            NotConnected: there is no connection.
            ConnectionChanged: there is another one.
        """
        if row is None or row.generation == 0:
            raise NotConnected("there is no connection of this user in the store")
        if row.state is State.DISCONNECTING and not self.leaves:
            raise NotConnected("the user is being disconnected")
        if self.pin is None:
            self.pin = row.pin
        elif self.pin != row.pin:
            raise ConnectionChanged("the user has connected again since this began")
        self.seq = row.seq
        return row

    def check_key(self, external_id: str) -> None:
        """Bind to a key, or compare it with the key bound to.

        Raises:
            ConnectionChanged: it is another one.
        """
        if self.external_id is None:
            self.external_id = external_id
        elif self.external_id != external_id:
            raise ConnectionChanged("the user's API key was replaced since this began")


class Connections:
    """The connection rows of one partner: reads and changes.

    Args:
        custody: Where the rows are.
        clock: Measures ages and pauses.
        cache_for: Seconds for which ``look`` may return what was read before.
    """

    def __init__(self, custody: Custody, clock: Clock, *, cache_for: float = 0.0) -> None:
        self.custody = custody
        self._clock = clock
        self._cache_for = cache_for
        self._cache: dict[str, tuple[Held, float]] = {}
        self._seen: dict[str, tuple[str, int]] = {}
        self.after_fork()
        watch_forks(self)

    def after_fork(self) -> None:
        """Replace a lock that another thread of the parent may have held."""
        self._lock = threading.Lock()

    # Reading

    def cached(self, user_id: str) -> Held | None:
        """Return the row if it was read less than ``cache_for`` ago."""
        if not self._cache_for:
            return None
        found = self._cache.get(user_id)
        if found is None or self._clock.monotonic() - found[1] >= self._cache_for:
            return None
        return found[0]

    def drop(self, user_id: str) -> None:
        """Make the next read go to the store."""
        self._cache.pop(user_id, None)

    def look(self, user_id: str) -> Held:
        """Return the row for a call: from the store, or no older than ``cache_for``."""
        return self.cached(user_id) or self.read(user_id)

    def read(self, user_id: str) -> Held:
        """Read the row from the store.

        Raises:
            StoreUnavailable: the store failed.
            SealBroken, EncryptionKeyMissing, CustodyError: the row cannot be decrypted.
        """
        asked, known = self._clock.monotonic(), self._seen.get(user_id)
        found = self.custody.get(_KIND, user_id)
        if found is None:
            self.drop(user_id)
            return Held(None, None)
        held = self.open(user_id, found)
        self._remember(user_id, held, asked, known)
        return held

    def open(self, user_id: str, found: Row) -> Held:
        """Decrypt a row that was read with others.

        Raises:
            SealBroken, EncryptionKeyMissing, CustodyError: it cannot be decrypted.
        """
        place = self.custody.place(_KIND, (user_id,))
        value = json.loads(self.custody.sealer.open(found.data, place))
        row = None if is_empty(value) else decode(value)
        return Held(row, found.version, found.age)

    def _remember(
        self, user_id: str, held: Held, asked: float, known: tuple[str, int] | None = None
    ) -> None:
        """Cache what was read or written, unless it is older than what is cached."""
        row = held.row
        if row is None:
            self.drop(user_id)
            return
        if known is not None and known[0] == row.incarnation and row.seq < known[1]:
            self.custody.events.emit(
                EventName.CONNECTION_REPLAYED, user_id, seq=row.seq, seen=known[1]
            )
            self.drop(user_id)
            return
        with self._lock:
            if len(self._seen) >= _MOST_CACHED and user_id not in self._seen:
                self._seen.pop(next(iter(self._seen)))
            self._seen[user_id] = (row.incarnation, row.seq)
            if self._cache_for:
                if len(self._cache) >= _MOST_CACHED and user_id not in self._cache:
                    self._cache.pop(next(iter(self._cache)), None)
                self._cache[user_id] = (held, asked)

    # Changing

    def commit(
        self,
        user_id: str,
        change: ToChange,
        held: Held | None = None,
        *,
        is_current: bool = False,
        padding: int = 0,
        patience: float = 0.0,
        failing: Callable[[], None] | None = None,
    ) -> Committed:
        """Change the row, and return once the store has acknowledged it.

        Args:
            user_id: The user of the row.
            change: Returns the row to write for the current row; may be called again.
            held: The row as it was last read or written; read if not given.
            is_current: Whether it was read after the event of the change: only then does a change
                that writes nothing count.
            padding: Bytes of padding to write with the row.
            patience: Seconds for which a failing store is retried.
            failing: Called at the first failed write.

        Raises:
            StoreUnavailable: the store kept failing; whether the row was written is unknown.
            StoreConflict: other callers changed the row every time.
        """
        until = self._clock.monotonic() + patience
        began: float | None = None
        conflicts, tries, pause = 0, 0, 0.05
        while conflicts < _CONFLICTS:
            try:
                if held is None:
                    held, is_current = self.read(user_id), True
                read = held.row
                made = change(read)
                if made.row is read:
                    if is_current:
                        return Committed(made, held, began)
                    held = None  # not read after the event
                    continue
                began = self._clock.monotonic() if began is None else began
                version = self._write(user_id, made.row, held, padding)
            except StoreUnavailable as error:
                failure: StoreUnavailable | None = error
            else:
                failure = None
            if failure is not None:
                tries += 1
                if failing is not None:
                    failing()
                    failing = None
                if self._clock.monotonic() >= until and tries >= (1 if patience else _TRIES):
                    raise failure
                self._clock.sleep(pause)
                pause, held = min(2 * pause, 1.0), None
                continue
            if version is None:
                conflicts, held = conflicts + 1, None
                continue
            stands = Held(made.row, None if made.row is None else version)
            self._remember(user_id, stands, self._clock.monotonic() if began is None else began)
            if (row := made.row or read) is not None:
                note_losses(self.custody, user_id, row.incarnation, made.losses)
            return Committed(made, stands, began)
        raise StoreConflict(f"the connection row changed {_CONFLICTS} times while it was written")

    def _write(self, user_id: str, row: Connection | None, held: Held, padding: int) -> int | None:
        """Write a row, empty before it is deleted; return its version, ``None`` on a conflict."""
        subject = (user_id,)
        sealed = self._sealed(user_id, row, padding)
        version = self.custody.put(_KIND, subject, sealed, held.version)
        if row is None and version is not None:
            try:
                self.custody.delete(_KIND, subject, version)
            except StoreUnavailable as error:  # it is empty, which is equivalent
                self.custody.log_trouble("an empty row was not deleted", error)
        return version

    def _sealed(self, user_id: str, row: Connection | None, padding: int) -> bytes:
        """Return the encrypted row; no frame that can raise holds it in the clear."""
        place = self.custody.place(_KIND, (user_id,))
        return self.custody.sealer.seal(
            json.dumps(empty() if row is None else encode(row, padding=padding)).encode(), place
        )


def trouble(outcome: Outcome, row: Connection | None = None) -> WhiteBITError:
    """Return the error of an outcome for a caller whose connection no longer exists."""
    if row is None or outcome in (Outcome.ABSENT, Outcome.REFUSED):
        return NotConnected("the connection of this user was ended")
    return ConnectionChanged("the user has connected again since this began")


def fresh_id() -> str:
    """Return 128 random bits: the id of an incarnation or of an attempt."""
    return secrets.token_hex(16)
