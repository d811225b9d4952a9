"""The protocol of stores."""

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
        version: A number that changes with every write and is never reused for the same row, not
            even after the row was deleted and created again.
        age: Seconds since the last ``put``, by the store's clock; ``None`` if the store keeps no
            time. It is not compared for equality.
    """

    data: bytes
    version: int
    age: float | None = attrs.field(default=None, eq=False)


class CommitUnknown(StoreUnavailable):
    """A write whose commit was sent, with an unknown outcome.

    The result was lost, came with a warning, or was late. Reading shows the current row, not
    whether it survives a failover. To settle it, read the row: if it has your bytes, put the same
    bytes, expecting the version that was read; once that is acknowledged, they are stored.
    Otherwise start again from the row that was read.
    """

    default_hint = (
        "Call again. If it persists, check the database: a synchronous standby that does not "
        "respond, a failover, a full disk."
    )


@runtime_checkable
class Store(Protocol):
    """A durable store of bytes with versions: all that custody needs from a database.

    Every method may be called from any thread and may block, but not forever. It raises the
    database's own errors, which custody converts to ``StoreUnavailable``. ``Paging``, ``Expiring``,
    ``Resealing`` and ``Scrubbing`` describe optional features, which custody uses where a store has
    them.
    """

    @property
    def durable(self) -> bool:
        """Whether a row survives the process once ``put`` has returned."""

    def get(self, kind: str, id: str) -> Row | None:
        """Return the row, or ``None`` if there is none."""

    def put(self, kind: str, id: str, data: bytes, expect: int | None) -> int | bool | None:
        """Write the row if it is as expected, in one atomic step.

        Args:
            kind: The kind of row, e.g. ``connection``.
            id: The row's id, unique within the kind; up to 1,000 characters.
            data: The bytes to store.
            expect: The version that the row must have, or ``None`` if it must not exist.

        Returns:
            The version that was written, durably; ``None`` if the row had another version. A store
            may return ``True`` and ``False`` instead: the row is then read after each write.
        """

    def delete(self, kind: str, id: str, expect: int) -> bool:
        """Delete the row if it has the expected version; return whether this call deleted it."""

    def scan(self, kind: str) -> Iterable[str]:
        """Return the ids of all rows of a kind, in any order."""


@runtime_checkable
class Paging(Protocol):
    """A store that reads many rows with one statement."""

    def page(self, kind: str, after: str | None, limit: int) -> list[tuple[str, Row]]:
        """Return up to ``limit`` rows of a kind with their ids, in the order of the ids' bytes.

        Args:
            kind: The kind of rows.
            after: The last id of the previous page, or ``None`` for the first page.
            limit: Maximum number of rows; fewer mean that there are no more.
        """


@runtime_checkable
class Expiring(Protocol):
    """A store whose rows can expire, and that deletes many with one statement."""

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> int | bool | None:
        """Write like ``Store.put``, with the unix time from which ``sweep`` may delete the row."""

    def sweep(self, kind: str, now: float, limit: int) -> int:
        """Delete up to ``limit`` expired rows of a kind and return how many."""


@runtime_checkable
class Resealing(Protocol):
    """A store that replaces bytes without changing a row's age and expiry."""

    def reseal(self, kind: str, id: str, data: bytes, expect: int) -> bool:
        """Replace the bytes if the row has the expected version; the row gets a new version."""


@runtime_checkable
class Scrubbing(Protocol):
    """A store whose files keep deleted rows for a while, and that can remove them."""

    def scrub(self) -> None:
        """Remove deleted rows from the files as far as possible while others use them."""
