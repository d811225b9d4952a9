"""Tasks of an operator on a whole store: list, check, rotate, and find losses.

It works on a store and encryption keys alone, over all servers and clients in the store; no
partner credentials are needed, nothing is sent anywhere, and no value is ever returned.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import attrs

from .custody.connection import decode, is_empty
from .custody.rows import KINDS, Custody, Value, asked
from .custody.sealing import Sealer
from .custody.stores import Row, Store
from .errors import CustodyError, EncryptionKeyMissing, StoreConflict, StoreUnavailable
from .keys.health import judge, judged_key
from .keys.records import KeyHealth
from .runtime.clock import Clock, SystemClock

_ATTEMPTS = 50


@attrs.frozen
class Place:
    """The place of a row.

    Attributes:
        kind: What it is, e.g. ``connection``.
        origin: The server, as ``scheme://host:port``; empty where the id is not one of ours.
        client_id: The partner's client id; likewise.
        subject: The subject of the row, e.g. the user id.
        id: The id of the row in the store.
    """

    kind: str
    origin: str
    client_id: str
    subject: tuple[str, ...]
    id: str

    @classmethod
    def of(cls, kind: str, id: str) -> Place:
        """Parse a row's id; one of unknown form becomes a subject without origin and client."""
        try:
            parts = json.loads(id)
        except ValueError:
            parts = None
        if (
            isinstance(parts, list)
            and len(parts) > 2
            and all(isinstance(part, str) for part in parts)
        ):
            return cls(kind, parts[0], parts[1], tuple(parts[2:]), id)
        return cls(kind, "", "", (id,), id)

    @property
    def associated(self) -> tuple[str, ...]:
        """The place that the encryption of the row is bound to."""
        return (self.kind, self.origin, self.client_id, *self.subject)


@attrs.frozen
class Finding:
    """A row that cannot be decrypted.

    Attributes:
        place: The place of the row.
        problem: Why it cannot be decrypted.
        lacks_key: Whether it was encrypted with a key that was not given; else it was changed, or
            moved there from another place.
    """

    place: Place
    problem: str
    lacks_key: bool


@attrs.frozen
class Loss:
    """A secret that is not stored although the server sent it.

    Attributes:
        place: The connection row; its subject is the user id.
        external_id: The key's UUID at WhiteBIT.
        outcome: ``lost`` in transit to us, ``taken`` by another party, or ``malformed``.
        at: When it was detected (aware, UTC).
    """

    place: Place
    external_id: str
    outcome: str
    at: datetime

    @property
    def user_id(self) -> str:
        """The partner's own id of the user."""
        return self.place.subject[0]


@attrs.frozen
class Holding:
    """What custody stores of one user.

    Attributes:
        origin: The server, as ``scheme://host:port``.
        client_id: The partner's client id.
        user_id: The partner's own id of the user.
        has_tokens: Whether there is a token pair.
        key: The health of the stored key; ``None`` if there is none, or it cannot be decrypted.
        findings: The rows of the user that cannot be decrypted.
    """

    origin: str
    client_id: str
    user_id: str
    has_tokens: bool
    key: KeyHealth | None
    findings: tuple[Finding, ...] = ()


@attrs.frozen
class Rotation:
    """The progress of a rotation.

    Attributes:
        rotated: Rows that were encrypted again.
        current: Rows that had the first key already, or that others deleted meanwhile.
        findings: Rows that cannot be decrypted, and so were left as they are.
    """

    rotated: int = 0
    current: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def seen(self) -> int:
        """The number of rows processed."""
        return self.rotated + self.current + len(self.findings)


class Maintenance:
    """Maintenance of a store.

    Args:
        store: The store of one partner or of several.
        sealer: All keys that its rows were encrypted with; the first is the one to rotate to.
        clock: Judges the health of keys.
    """

    def __init__(self, store: Store, sealer: Sealer, clock: Clock | None = None) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock or SystemClock()

    def places(self, *kinds: str) -> Iterator[Place]:
        """Yield the places of the rows, of the given kinds or of all.

        Raises:
            StoreUnavailable: the store failed.
        """
        for kind in kinds or KINDS:
            # A store may list lazily, and fail at any id.
            ids = iter(asked("scan", kind, lambda: self._store.scan(kind)))  # noqa: B023  # called at once
            while (id := asked("scan", kind, lambda: next(ids, None))) is not None:  # noqa: B023  # called at once
                yield Place.of(kind, id)

    def check(self) -> Iterator[Finding | None]:
        """Decrypt every row; yield for each its finding, ``None`` if it can be decrypted."""
        for place in self.places():
            yield self._opened(place)[1]

    def sealed_with(self) -> Counter[str]:
        """Count the rows by the id of the key that encrypted them."""
        found = Counter[str]()
        for place in self.places():
            row = self._row(place)
            if row is not None:
                found[self._sealer.sealed_with(row.data)] += 1
        return found

    def rotate(self, progress: Callable[[Rotation], None] = lambda _: None) -> Rotation:
        """Encrypt every row with the first key, row by row, while others read and write.

        It can be stopped at any time and run again; finished rows are not repeated. A row that
        others write in the meantime is compared and left, or encrypted again from what they
        wrote. One that cannot be decrypted is reported and left; the other rows are processed.

        Args:
            progress: Called with the progress after each row.

        Raises:
            StoreUnavailable: the store failed; finished rows stay rotated.
        """
        so_far = Rotation()
        for place in self.places():
            try:
                if self._rotate_row(place):
                    so_far = attrs.evolve(so_far, rotated=so_far.rotated + 1)
                else:
                    so_far = attrs.evolve(so_far, current=so_far.current + 1)
            except StoreUnavailable:
                raise
            except CustodyError as error:
                findings = (*so_far.findings, _finding(place, error))
                so_far = attrs.evolve(so_far, findings=findings)
            progress(so_far)
        return so_far

    def _rotate_row(self, place: Place) -> bool:
        for _ in range(_ATTEMPTS):
            row = self._row(place)
            if row is None:
                return False
            plain = self._sealer.open(row.data, place.associated)
            if self._sealer.sealed_with(row.data) == self._sealer.writes_with:
                return False
            sealed = self._sealer.seal(plain, place.associated)
            expect = row.version
            if asked(
                "write",
                place.kind,
                lambda: self._store.put(place.kind, place.id, sealed, expect),  # noqa: B023  # called at once
            ) not in (None, False):
                return True
        raise StoreConflict(
            f"the {place.kind} row was changed by others during {_ATTEMPTS} attempts to rotate it"
        )

    def losses(self, origin: str | None = None, client_id: str | None = None) -> Iterator[Loss]:
        """Yield the secrets that were lost, taken elsewhere, or never came in a readable form.

        Args:
            origin: Of this server only; other servers' rows are not decrypted.
            client_id: Of this client only, likewise.

        Raises:
            SealBroken, EncryptionKeyMissing: a row cannot be decrypted, and may contain a loss.
        """
        for place in self.places("connection"):
            if origin not in (None, place.origin) or client_id not in (None, place.client_id):
                continue
            row = self._row(place)
            if row is None:
                continue
            value = json.loads(self._sealer.open(row.data, place.associated))
            for key in value.get("keys", ()):
                if key["verdict"] is not None:
                    at = datetime.fromtimestamp(key["since"], UTC)
                    yield Loss(place, key["external_id"], key["verdict"], at)

    def holdings(self) -> Iterator[Holding]:
        """Yield what custody stores of each user, ordered by server, client and user."""
        users = {
            (place.origin, place.client_id, place.subject[0]): place
            for place in self.places("connection")
        }
        for user in sorted(users):
            yield self._holding(users[user])

    def _holding(self, user: Place) -> Holding:
        value, finding = self._opened(user)
        use, of_use = self._opened(attrs.evolve(user, kind="use"))
        user_id, row = user.subject[0], None
        if value is not None and not is_empty(value):
            try:
                row = decode(value)
            except CustodyError as error:
                finding = _finding(user, error)
        key = None if row is None else judged_key(row)
        return Holding(
            origin=user.origin,
            client_id=user.client_id,
            user_id=user_id,
            has_tokens=row is not None and row.pair is not None,
            key=None if key is None else judge(user_id, key, use, self._clock.time()),
            findings=tuple(found for found in (finding, of_use) if found),
        )

    def _opened(self, place: Place) -> tuple[Value | None, Finding | None]:
        """Return the value of a row, or why it cannot be decrypted; neither if there is none."""
        row = self._row(place)
        if row is None:
            return None, None
        try:
            value: Value = json.loads(self._sealer.open(row.data, place.associated))
        except CustodyError as error:
            finding = _finding(place, error)
        else:
            return value, None
        return None, finding

    def _row(self, place: Place) -> Row | None:
        return asked("read", place.kind, lambda: self._store.get(place.kind, place.id))


def _finding(place: Place, error: CustodyError) -> Finding:
    return Finding(place, error.message, isinstance(error, EncryptionKeyMissing))


def losses(custody: Custody) -> tuple[Loss, ...]:
    """List the losses of one partner's custody."""
    origin, client_id = custody.place("connection", ())[1:]
    return tuple(Maintenance(custody.store, custody.sealer).losses(origin, client_id))
