"""The store in memory: versions are never reused, and every race has one winner."""

from __future__ import annotations

import threading

import pytest

from whitebit_ext import MemoryStore, Store
from whitebit_ext.custody.stores import Row


@pytest.fixture
def store() -> MemoryStore:
    """Return an empty store."""
    return MemoryStore()


def stored(store: MemoryStore, id: str = "a", kind: str = "pair") -> Row:
    """Return a row that is there."""
    row = store.get(kind, id)
    assert row is not None
    return row


def test_memory_store_is_not_durable(store: MemoryStore) -> None:
    """It implements the protocol, and says that it is not durable."""
    assert isinstance(store, Store)
    assert not store.durable
    assert not store.volatile
    assert MemoryStore(volatile=True).volatile


def test_row_is_created_once(store: MemoryStore) -> None:
    """If no row is expected, only the first write succeeds."""
    assert store.put("pair", "a", b"1", None)
    assert not store.put("pair", "a", b"2", None)
    assert stored(store).data == b"1"


def test_put_needs_the_current_version(store: MemoryStore) -> None:
    """A write succeeds if the row has the expected version, and changes the version."""
    store.put("pair", "a", b"1", None)
    first = stored(store)
    assert store.put("pair", "a", b"2", first.version)
    assert stored(store).data == b"2"
    assert stored(store).version != first.version
    assert not store.put("pair", "a", b"3", first.version)
    assert stored(store).data == b"2"


def test_missing_row_is_not_replaced(store: MemoryStore) -> None:
    """A write that expects a version creates no row."""
    assert not store.put("pair", "a", b"1", 1)
    assert store.get("pair", "a") is None


def test_delete_needs_the_current_version(store: MemoryStore) -> None:
    """A delete needs the version, succeeds once, and returns whether it did."""
    store.put("pair", "a", b"1", None)
    version = stored(store).version
    assert not store.delete("pair", "a", version + 1)
    assert store.delete("pair", "a", version)
    assert not store.delete("pair", "a", version)
    assert store.get("pair", "a") is None


def test_version_is_never_reused(store: MemoryStore) -> None:
    """A row that was deleted and created again has a new version."""
    seen = set()
    for _ in range(5):
        store.put("pair", "a", b"1", None)
        version = stored(store).version
        assert version not in seen
        seen.add(version)
        store.delete("pair", "a", version)


def test_kinds_and_ids_are_separate(store: MemoryStore) -> None:
    """Rows with different kinds or ids are different rows, and are listed by kind."""
    for kind, id in (("pair", "a"), ("pair", "b"), ("key", "a")):
        store.put(kind, id, f"{kind}{id}".encode(), None)
    assert sorted(store.scan("pair")) == ["a", "b"]
    assert list(store.scan("key")) == ["a"]
    assert list(store.scan("login")) == []
    assert stored(store, "a", "key").data == b"keya"


def test_rows_may_change_during_a_scan(store: MemoryStore) -> None:
    """Rows may be deleted while their ids are listed."""
    for id in "abc":
        store.put("login", id, b"", None)
    for id in store.scan("login"):
        assert store.delete("login", id, stored(store, id, "login").version)
    assert list(store.scan("login")) == []


def test_store_copies_the_bytes(store: MemoryStore) -> None:
    """The store keeps its own copy of the bytes."""
    data = bytearray(b"1")
    store.put("pair", "a", data, None)  # type: ignore[arg-type]  # what drivers give
    data[:] = b"2"
    assert stored(store).data == b"1"


def test_one_of_many_writers_wins(store: MemoryStore) -> None:
    """Of 16 threads that replace the same version, one succeeds."""
    store.put("pair", "a", b"0", None)
    version = stored(store).version
    start, won = threading.Barrier(16), []

    def write(number: int) -> None:
        start.wait()
        if store.put("pair", "a", str(number).encode(), version):
            won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert stored(store).data == str(won[0]).encode()
