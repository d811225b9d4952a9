"""The protocol that every store keeps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import attrs

from ...errors import StoreUnavailable


@attrs.frozen
class Row:
    """One stored row.

    Attributes:
        data: The sealed bytes.
        version: A number that the store gives anew at every write and never gives again for
            the same row, also not after the row was deleted and made again.
        age: Seconds since the row was last put, by the store's own clock; ``None`` where the
            store keeps no time. Rows that differ in nothing else are equal.
    """

    data: bytes
    version: int
    age: float | None = attrs.field(default=None, eq=False)


class CommitUnknown(StoreUnavailable):
    """Report a write that was sent to be committed, and may have been or not.

    The answer was lost, came with a warning, or did not come in time. Reading tells what the
    database shows now, not whether that outlives a failover. To settle it, read: if your bytes
    are there, put the same bytes expecting the version that was read. Once that is
    acknowledged, they are stored. If they are not there, begin anew with what was read.
    """

    default_hint = (
        "Call again. If it persists, look at the database: a synchronous standby that does not "
        "answer, a failover, a full disk."
    )


@runtime_checkable
class Store(Protocol):
    """Keep bytes durably and compare versions: all that custody needs of a database.

    Every method may be called from any thread, blocks at most for the database's own time, and
    raises what the database raises; custody turns that into ``StoreUnavailable``.
    What a store may offer besides is described by ``Paging``, ``Expiring`` and ``Resealing``.
    """

    @property
    def durable(self) -> bool:
        """Return whether a row survives the process once ``put`` has returned."""

    def get(self, kind: str, id: str) -> Row | None:
        """Return the row, or ``None`` where there is none."""

    def put(self, kind: str, id: str, data: bytes, expect: int | None) -> bool:
        """Write the row if it is as expected, in one atomic step.

        Args:
            kind: What the row is, e.g. ``pair``.
            id: Which one, unique within the kind; up to 1,000 characters.
            data: What to keep.
            expect: The version that the row must have now; ``None``: there must be no row.

        Returns:
            Whether it was written. ``True`` means durably.
        """

    def delete(self, kind: str, id: str, expect: int) -> bool:
        """Delete the row if it has the expected version; say whether this call did it."""

    def scan(self, kind: str) -> Iterable[str]:
        """Return the ids of all rows of a kind, in any order."""


@runtime_checkable
class Paging(Protocol):
    """A store that reads many rows with one statement."""

    def page(self, kind: str, after: str | None, limit: int) -> list[tuple[str, Row]]:
        """Return up to ``limit`` rows of a kind in one fixed order, each with its id.

        Args:
            kind: What the rows are.
            after: The last id of the page before; ``None``: begin.
            limit: Rows at most; fewer mean that there are no more.
        """


@runtime_checkable
class Expiring(Protocol):
    """A store that knows when rows may go, and deletes many with one statement."""

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> bool:
        """Write as ``Store.put`` does, with the unix time from which ``sweep`` may delete it."""

    def sweep(self, kind: str, now: float, limit: int) -> int:
        """Delete up to ``limit`` rows of a kind that have expired, and return how many."""


@runtime_checkable
class Resealing(Protocol):
    """A store that replaces bytes without touching a row's age and expiry."""

    def reseal(self, kind: str, id: str, data: bytes, expect: int) -> bool:
        """Replace the bytes if the version is the expected one; the row gets a new version."""
