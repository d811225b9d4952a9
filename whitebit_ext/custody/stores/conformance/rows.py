"""Guarantees for one caller: reading, writing by version, deleting, listing."""

from __future__ import annotations

import os

import pytest

from ..base import Store
from .opening import Opened, must_get

_IDS = (
    "plain",
    "Plain",
    "plain ",
    " plain",
    "plain\t",
    "0",
    "00",
    "'; DROP TABLE rows; --",
    '["https://whitebit.com","client","user"]',
    "back\\slash",
    "per%cent_and_underscore",
    ":named $1 ? %s {0}",
    "two\nlines\r\n",
    "päivää",
    "pa\u0308iva\u0308a\u0308",  # the same letters in another normalization: another id
    "日本語",
    "\U0001f511\U0001f512",
    "\u0131",
    "ß",
    "ss",
    "a/b:c*d",
    "x" * 1000,
    "x" * 999 + "y",
    "é" * 400 + "z" * 600,
)


class RowConformance(Opened):
    """Tests of a single caller."""

    def test_keeps_the_protocol(self, store: Store) -> None:
        """The store has the five names of the protocol, and `durable` is a bool."""
        assert isinstance(store, Store)
        assert isinstance(store.durable, bool)

    def test_absent_row_is_none(self, store: Store, kind: str) -> None:
        """`get` of a missing row returns `None`, and a kind without rows has no ids."""
        assert store.get(kind, "nobody") is None
        assert list(store.scan(kind)) == []

    def test_written_row_is_read(self, store: Store, kind: str) -> None:
        """A row that was written comes back with its bytes and an integer version."""
        assert bool(store.put(kind, "alice", b"sealed", None)) is True
        row = must_get(store, kind, "alice")
        assert (type(row.data), row.data, type(row.version)) == (bytes, b"sealed", int)
        assert store.get(kind, "alice") == row

    def test_creating_needs_absence(self, store: Store, kind: str) -> None:
        """If the row exists, `expect=None` writes nothing and returns `False`."""
        store.put(kind, "alice", b"first", None)
        before = store.get(kind, "alice")
        assert bool(store.put(kind, "alice", b"second", None)) is False
        assert store.get(kind, "alice") == before

    def test_replacing_needs_the_version(self, store: Store, kind: str) -> None:
        """A row is replaced only with its current version, and gets another version."""
        store.put(kind, "alice", b"first", None)
        first = must_get(store, kind, "alice").version
        assert bool(store.put(kind, "alice", b"second", first)) is True
        second = must_get(store, kind, "alice")
        assert second.data == b"second"
        assert second.version != first
        assert bool(store.put(kind, "alice", b"third", first)) is False
        assert store.get(kind, "alice") == second

    def test_same_bytes_get_a_new_version(self, store: Store, kind: str) -> None:
        """Writing the same bytes changes the version: leases are renewed that way."""
        store.put(kind, "lease", b"same", None)
        first = must_get(store, kind, "lease").version
        assert bool(store.put(kind, "lease", b"same", first)) is True
        assert must_get(store, kind, "lease").version != first

    def test_replacing_never_creates(self, store: Store, kind: str) -> None:
        """Where no row is, a version writes nothing and says so."""
        assert bool(store.put(kind, "alice", b"sealed", 1)) is False
        assert store.get(kind, "alice") is None
        assert list(store.scan(kind)) == []

    def test_deleting_needs_the_version(self, store: Store, kind: str) -> None:
        """A row is deleted only with its current version, once."""
        store.put(kind, "alice", b"first", None)
        first = must_get(store, kind, "alice").version
        store.put(kind, "alice", b"second", first)
        assert store.delete(kind, "alice", first) is False
        second = must_get(store, kind, "alice").version
        assert store.delete(kind, "alice", second) is True
        assert store.get(kind, "alice") is None
        assert store.delete(kind, "alice", second) is False

    def test_versions_are_never_given_again(self, store: Store, kind: str) -> None:
        """No version is reused, not even after the row was deleted and created again."""
        seen = []
        for _ in range(20):
            assert bool(store.put(kind, "alice", b"new", None)) is True
            seen.append(must_get(store, kind, "alice").version)
            for _ in range(2):
                assert bool(store.put(kind, "alice", b"newer", seen[-1])) is True
                seen.append(must_get(store, kind, "alice").version)
            assert store.delete(kind, "alice", seen[-1]) is True
        assert len(set(seen)) == len(seen)

    def test_old_version_does_not_touch_the_new_row(self, store: Store, kind: str) -> None:
        """A deleted row's version can neither replace nor delete its successor."""
        store.put(kind, "alice", b"old", None)
        old = must_get(store, kind, "alice").version
        store.delete(kind, "alice", old)
        store.put(kind, "alice", b"new", None)
        new = store.get(kind, "alice")
        assert bool(store.put(kind, "alice", b"stale", old)) is False
        assert store.delete(kind, "alice", old) is False
        assert store.get(kind, "alice") == new

    @pytest.mark.parametrize(
        "data",
        [b"", b"\0", bytes(range(256)), b"\xff\xfe" * 100, b"\r\n\r\n", os.urandom(1_000_000)],
        ids=["empty", "zero", "all", "not-utf-8", "line-ends", "megabyte"],
    )
    def test_bytes_come_back_exactly(self, store: Store, kind: str, data: bytes) -> None:
        """What was written comes back to the last byte, created or replaced, of any size."""
        assert bool(store.put(kind, "created", data, None)) is True
        assert must_get(store, kind, "created").data == data
        assert bool(store.put(kind, "replaced", b"other", None)) is True
        version = must_get(store, kind, "replaced").version
        assert bool(store.put(kind, "replaced", data, version)) is True
        assert must_get(store, kind, "replaced").data == data

    def test_ids_are_taken_to_the_letter(self, store: Store, kind: str) -> None:
        """Ids are compared exactly: case, spaces, accents and patterns are significant."""
        for number, id in enumerate(_IDS):
            assert bool(store.put(kind, id, str(number).encode(), None)) is True, id
        for number, id in enumerate(_IDS):
            assert must_get(store, kind, id).data == str(number).encode()
        assert sorted(store.scan(kind)) == sorted(_IDS)
        for id in _IDS:
            assert store.delete(kind, id, must_get(store, kind, id).version) is True
        assert list(store.scan(kind)) == []

    @pytest.mark.parametrize("length", [1_001, 5_000, 100_000])
    def test_id_that_is_too_long_is_never_cut(self, store: Store, kind: str, length: int) -> None:
        """An id that is too long raises and is never truncated, which could cause a collision."""
        start = os.urandom(length // 2).hex()
        for number, id in enumerate((f"{start}a", f"{start}b")):
            try:
                written = store.put(kind, id, b"data", None)
            except Exception:  # the database's own error
                assert list(store.scan(kind)) == []
                return
            assert written
            assert must_get(store, kind, id).data == b"data"
            assert store.get(kind, id[:-1]) is None
            assert len(list(store.scan(kind))) == number + 1

    def test_kinds_are_apart(self, store: Store, kind: str) -> None:
        """The same id is a different row in another kind, and `scan` lists one kind."""
        other = f"{kind}-other"
        assert bool(store.put(kind, "alice", b"one", None)) is True
        assert store.get(other, "alice") is None
        assert bool(store.put(other, "alice", b"two", None)) is True
        assert must_get(store, kind, "alice").data == b"one"
        store.put(kind, "bob", b"three", None)
        assert sorted(store.scan(kind)) == ["alice", "bob"]
        assert list(store.scan(other)) == ["alice"]
        assert store.delete(other, "alice", must_get(store, other, "alice").version) is True
        assert must_get(store, kind, "alice").data == b"one"

    def test_scan_can_be_worked_through(self, store: Store, kind: str) -> None:
        """Rows may be read, replaced and deleted while iterating `scan`, which yields each once."""
        ids = {f"user-{number}" for number in range(60)}
        for id in ids:
            store.put(kind, id, b"old", None)
        seen = []
        for number, id in enumerate(store.scan(kind)):
            seen.append(id)
            version = must_get(store, kind, id).version
            if number % 2:
                assert store.delete(kind, id, version) is True
            else:
                assert bool(store.put(kind, id, b"new", version)) is True
        assert sorted(seen) == sorted(ids)
        assert len(list(store.scan(kind))) == len(ids) // 2
