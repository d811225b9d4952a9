"""What tests of custody as a whole share: a store that is interrupted, filled and looked after."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from whitebit_ext import MemoryStore, Region, generate_encryption_key
from whitebit_ext.custody.rows import KINDS, Custody
from whitebit_ext.custody.sealing import Sealer
from whitebit_ext.custody.stores import Row
from whitebit_ext.maintenance import Maintenance
from whitebit_ext.regions import Server
from whitebit_ext.runtime.clock import SystemClock

from .failing import FailingStore

OLD, NEW, OTHER = (generate_encryption_key() for _ in range(3))
GLOBAL, EU = Server.of(Region.GLOBAL), Server.of(Region.EU)


class InterruptedStore(MemoryStore):
    """A store that does something of a test's after each read, or before each write."""

    def __init__(self) -> None:
        super().__init__()
        self.mend()

    def mend(self) -> None:
        """Do nothing but what a store does."""
        self.after: Callable[[str, str], None] = lambda kind, id: None
        self.before: Callable[[str, str], None] = lambda kind, id: None

    def get(self, kind: str, id: str) -> Row | None:
        """Return the row, as it was before something is done."""
        row = super().get(kind, id)
        self.after(kind, id)
        return row

    def page(self, kind: str, after: str | None, limit: int) -> list[tuple[str, Row]]:
        """Return the rows, as they were before something is done."""
        rows = super().page(kind, after, limit)
        for id, _ in rows:
            self.after(kind, id)
        return rows

    def reseal(self, kind: str, id: str, data: bytes, expect: int) -> bool:
        """Replace the bytes if the row has the expected version."""
        self.before(kind, id)
        return super().reseal(kind, id, data, expect)

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> int | None:
        """Write the row if its version is the expected one."""
        self.before(kind, id)
        return super().put(kind, id, data, expect, expires_at=expires_at)


@pytest.fixture(name="store")
def interrupted_store() -> InterruptedStore:
    """Return an empty store."""
    return InterruptedStore()


def over(
    store: MemoryStore | FailingStore, *keys: str, server: Server = GLOBAL, client: str = "client"
) -> Custody:
    """Return the custody of one process, with its keys."""
    return Custody(store, Sealer(keys or [OLD]), server, client, SystemClock())


def fill(custody: Custody, count: int = 10) -> None:
    """Write some rows of every kind."""
    for number in range(count):
        for kind in KINDS:
            assert custody.write(kind, (f"user-{number} é",), {"number": number}, None)


def maintained(store: MemoryStore | FailingStore, *keys: str) -> Maintenance:
    """Return what an operator holds."""
    return Maintenance(store, Sealer(keys))


def broken(maintenance: Maintenance) -> list[tuple[str, tuple[str, ...]]]:
    """Return kind and subject of each row that does not open."""
    return [
        (finding.place.kind, finding.place.subject) for finding in maintenance.check() if finding
    ]
