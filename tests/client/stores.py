"""Stores that fail, or tell what was done to them, for tests of what stands above."""

from __future__ import annotations

import threading
from collections.abc import Callable

from whitebit_ext import MemoryStore, Row


class WatchedStore(MemoryStore):
    """A store that notes each write, and fails where a test says so.

    Attributes:
        wrote: Kinds of the rows that were written, in order.
        fails: Asked before each write, with the kind; the write fails if it says so.
        watch: Called after each write that held, with the kind.
    """

    def __init__(self) -> None:
        super().__init__()
        self.wrote: list[str] = []
        self.fails: Callable[[str], bool] = lambda _: False
        self.watch: Callable[[str], None] = lambda _: None
        self._noting = threading.Lock()

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> int | None:
        """Write, or fail."""
        if self.fails(kind):
            raise ConnectionError("the database is away")
        held = super().put(kind, id, data, expect, expires_at=expires_at)
        if held:
            with self._noting:
                self.wrote.append(kind)
            self.watch(kind)
        return held


class CountingStore(MemoryStore):
    """A store that notes each call.

    Attributes:
        calls: The method and the kind of each call, in order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def get(self, kind: str, id: str) -> Row | None:
        """Note, and read."""
        self.calls.append(f"get {kind}")
        return super().get(kind, id)

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> int | None:
        """Note, and write."""
        self.calls.append(f"put {kind}")
        return super().put(kind, id, data, expect, expires_at=expires_at)

    def delete(self, kind: str, id: str, expect: int) -> bool:
        """Note, and delete."""
        self.calls.append(f"delete {kind}")
        return super().delete(kind, id, expect)

    def scan(self, kind: str) -> list[str]:
        """Note, and list."""
        self.calls.append(f"scan {kind}")
        return super().scan(kind)

    def sweep(self, kind: str, now: float, limit: int) -> int:
        """Note, and sweep."""
        self.calls.append(f"sweep {kind}")
        return super().sweep(kind, now, limit)
