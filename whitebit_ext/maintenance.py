"""What an operator does with custody as a whole: list, check, rotate, and look for losses.

It works on a store and encryption keys alone, over all servers and clients in the store; no
partner credentials are needed, nothing is sent anywhere, and no value is ever returned.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import attrs

from .custody import KINDS
from .errors import CustodyError, SealBroken, StoreConflict
from .sealing import Sealer
from .stores import Row, Store

_ATTEMPTS = 50
_DECIDED = ("lost", "taken", "malformed")


@attrs.frozen
class Place:
    """Where a row stands.

    Attributes:
        kind: What it is, e.g. ``key``.
        origin: The server, as ``scheme://host:port``.
        client_id: The partner's client id.
        subject: Which one, e.g. the user id.
    """

    kind: str
    origin: str
    client_id: str
    subject: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id of the row in the store."""
        return json.dumps([self.origin, self.client_id, *self.subject], separators=(",", ":"))

    @property
    def associated(self) -> tuple[str, ...]:
        """What the row's seal is bound to."""
        return (self.kind, self.origin, self.client_id, *self.subject)


@attrs.frozen
class Finding:
    """A row that does not open, and why."""

    place: Place
    problem: str


@attrs.frozen
class Loss:
    """A secret that nobody here holds although the server gave it out.

    Attributes:
        place: Which claim it is; its subject is the user id and the key's external id.
        outcome: ``lost`` on the way to us, ``taken`` by somebody else, or ``malformed``.
        at: When it was noticed (aware, UTC).
    """

    place: Place
    outcome: str
    at: datetime

    @property
    def user_id(self) -> str:
        """The partner's own id of the user."""
        return self.place.subject[0]

    @property
    def external_id(self) -> str:
        """The key's UUID at WhiteBIT."""
        return self.place.subject[1]


@attrs.frozen
class Rotation:
    """How far a rotation came: rows sealed anew, and rows that had the first key already."""

    rotated: int
    current: int


class Maintenance:
    """Look over a store.

    Args:
        store: The store of one partner or of several.
        sealer: All keys that its rows were sealed with; the first is the one to rotate to.
    """

    def __init__(self, store: Store, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer

    def places(self, *kinds: str) -> Iterator[Place]:
        """Yield where rows stand, of the given kinds or of all."""
        for kind in kinds or KINDS:
            for id in self._store.scan(kind):
                yield _place(kind, id)

    def check(self) -> Iterator[Finding]:
        """Open every row, and yield those that do not open."""
        for place in self.places():
            row = self._store.get(place.kind, place.id)
            if row is None:
                continue
            try:
                self._sealer.open(row.data, place.associated)
            except CustodyError as error:
                problem = error.message
            else:
                continue
            yield Finding(place, problem)

    def rotate(self) -> Rotation:
        """Seal every row with the first key, row by row, while others read and write.

        It can be stopped anywhere and run again: what is done is not done twice. A row that is
        written in the meantime by others is compared and left, or sealed anew from what they
        wrote.

        Raises:
            SealBroken, EncryptionKeyMissing: a row does not open; the rows before it are done.
        """
        rotated = current = 0
        for place in self.places():
            if self._rotate_row(place):
                rotated += 1
            else:
                current += 1
        return Rotation(rotated, current)

    def _rotate_row(self, place: Place) -> bool:
        for _ in range(_ATTEMPTS):
            row: Row | None = self._store.get(place.kind, place.id)
            if row is None or self._sealer.sealed_with(row.data) == self._sealer.writes_with:
                return False
            plain = self._sealer.open(row.data, place.associated)
            sealed = self._sealer.seal(plain, place.associated)
            if self._store.put(place.kind, place.id, sealed, row.version):
                return True
        raise StoreConflict(f"the {place.kind} row changed {_ATTEMPTS} times while it was rotated")

    def losses(self) -> Iterator[Loss]:
        """Yield the secrets that were lost, taken elsewhere, or never came in a readable form."""
        for place in self.places("claim"):
            row = self._store.get(place.kind, place.id)
            if row is None:
                continue
            value = json.loads(self._sealer.open(row.data, place.associated))
            if value["state"] in _DECIDED:
                yield Loss(place, value["state"], datetime.fromtimestamp(value["at"], UTC))


def _place(kind: str, id: str) -> Place:
    try:
        origin, client_id, *subject = json.loads(id)
    except ValueError:
        pass
    else:
        return Place(kind, origin, client_id, tuple(subject))
    raise SealBroken(f"a {kind} row has an id that this library did not make")
