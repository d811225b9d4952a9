"""The store in memory: versions that never come again, and one winner of every race."""

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


def test_it_is_a_store_that_forgets(store: MemoryStore) -> None:
    """It keeps the protocol, and says that it is not durable."""
    assert isinstance(store, Store)
    assert not store.durable
    assert not store.volatile
    assert MemoryStore(volatile=True).volatile


def test_a_row_is_made_once(store: MemoryStore) -> None:
    """Expecting no row, only the first write holds."""
    assert store.put("pair", "a", b"1", None)
    assert not store.put("pair", "a", b"2", None)
    assert stored(store).data == b"1"


def test_a_row_is_replaced_by_whoever_saw_it_last(store: MemoryStore) -> None:
    """A write holds if the row has the expected version, and gives it another."""
    store.put("pair", "a", b"1", None)
    first = stored(store)
    assert store.put("pair", "a", b"2", first.version)
    assert stored(store).data == b"2"
    assert stored(store).version != first.version
    assert not store.put("pair", "a", b"3", first.version)
    assert stored(store).data == b"2"


def test_a_missing_row_is_not_replaced(store: MemoryStore) -> None:
    """A write that expects a version makes no row."""
    assert not store.put("pair", "a", b"1", 1)
    assert store.get("pair", "a") is None


def test_a_row_is_deleted_by_whoever_saw_it_last(store: MemoryStore) -> None:
    """A delete wants the version, works once, and is told from none."""
    store.put("pair", "a", b"1", None)
    version = stored(store).version
    assert not store.delete("pair", "a", version + 1)
    assert store.delete("pair", "a", version)
    assert not store.delete("pair", "a", version)
    assert store.get("pair", "a") is None


def test_a_version_never_comes_again(store: MemoryStore) -> None:
    """A row that was deleted and made anew has no version that was ever seen."""
    seen = set()
    for _ in range(5):
        store.put("pair", "a", b"1", None)
        version = stored(store).version
        assert version not in seen
        seen.add(version)
        store.delete("pair", "a", version)


def test_kinds_and_ids_are_apart(store: MemoryStore) -> None:
    """Rows of one id and two kinds, or of two ids, are different rows, and are listed so."""
    for kind, id in (("pair", "a"), ("pair", "b"), ("key", "a")):
        store.put(kind, id, f"{kind}{id}".encode(), None)
    assert sorted(store.scan("pair")) == ["a", "b"]
    assert list(store.scan("key")) == ["a"]
    assert list(store.scan("login")) == []
    assert stored(store, "a", "key").data == b"keya"


def test_a_scan_bears_changes(store: MemoryStore) -> None:
    """Rows may be deleted while their ids are gone through."""
    for id in "abc":
        store.put("login", id, b"", None)
    for id in store.scan("login"):
        assert store.delete("login", id, stored(store, id, "login").version)
    assert list(store.scan("login")) == []


def test_what_was_stored_does_not_change_with_what_was_given(store: MemoryStore) -> None:
    """The store keeps bytes of its own."""
    data = bytearray(b"1")
    store.put("pair", "a", data, None)  # type: ignore[arg-type]  # what drivers give
    data[:] = b"2"
    assert stored(store).data == b"1"


def test_one_of_many_writers_wins(store: MemoryStore) -> None:
    """Of 16 threads that replace the same version, one does."""
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
