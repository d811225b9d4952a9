"""Guarantees for threads: one winner, no lost update, no torn read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ..base import Store
from .opening import Opened, must_get

T = TypeVar("T")

_THREADS = 8
_ROUNDS = 12


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """Run the work in ``count`` threads that start simultaneously, and return the results."""
    start = threading.Barrier(count)

    def run(number: int) -> T:
        start.wait(30)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


class RaceConformance(Opened):
    """Tests of concurrent threads."""

    def test_one_thread_creates(self, store: Store, kind: str) -> None:
        """If 8 threads create one row, exactly one succeeds, and its bytes are stored."""
        for number in range(_ROUNDS):
            id = f"row-{number}"

            def create(who: int, id: str = id) -> bool:
                return bool(store.put(kind, id, str(who).encode(), None))

            won = at_once(_THREADS, create)
            assert won.count(True) == 1
            assert must_get(store, kind, id).data == str(won.index(True)).encode()

    def test_one_thread_replaces(self, store: Store, kind: str) -> None:
        """If 8 threads replace one version, exactly one succeeds in every round."""
        store.put(kind, "row", b"start", None)
        for _ in range(_ROUNDS):
            version = must_get(store, kind, "row").version

            def replace(who: int, version: int = version) -> bool:
                return bool(store.put(kind, "row", str(who).encode(), version))

            won = at_once(_THREADS, replace)
            assert won.count(True) == 1
            assert must_get(store, kind, "row").data == str(won.index(True)).encode()

    def test_one_thread_deletes(self, store: Store, kind: str) -> None:
        """If 8 threads delete one version, exactly one succeeds: a login is used once."""
        for _ in range(_ROUNDS):
            store.put(kind, "login", b"state", None)
            version = must_get(store, kind, "login").version

            def delete(_: int, version: int = version) -> bool:
                return store.delete(kind, "login", version)

            won = at_once(_THREADS, delete)
            assert won.count(True) == 1
            assert store.get(kind, "login") is None

    def test_no_change_is_lost(self, store: Store, kind: str) -> None:
        """If 8 threads count by compare-and-swap, no increment is lost."""
        store.put(kind, "count", b"0", None)

        def add(_: int) -> int:
            tries = 0
            for _ in range(_ROUNDS):
                while True:
                    tries += 1
                    row = must_get(store, kind, "count")
                    more = str(int(row.data) + 1).encode()
                    if store.put(kind, "count", more, row.version):
                        break
            return tries

        tries = at_once(_THREADS, add)
        assert must_get(store, kind, "count").data == str(_THREADS * _ROUNDS).encode()
        assert sum(tries) >= _THREADS * _ROUNDS

    def test_no_read_is_torn(self, store: Store, kind: str) -> None:
        """While 2 threads replace a large row, every read returns one write's bytes and version."""
        store.put(kind, "row", b"\0" * 50_000, None)
        seen: dict[int, bytes] = {}
        done = threading.Event()

        def write(who: int) -> None:
            for turn in range(40):
                size = 40_000 + 1_000 * turn
                data = bytes([2 * turn + who + 1]) * size
                store.put(kind, "row", data, must_get(store, kind, "row").version)

        def work(who: int) -> int:
            reads = 0
            if who < 2:
                try:
                    write(who)
                finally:
                    done.set()
                return reads
            while not done.is_set() or reads < 10:
                row = must_get(store, kind, "row")
                reads += 1
                assert row.data == row.data[:1] * len(row.data)
                assert seen.setdefault(row.version, row.data) == row.data
            return reads

        reads = at_once(6, work)
        assert sum(reads) >= 40

    def test_a_write_is_seen_at_once(self, store: Store, kind: str) -> None:
        """A write is visible to another thread as soon as `put` has returned."""
        store.put(kind, "row", b"0", None)
        with ThreadPoolExecutor(1) as other:
            for number in range(1, 30):
                version = must_get(store, kind, "row").version
                assert bool(store.put(kind, "row", str(number).encode(), version)) is True
                row = other.submit(must_get, store, kind, "row").result()
                assert row.data == str(number).encode()
