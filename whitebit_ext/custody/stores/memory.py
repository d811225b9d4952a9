"""A store in this process's memory."""

from __future__ import annotations

import itertools
import threading

from ...runtime.forks import watch_forks
from .base import Row


class MemoryStore:
    """Keep rows in this process, for tests, demos and the sandbox.

    It forgets everything when the process ends, and other processes do not see it. A once-only
    secret is not taken into it unless the server is on loopback or ``volatile=True`` says that
    the caller knows.

    Args:
        volatile: Take once-only secrets all the same.
    """

    def __init__(self, *, volatile: bool = False) -> None:
        self.volatile = volatile
        self._rows: dict[tuple[str, str], Row] = {}
        self._versions = itertools.count(1)
        self._lock = threading.Lock()
        watch_forks(self)

    def after_fork(self) -> None:
        """Replace a lock that another thread of the parent may have held."""
        self._lock = threading.Lock()

    @property
    def durable(self) -> bool:
        """Tell that no row survives the process."""
        return False

    def get(self, kind: str, id: str) -> Row | None:
        """Return the row, or ``None``."""
        with self._lock:
            return self._rows.get((kind, id))

    def put(self, kind: str, id: str, data: bytes, expect: int | None) -> bool:
        """Write the row if its version is the expected one."""
        with self._lock:
            row = self._rows.get((kind, id))
            if (row.version if row else None) != expect:
                return False
            self._rows[kind, id] = Row(bytes(data), next(self._versions))
            return True

    def delete(self, kind: str, id: str, expect: int) -> bool:
        """Delete the row if its version is the expected one."""
        with self._lock:
            row = self._rows.get((kind, id))
            if row is None or row.version != expect:
                return False
            del self._rows[kind, id]
            return True

    def scan(self, kind: str) -> list[str]:
        """Return the ids of a kind."""
        with self._lock:
            return [id for held, id in self._rows if held == kind]
