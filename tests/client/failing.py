"""A store over memory that fails where a test wants it to."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from whitebit_ext.custody.stores import MemoryStore, Row


class DiskFullError(Exception):
    """Stand for whatever a database raises."""


class FailingStore:
    """Keep rows in memory, and do to each call what a test says.

    Attributes:
        durable: As a store has it; true, so that nothing is refused for being volatile.
        fails: Says whether a call of a method on a kind raises.
        forgets: Says whether a `put` of a kind is acknowledged and not done.
        spoils: Says whether a `get` of a kind gives bytes that were never written.
        before: Is called before each call with the method and the kind.
    """

    durable = True

    def __init__(self) -> None:
        self._rows = MemoryStore()
        self.mend()

    def mend(self) -> None:
        """Work properly from now on."""
        self.fails: Callable[[str, str], bool] = lambda method, kind: False
        self.forgets: Callable[[str], bool] = lambda kind: False
        self.spoils: Callable[[str], bool] = lambda kind: False
        self.before: Callable[[str, str], None] = lambda method, kind: None

    def _begin(self, method: str, kind: str) -> None:
        self.before(method, kind)
        if self.fails(method, kind):
            raise DiskFullError("the disk is full")

    def get(self, kind: str, id: str) -> Row | None:
        """Return the row, or ``None``."""
        self._begin("get", kind)
        row = self._rows.get(kind, id)
        return Row(b"spoiled" * 10, row.version if row else 1) if self.spoils(kind) else row

    def put(self, kind: str, id: str, data: bytes, expect: int | None) -> int | bool | None:
        """Write the row if its version is the expected one."""
        self._begin("put", kind)
        return self.forgets(kind) or self._rows.put(kind, id, data, expect)

    def delete(self, kind: str, id: str, expect: int) -> bool:
        """Delete the row if its version is the expected one."""
        self._begin("delete", kind)
        return self._rows.delete(kind, id, expect)

    def scan(self, kind: str) -> Iterable[str]:
        """Return the ids of a kind."""
        self._begin("scan", kind)
        return self._rows.scan(kind)

    def rows(self, kind: str) -> list[bytes]:
        """Return the bytes of every row of a kind."""
        found = (self._rows.get(kind, id) for id in self._rows.scan(kind))
        return [row.data for row in found if row]
