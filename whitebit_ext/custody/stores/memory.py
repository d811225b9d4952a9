"""A store in this process's memory."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable

import attrs

from ...runtime.forks import watch_forks
from .base import Row


@attrs.define
class _Kept:
    data: bytes
    version: int
    written_at: float
    expires_at: float | None


class MemoryStore:
    """A store in this process's memory, for tests, demos and the sandbox.

    Rows are lost when the process ends, and are not visible to other processes. Secrets that can
    be retrieved only once are refused unless the server is on loopback or ``volatile=True``.

    Args:
        volatile: Accept secrets that can be retrieved only once.
        clock: Returns seconds, for the age of rows; for tests.
    """

    def __init__(
        self, *, volatile: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.volatile = volatile
        self._clock = clock
        self._rows: dict[tuple[str, str], _Kept] = {}
        self._versions = itertools.count(1)
        self._lock = threading.Lock()
        watch_forks(self)

    def after_fork(self) -> None:
        """Replace a lock that another thread of the parent may have held."""
        self._lock = threading.Lock()

    @property
    def durable(self) -> bool:
        """Return ``False``: no row survives the process."""
        return False

    def get(self, kind: str, id: str) -> Row | None:
        """Return the row, or ``None``."""
        with self._lock:
            kept = self._rows.get((kind, id))
            return self._row(kept) if kept else None

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> int | None:
        """Write the row if its version is the expected one, and return the new one."""
        with self._lock:
            if not self._is(kind, id, expect):
                return None
            kept = _Kept(bytes(data), next(self._versions), self._clock(), expires_at)
            self._rows[kind, id] = kept
            return kept.version

    def reseal(self, kind: str, id: str, data: bytes, expect: int) -> bool:
        """Replace the bytes if the row has the expected version; age and expiry are kept."""
        with self._lock:
            if not self._is(kind, id, expect):
                return False
            kept = self._rows[kind, id]
            kept.data, kept.version = bytes(data), next(self._versions)
            return True

    def delete(self, kind: str, id: str, expect: int) -> bool:
        """Delete the row if it has the expected version."""
        with self._lock:
            if not self._is(kind, id, expect):
                return False
            del self._rows[kind, id]
            return True

    def scan(self, kind: str) -> list[str]:
        """Return the ids of a kind."""
        with self._lock:
            return [id for held, id in self._rows if held == kind]

    def page(self, kind: str, after: str | None, limit: int) -> list[tuple[str, Row]]:
        """Return up to ``limit`` rows of a kind after an id, in the order of ids."""
        with self._lock:
            ids = sorted(
                id for held, id in self._rows if held == kind and (after is None or id > after)
            )
            return [(id, self._row(self._rows[kind, id])) for id in ids[:limit]]

    def sweep(self, kind: str, now: float, limit: int) -> int:
        """Delete up to ``limit`` expired rows of a kind, the oldest first."""
        with self._lock:
            due = sorted(
                (kept.expires_at, place)
                for place, kept in self._rows.items()
                if place[0] == kind and kept.expires_at is not None and kept.expires_at <= now
            )
            for _, place in due[:limit]:
                del self._rows[place]
            return len(due[:limit])

    def _is(self, kind: str, id: str, expect: int | None) -> bool:
        kept = self._rows.get((kind, id))
        return (kept.version if kept else None) == expect

    def _row(self, kept: _Kept) -> Row:
        return Row(kept.data, kept.version, self._clock() - kept.written_at)
