"""A store over a database that fails where a proof wants it to, in each of three ways."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Literal, TypeVar

from whitebit_ext.custody.stores import Row, SQLStore

T = TypeVar("T")

Way = Literal["raise", "raise after", "hang"]
"""Fail at once; do it, and fail to say so; or hang for a while, and then fail."""
HANG = 0.2


class DatabaseGoneError(Exception):
    """Stand for whatever a database raises."""


class FailingStore:
    """A store that fails, a number of times, in a way, at calls of a method on a kind."""

    durable = True

    def __init__(self, store: SQLStore) -> None:
        self._store = store
        self.mend()

    def mend(self) -> None:
        """Work properly from now on."""
        self._way: Way = "raise"
        self._fails: Callable[[str, str], bool] = lambda method, kind: False
        self._left = 0

    def fail(
        self, fails: Callable[[str, str], bool], way: Way = "raise", times: int = 1_000_000
    ) -> None:
        """Fail from now on."""
        self._fails, self._way, self._left = fails, way, times

    def get(self, kind: str, id: str) -> Row | None:
        """Return the row, or ``None``."""
        return self._done("get", kind, lambda: self._store.get(kind, id))

    def put(self, kind: str, id: str, data: bytes, expect: int | None) -> int | bool | None:
        """Write the row if its version is the expected one."""
        return self._done("put", kind, lambda: self._store.put(kind, id, data, expect))

    def delete(self, kind: str, id: str, expect: int) -> bool:
        """Delete the row if its version is the expected one."""
        return self._done("delete", kind, lambda: self._store.delete(kind, id, expect))

    def scan(self, kind: str) -> Iterable[str]:
        """Return the ids of a kind."""
        return self._store.scan(kind)

    def _done(self, method: str, kind: str, call: Callable[[], T]) -> T:
        if self._left <= 0 or not self._fails(method, kind):
            return call()
        self._left -= 1
        if self._way == "hang":
            time.sleep(HANG)
        if self._way == "raise after":
            call()
        raise DatabaseGoneError("the database is gone")
