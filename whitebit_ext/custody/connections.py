"""The connection rows in the store: read, and changed by compare-and-swap alone.

``commit`` is the one way in. It applies a change of ``changes.py`` and its neighbours to the row as
it is now, writes what comes of it, and settles what is unknown (docs/custody.md).
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Callable

import attrs

from ..errors import (
    ConnectionChanged,
    NotConnected,
    StoreConflict,
    StoreUnavailable,
    WhiteBITError,
)
from ..runtime.clock import Clock
from .connection import Connection, Pin, State, decode, empty, encode, is_empty
from .outcomes import Change, Outcome
from .rows import Custody

log = logging.getLogger("whitebit_ext")

_KIND = "connection"
_CONFLICTS = 50
_TRIES = 2
_MOST_CACHED = 50_000

ToChange = Callable[[Connection | None], Change]


@attrs.frozen
class Held:
    """A row as this process read or wrote it last.

    Attributes:
        row: What it holds; ``None`` where there is none.
        version: What a write must expect.
        age: Seconds since it was written, by the store's clock, where the store has one.
    """

    row: Connection | None
    version: int | None
    age: float | None = None


@attrs.frozen
class Committed:
    """A change that stands.

    Attributes:
        change: Its outcome, and the row.
        held: The row with its version, to go on from.
        began: Monotonic time before the first write was tried; ``None`` if nothing was written.
    """

    change: Change
    held: Held
    began: float | None

    @property
    def row(self) -> Connection | None:
        """The row as it stands."""
        return self.change.row


@attrs.define(eq=False)
class Binding:
    """What a call, a walk or an auth object belongs to: the connection that it began with.

    Attributes:
        user_id: The partner's own id of the user.
        pin: The connection; ``None`` until the first look.
        external_id: The key that it signs with; ``None`` until the first signature.
        seq: Of the row that was looked at last.
        leaves: Whether it is a call of the disconnecting itself.
    """

    user_id: str
    pin: Pin | None = None
    external_id: str | None = None
    seq: int = 0
    leaves: bool = False

    def check(self, row: Connection | None) -> Connection:
        """Bind to a row, or compare it with what this belongs to.

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
        """Bind to a key, or compare it with the one that this signs with.

        Raises:
            ConnectionChanged: it is another one.
        """
        if self.external_id is None:
            self.external_id = external_id
        elif self.external_id != external_id:
            raise ConnectionChanged("the user's API key was replaced since this began")


class Connections:
    """Read and change the connection rows of one partner.

    Args:
        custody: Where the rows are.
        clock: What ages and pauses are measured by.
        cache_for: Seconds for which ``look`` may return what was read before.
    """

    def __init__(self, custody: Custody, clock: Clock, *, cache_for: float = 0.0) -> None:
        self.custody = custody
        self._clock = clock
        self._cache_for = cache_for
        self._cache: dict[str, tuple[Held, float]] = {}
        self._seen: dict[str, tuple[str, int]] = {}
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
        """Have the store asked the next time."""
        self._cache.pop(user_id, None)

    def look(self, user_id: str) -> Held:
        """Return the row for a call: from the store, or as young as ``cache_for`` allows."""
        return self.cached(user_id) or self.read(user_id)

    def read(self, user_id: str) -> Held:
        """Read the row from the store.

        Raises:
            StoreUnavailable: the store failed.
            SealBroken, EncryptionKeyMissing, CustodyError: the row does not open.
        """
        asked, known = self._clock.monotonic(), self._seen.get(user_id)
        found = self.custody.get(_KIND, user_id)
        if found is None:
            self.drop(user_id)
            return Held(None, None)
        place = self.custody.place(_KIND, (user_id,))
        value = json.loads(self.custody.sealer.open(found.data, place))
        row = None if is_empty(value) else decode(value)
        held = Held(row, found.version, getattr(found, "age", None))
        self._remember(user_id, held, asked, known)
        return held

    def _remember(
        self, user_id: str, held: Held, asked: float, known: tuple[str, int] | None = None
    ) -> None:
        """Keep what was read or written, unless it is older than what was known before."""
        row = held.row
        if row is None:
            self.drop(user_id)
            return
        if known is not None and known[0] == row.incarnation and row.seq < known[1]:
            log.error("an older connection row was put back (seq %d)", row.seq)
            self.drop(user_id)
            return
        with self._lock:
            if len(self._seen) >= _MOST_CACHED and user_id not in self._seen:
                self._seen.pop(next(iter(self._seen)))
            self._seen[user_id] = (row.incarnation, row.seq)
            if self._cache_for:
                if len(self._cache) >= _MOST_CACHED and user_id not in self._cache:
                    self._cache.pop(next(iter(self._cache)))
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
        """Change the row until the store acknowledged it.

        Args:
            user_id: Whose row.
            change: Makes the row that is to stand of the row as it is; may be called again.
            held: The row as it was read or written last; read where it is not given.
            is_current: Whether it was read after what the change is about: then a change that
                writes nothing counts.
            padding: Bytes of room to write with the row.
            patience: Seconds for which a failing store is tried again.
            failing: Called at the first write that failed.

        Raises:
            StoreUnavailable: the store failed to the end; what was written is unknown.
            StoreConflict: others changed the row every time.
        """
        until = self._clock.monotonic() + patience
        began: float | None = None
        conflicts, tries, pause = 0, 0, 0.05
        while conflicts < _CONFLICTS:
            try:
                if held is None:
                    held, is_current = self.read(user_id), True
                made = change(held.row)
                if made.row is held.row:
                    if is_current:
                        return Committed(made, held, began)
                    held = None  # it proves nothing of a row that was read earlier
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
                log.warning("the store failed and is tried again: %s", failure.message)
                self._clock.sleep(pause)
                pause, held = min(2 * pause, 1.0), None
                continue
            if version is None:
                conflicts, held = conflicts + 1, None
                continue
            stands = Held(made.row, None if made.row is None else version)
            self._remember(user_id, stands, self._clock.monotonic() if began is None else began)
            return Committed(made, stands, began)
        raise StoreConflict(f"the connection row changed {_CONFLICTS} times while it was written")

    def _write(self, user_id: str, row: Connection | None, held: Held, padding: int) -> int | None:
        """Write a row, and settle what is unknown; ``None`` on a conflict."""
        subject = (user_id,)
        sealed = self._sealed(user_id, row, padding)
        failure: StoreUnavailable
        try:
            version = self.custody.put(_KIND, subject, sealed, held.version)
        except StoreUnavailable as error:
            failure = error
        else:
            return self._deleted(subject, row, version)
        # No answer, or one with a reservation: if my bytes are there, they are written once more.
        there = self.custody.get(_KIND, user_id)
        if there is None or there.data != sealed:
            raise failure
        version = self.custody.put(_KIND, subject, sealed, there.version)
        return self._deleted(subject, row, version)

    def _deleted(
        self, subject: tuple[str, ...], row: Connection | None, version: int | None
    ) -> int | None:
        if row is None and version is not None:
            try:
                self.custody.delete(_KIND, subject, version)
            except StoreUnavailable as error:  # it is empty, which is as good
                self.custody.log_trouble("an empty row was not deleted", error)
        return version

    def _sealed(self, user_id: str, row: Connection | None, padding: int) -> bytes:
        """Return what is written; nothing of it is in the clear in a frame that can raise."""
        place = self.custody.place(_KIND, (user_id,))
        return self.custody.sealer.seal(
            json.dumps(empty() if row is None else encode(row, padding=padding)).encode(), place
        )


def trouble(outcome: Outcome, row: Connection | None = None) -> WhiteBITError:
    """Return the error that an outcome is for a caller whose connection is not there any more."""
    if row is None or outcome in (Outcome.ABSENT, Outcome.REFUSED):
        return NotConnected("the connection of this user was ended")
    return ConnectionChanged("the user has connected again since this began")


def fresh_id() -> str:
    """Return 128 random bits: an incarnation, or an attempt."""
    return secrets.token_hex(16)
