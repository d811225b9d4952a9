"""Stores that fail, or tell what was done to them, for tests of what stands above."""

from __future__ import annotations

import threading
from collections.abc import Callable

from whitebit_ext import MemoryStore


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
