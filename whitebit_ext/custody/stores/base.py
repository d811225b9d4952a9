"""The protocol that every store keeps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol, runtime_checkable


class Row(NamedTuple):
    """One stored row.

    Attributes:
        data: The sealed bytes.
        version: A number that the store gives anew at every write and never gives again for
            the same row, also not after the row was deleted and made again.
    """

    data: bytes
    version: int


@runtime_checkable
class Store(Protocol):
    """Keep bytes durably and compare versions: all that custody needs of a database.

    Every method may be called from any thread, blocks at most for the database's own time, and
    raises what the database raises; custody turns that into ``StoreUnavailable``.
    """

    @property
    def durable(self) -> bool:
        """Tell whether a row survives the process once ``put`` has returned."""

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
