"""Reads, checks, rotates and judges the rows of a store, one page at a time."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import attrs

from ..custody.asked import asked, every_row
from ..custody.connection import decode, is_empty
from ..custody.rows import KINDS, Custody, Value
from ..custody.sealing import Sealer
from ..custody.stores import Resealing, Row, Store
from ..errors import CustodyError, EncryptionKeyMissing, StoreConflict, StoreUnavailable
from ..keys.health import judge, judged_key, report_disuse
from ..keys.records import KeyHealth
from ..runtime.clock import Clock, SystemClock
from .values import Finding, Holding, Loss, Place, Rotation

log = logging.getLogger("whitebit_ext")

_ATTEMPTS = 50


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

    def rows(
        self, *kinds: str, origin: str | None = None, client_id: str | None = None
    ) -> Iterator[tuple[Place, Row]]:
        """Yield the rows page by page: of the given kinds, server and client, or of all.

        Raises:
            StoreUnavailable: the store failed.
        """
        for kind in kinds or KINDS:
            for id, row in every_row(self._store, kind):
                place = Place.of(kind, id)
                if origin in (None, place.origin) and client_id in (None, place.client_id):
                    yield place, row

    def check(self) -> Iterator[Finding | None]:
        """Decrypt every row; yield for each its finding, ``None`` if it can be decrypted."""
        for place, row in self.rows():
            yield self._opened(place, row)[1]

    def sealed_with(self) -> Counter[str]:
        """Count the rows by the id of the key that encrypted them."""
        found = Counter[str]()
        for _, row in self.rows():
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
        for place, row in self.rows():
            try:
                if self._rotate_row(place, row):
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

    def _rotate_row(self, place: Place, row: Row | None) -> bool:
        for _ in range(_ATTEMPTS):
            if row is None:
                return False
            plain = self._sealer.open(row.data, place.associated)
            if self._sealer.sealed_with(row.data) == self._sealer.writes_with:
                return False
            sealed = self._sealer.seal(plain, place.associated)
            if self._replace(place, sealed, row.version):
                return True
            row = self._row(place)
        raise StoreConflict(
            f"the {place.kind} row was changed by others during {_ATTEMPTS} attempts to rotate it"
        )

    def _replace(self, place: Place, sealed: bytes, expect: int) -> bool:
        """Replace the bytes of a row; its age and its expiry stay where the store can keep them."""
        store = self._store
        if isinstance(store, Resealing):
            return asked(
                "write", place.kind, lambda: store.reseal(place.kind, place.id, sealed, expect)
            )
        wrote = asked("write", place.kind, lambda: store.put(place.kind, place.id, sealed, expect))
        return wrote not in (None, False)

    def losses(self, origin: str | None = None, client_id: str | None = None) -> Iterator[Loss]:
        """Yield the secrets that were lost, taken elsewhere, or never came in a readable form.

        A row that cannot be decrypted is yielded as ``unreadable``: it may contain a loss.

        Args:
            origin: Of this server only; other servers' rows are not decrypted.
            client_id: Of this client only, likewise.

        Raises:
            StoreUnavailable: the store failed.
        """
        for place, row in self.rows("connection", "lost", origin=origin, client_id=client_id):
            value, finding = self._opened(place, row)
            if value is None:
                problem = "" if finding is None else finding.problem
                yield Loss(place, "", "unreadable", self._now(), problem)
                continue
            if place.kind == "lost":
                at = datetime.fromtimestamp(value["at"], UTC)
                yield Loss(place, place.subject[0], value["outcome"], at)
            for key in value.get("keys", ()):
                if key["verdict"] is not None:
                    at = datetime.fromtimestamp(key["since"], UTC)
                    yield Loss(place, key["external_id"], key["verdict"], at)

    def holdings(
        self, origin: str | None = None, client_id: str | None = None
    ) -> Iterator[Holding]:
        """Yield what custody stores of each user, in the store's order, one page at a time."""
        uses = dict(every_row(self._store, "use"))
        for place, row in self.rows("connection", origin=origin, client_id=client_id):
            yield self._holding(place, row, uses.get(place.id))

    def _holding(self, user: Place, row: Row, use: Row | None) -> Holding:
        value, finding = self._opened(user, row)
        user_id, connection = user.subject[0], None
        if value is not None and not is_empty(value):
            try:
                connection = decode(value)
            except CustodyError as error:
                finding = _finding(user, error)
        key, health, of_use = None if connection is None else judged_key(connection), None, None
        if key is not None:
            used, of_use = self._opened(attrs.evolve(user, kind="use"), use)
            health = judge(user_id, key, used, self._clock.time())
        return Holding(
            origin=user.origin,
            client_id=user.client_id,
            user_id=user_id,
            has_tokens=connection is not None and connection.pair is not None,
            key=health,
            findings=tuple(found for found in (finding, of_use) if found),
        )

    def _opened(self, place: Place, row: Row | None) -> tuple[Value | None, Finding | None]:
        """Return the value of a row, or why it cannot be decrypted; neither if there is none."""
        if row is None:
            return None, None
        try:
            value: Value = json.loads(self._sealer.open(row.data, place.associated))
        except CustodyError as error:
            finding = _finding(place, error)
        else:
            return value, None
        return None, finding

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.time(), UTC)

    def _row(self, place: Place) -> Row | None:
        return asked("read", place.kind, lambda: self._store.get(place.kind, place.id))


def _finding(place: Place, error: CustodyError) -> Finding:
    return Finding(place, error.message, isinstance(error, EncryptionKeyMissing))


def losses(custody: Custody) -> tuple[Loss, ...]:
    """List the losses of one partner's custody."""
    return tuple(_of(custody).losses(*custody.place("connection", ())[1:]))


def key_health(custody: Custody) -> tuple[KeyHealth, ...]:
    """Judge the stored keys of one partner's custody; a broken row is logged."""
    found = []
    for holding in _of(custody).holdings(*custody.place("connection", ())[1:]):
        for finding in holding.findings:
            log.error("the key of user %s was not judged: %s", holding.user_id, finding.problem)
        if holding.key is not None:
            report_disuse(custody, holding.key)
            found.append(holding.key)
    return tuple(found)


def _of(custody: Custody) -> Maintenance:
    return Maintenance(custody.store, custody.sealer, custody.clock)
