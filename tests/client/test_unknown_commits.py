"""Commits with an unknown outcome are settled by a confirmed write, never by a read alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from whitebit_ext import MemoryStore, generate_encryption_key
from whitebit_ext.custody.stores import CommitUnknown
from whitebit_ext.errors import StoreUnavailable

from ..looking import Custody, custody_of


class Doubtful(MemoryStore):
    """A store whose next writes end without a confirmation, done or not."""

    def __init__(self) -> None:
        super().__init__()
        self.coming: list[bool] = []
        self.puts = 0
        self.between: Callable[[], None] = lambda: None

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> int | None:
        """Write, or not, and say that nobody knows."""
        self.puts += 1
        if not self.coming:
            return super().put(kind, id, data, expect, expires_at=expires_at)
        if self.coming.pop(0):
            super().put(kind, id, data, expect, expires_at=expires_at)
        self.between()
        raise CommitUnknown("nobody knows")


@pytest.fixture
def store() -> Doubtful:
    """Return the store."""
    return Doubtful()


@pytest.fixture
def custody(store: Doubtful) -> Custody:
    """Return custody over it."""
    return custody_of(store, [generate_encryption_key()], "partner")


def test_written_bytes_are_written_again(store: Doubtful, custody: Custody) -> None:
    """Stored bytes count once the store confirms a second write of the same bytes."""
    store.coming = [True]
    assert custody.write("login", ("one",), {"used": False}, None)
    assert store.puts == 2
    held = custody.read("login", "one")
    assert held is not None
    assert custody.write("login", ("one",), {"used": True}, held.version)


def test_missing_bytes_stay_unknown(store: Doubtful, custody: Custody) -> None:
    """If the bytes are not stored, the caller decides, and nothing is overwritten."""
    store.coming = [False]
    with pytest.raises(CommitUnknown):
        custody.write("login", ("one",), {"used": False}, None)
    assert (store.puts, custody.read("login", "one")) == (1, None)


def test_another_writer_is_never_overwritten(store: Doubtful, custody: Custody) -> None:
    """A row that another process has changed keeps its new content."""
    store.coming = [True]

    def intrude() -> None:
        store.between = lambda: None
        held = custody.read("login", "one")
        assert held is not None
        custody.write("login", ("one",), {"by": "another"}, held.version)

    store.between = intrude
    with pytest.raises(CommitUnknown):
        custody.write("login", ("one",), {"used": False}, None)
    held = custody.read("login", "one")
    assert held is not None
    assert held.value == {"by": "another"}


def test_retries_are_limited(store: Doubtful, custody: Custody) -> None:
    """If a standby leaves every commit unknown, the error is raised after three attempts."""
    store.coming = [True] * 10
    with pytest.raises(StoreUnavailable):
        custody.write("login", ("one",), {"used": False}, None)
    assert store.puts == 3
