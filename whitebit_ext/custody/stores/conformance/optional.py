"""Optional features of stores that custody uses: pages, expiry, age, and resealing."""

from __future__ import annotations

import time
from typing import cast

import pytest

from ..base import Expiring, Paging, Resealing, Store
from .opening import Opened, must_get
from .races import at_once

_NOW = 1_800_000_000.0
_MOMENT = 0.05  # seconds after which a row's age has measurably changed
_LITTLE = 30.0  # seconds, more than any test takes


class OptionalConformance(Opened):
    """Tests of optional features; those that the store does not have are skipped."""

    @pytest.fixture
    def paging(self, store: Store) -> Paging:
        """Return the store if it has ``page``."""
        if not isinstance(store, Paging):
            pytest.skip("optional: the store has no page()")
        return store

    @pytest.fixture
    def expiring(self, store: Store) -> Expiring:
        """Return the store if it has ``sweep``."""
        if not isinstance(store, Expiring):
            pytest.skip("optional: the store has no sweep()")
        return store

    @pytest.fixture
    def resealing(self, store: Store) -> Resealing:
        """Return the store if it has ``reseal``."""
        if not isinstance(store, Resealing):
            pytest.skip("optional: the store has no reseal()")
        return store

    @pytest.fixture
    def ageing(self, store: Store, kind: str) -> Store:
        """Return the store if its rows have an age."""
        store.put(kind, "probe", b"", None)
        if must_get(store, kind, "probe").age is None:
            pytest.skip("optional: the store's rows have no age")
        return store

    def test_pages_are_all_rows(self, store: Store, kind: str, paging: Paging) -> None:
        """Pages return each row of the kind once, in the order of ids, equal to ``get``."""
        ids = {f"user-{number}" for number in range(23)} | {"", "é", "\U0001f511", "Z"}
        for id in ids:
            store.put(kind, id, id.encode(), None)
        store.put(f"{kind}-other", "user-5", b"other", None)
        seen: list[str] = []
        page = paging.page(kind, None, 5)
        while page:
            assert len(page) <= 5
            for id, row in page:
                assert (row, row.data) == (store.get(kind, id), id.encode())
            seen += [id for id, _ in page]
            page = paging.page(kind, seen[-1], 5)
        assert seen == sorted(ids, key=str.encode)
        assert [id for id, _ in paging.page(kind, None, 100)] == seen
        assert store.delete(f"{kind}-other", "user-5", _version(store, f"{kind}-other", "user-5"))

    def test_pages_go_on_after_changes(self, store: Store, kind: str, paging: Paging) -> None:
        """A row that is deleted or changed between two pages does not shift other rows."""
        assert paging.page(kind, None, 5) == []
        for number in range(10):
            store.put(kind, f"user-{number}", b"old", None)
        first = [id for id, _ in paging.page(kind, None, 4)]
        for id in first:
            assert store.delete(kind, id, _version(store, kind, id)) is True
        rest = [id for id, _ in paging.page(kind, first[-1], 100)]
        assert sorted(first + rest) == [f"user-{number}" for number in range(10)]

    def test_sweep_deletes_what_has_expired(
        self, store: Store, kind: str, expiring: Expiring
    ) -> None:
        """Only expired rows of the kind are deleted, up to ``limit`` at a time."""
        for number in range(7):
            assert expiring.put(kind, f"due-{number}", b"", None, expires_at=_NOW - number)
        assert expiring.put(kind, "later", b"", None, expires_at=_NOW + 1)
        assert store.put(kind, "never", b"", None)
        other = f"{kind}-other"
        assert expiring.put(other, "due-0", b"", None, expires_at=_NOW - 1)
        assert expiring.sweep(kind, _NOW - 100, 100) == 0
        assert expiring.sweep(kind, _NOW, 5) == 5
        assert expiring.sweep(kind, _NOW, 5) == 2
        assert expiring.sweep(kind, _NOW, 5) == 0
        assert sorted(store.scan(kind)) == ["later", "never"]
        assert store.get(other, "due-0") is not None
        assert expiring.sweep(other, _NOW, 5) == 1

    def test_last_put_says_when(self, store: Store, kind: str, expiring: Expiring) -> None:
        """Each write sets the expiry: a row that is put without one does not expire."""
        for id in ("kept", "longer", "shorter"):
            expiring.put(kind, id, b"", None, expires_at=_NOW - 1)
        store.put(kind, "kept", b"", _version(store, kind, "kept"))
        for id, at in (("longer", _NOW + 5), ("shorter", _NOW - 5)):
            assert expiring.put(kind, id, b"", _version(store, kind, id), expires_at=at)
        assert expiring.sweep(kind, _NOW, 5) == 1
        assert sorted(store.scan(kind)) == ["kept", "longer"]

    def test_many_sweep_at_once(self, store: Store, kind: str, expiring: Expiring) -> None:
        """If threads sweep concurrently, each row is counted once."""
        for number in range(40):
            expiring.put(kind, f"due-{number}", b"", None, expires_at=_NOW - 1)
        swept = at_once(4, lambda _: expiring.sweep(kind, _NOW, 15))
        assert sum(swept) + len(list(store.scan(kind))) == 40
        while expiring.sweep(kind, _NOW, 15):
            pass
        assert list(store.scan(kind)) == []

    def test_rows_grow_older(self, ageing: Store, kind: str) -> None:
        """A row's age is the time since its last ``put``."""
        ageing.put(kind, "row", b"same", None)
        time.sleep(_MOMENT)
        row = must_get(ageing, kind, "row")
        assert _MOMENT / 2 < _age(ageing, kind) < _LITTLE
        assert ageing.put(kind, "row", row.data, row.version)
        younger = _age(ageing, kind)
        time.sleep(_MOMENT)
        assert -_MOMENT < younger < _age(ageing, kind)

    def test_pages_tell_the_age(self, ageing: Store, kind: str, paging: Paging) -> None:
        """The rows of a page have an age as well."""
        ((_, row),) = paging.page(kind, None, 2)
        assert row.age is not None
        assert -_MOMENT < row.age < _LITTLE

    def test_resealing_needs_the_version(
        self, store: Store, kind: str, resealing: Resealing
    ) -> None:
        """Bytes are replaced only with the current version, and the row gets another version."""
        store.put(kind, "row", b"first", None)
        first = _version(store, kind, "row")
        assert resealing.reseal(kind, "row", b"second", first) is True
        row = must_get(store, kind, "row")
        assert row.data == b"second"
        assert row.version != first
        assert resealing.reseal(kind, "row", b"third", first) is False
        assert resealing.reseal(kind, "nobody", b"third", first) is False
        assert store.get(kind, "row") == row

    def test_resealing_moves_no_time(
        self, ageing: Store, kind: str, resealing: Resealing, expiring: Expiring
    ) -> None:
        """Resealing a row changes neither its age nor its expiry."""
        expiring.put(kind, "row", b"first", None, expires_at=_NOW)
        time.sleep(_MOMENT)
        assert resealing.reseal(kind, "row", b"second", _version(ageing, kind, "row")) is True
        assert _age(ageing, kind) > _MOMENT / 2
        assert expiring.sweep(kind, _NOW, 5) == 1


def _version(store: Store, kind: str, id: str) -> int:
    return must_get(store, kind, id).version


def _age(store: Store, kind: str) -> float:
    return cast(float, must_get(store, kind, "row").age)
