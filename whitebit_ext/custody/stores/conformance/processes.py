"""Guarantees for processes: rows outlive them, and a fork does not share connections."""

from __future__ import annotations

import os
import pickle
import select
import signal
import time
import traceback
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from ..base import Store
from .opening import Open, Opened, must_get

_PATIENCE = 60.0  # seconds after which a child counts as hung
_HEADER = 8  # bytes of the length prefix of a child's result

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


class Child:
    """A forked child that runs a function.

    Args:
        work: The function to run in the child; its result is pickled.
        hang: Wait after the work until the child is killed.
    """

    def __init__(self, work: Callable[[], object], *, hang: bool = False) -> None:
        self._reader, writer = os.pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns of any fork with running threads, and a driver may have one.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._pid = os.fork()
        if self._pid == 0:
            self._work(work, writer, hang)
        os.close(writer)

    def _work(self, work: Callable[[], object], writer: int, hang: bool) -> None:
        try:
            os.close(self._reader)
            try:
                answer: tuple[bool, object] = (True, work())
            except BaseException:
                answer = (False, traceback.format_exc())
            with os.fdopen(writer, "wb") as out:
                pickled = pickle.dumps(answer)
                out.write(len(pickled).to_bytes(_HEADER, "big") + pickled)
                out.flush()
                while hang:
                    time.sleep(_PATIENCE)
        finally:
            os._exit(0)  # a child that returned would run the remaining tests as well

    def result(self) -> Any:
        """Return the result of the work, and kill the child if it is still running.

        Raises:
            AssertionError: the work raised, or did not end.
        """
        received = b""
        length = _HEADER
        until = time.monotonic() + _PATIENCE
        with os.fdopen(self._reader, "rb", buffering=0) as pipe:
            while len(received) < length:
                if not select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
                    break
                part = pipe.read(65536)
                if not part:
                    break
                received += part
                if len(received) >= _HEADER:
                    length = _HEADER + int.from_bytes(received[:_HEADER], "big")
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        assert len(received) == length > _HEADER, "the child hung or died"
        worked, answer = pickle.loads(received[_HEADER:])  # noqa: S301  # our own child wrote it
        assert worked, f"in the child: {answer}"
        return answer


class ProcessConformance(Opened):
    """Tests of several processes."""

    def test_opened_again(self, durable: Store, reopen: Open, kind: str) -> None:
        """Rows are unchanged, replaced or deleted as before when the store is opened again."""
        for id in ("kept", "replaced", "deleted"):
            durable.put(kind, id, b"first", None)
        durable.put(kind, "replaced", b"second", must_get(durable, kind, "replaced").version)
        durable.delete(kind, "deleted", must_get(durable, kind, "deleted").version)
        left = {id: durable.get(kind, id) for id in ("kept", "replaced", "deleted")}
        close = getattr(durable, "close", None)
        if callable(close):
            close()
        again = reopen()
        assert {id: again.get(kind, id) for id in left} == left
        assert sorted(again.scan(kind)) == ["kept", "replaced"]
        for id in ("kept", "replaced"):
            assert again.delete(kind, id, must_get(again, kind, id).version) is True

    def test_two_open_stores_are_one(self, durable: Store, reopen: Open, kind: str) -> None:
        """A row written by one of two open stores is read, replaced and deleted by the other."""
        other = reopen()
        assert bool(durable.put(kind, "row", b"first", None)) is True
        row = must_get(other, kind, "row")
        assert row == durable.get(kind, "row")
        assert bool(other.put(kind, "row", b"second", row.version)) is True
        assert bool(durable.put(kind, "row", b"stale", row.version)) is False
        assert durable.delete(kind, "row", must_get(durable, kind, "row").version) is True
        assert other.get(kind, "row") is None

    @needs_fork
    def test_killed_after_put(self, durable: Store, reopen: Open, kind: str) -> None:
        """A row is stored even if its process is killed as soon as `put` has returned."""
        for number in range(5):
            id = f"row-{number}"

            def work(id: str = id) -> bool:
                return bool(reopen().put(kind, id, b"kept", None))

            assert Child(work, hang=True).result() is True
            assert must_get(durable, kind, id).data == b"kept"

    @needs_fork
    def test_forked_child_uses_the_store(self, store: Store, kind: str) -> None:
        """Parent and child use the store that was open before the fork, and read their own rows.

        On a shared connection, one process would receive the results of the other.
        """
        store.put(kind, "before", b"the parent's", None)

        def write(who: str) -> list[bytes]:
            read = [must_get(store, kind, "before").data]
            for number in range(25):
                id = f"{who}-{number}"
                assert bool(store.put(kind, id, id.encode(), None)) is True
                read.append(must_get(store, kind, id).data)
            return read

        def expected(who: str) -> list[bytes]:
            return [b"the parent's", *(f"{who}-{number}".encode() for number in range(25))]

        children = {who: Child(partial(write, who)) for who in ("child-1", "child-2")}
        assert write("parent") == expected("parent")
        for who, child in children.items():
            assert child.result() == expected(who)
        assert must_get(store, kind, "before").data == b"the parent's"
        writers = ("parent", *children) if store.durable else ("parent",)
        assert len(list(store.scan(kind))) == 1 + 25 * len(writers)

    @needs_fork
    def test_no_change_of_a_process_is_lost(self, durable: Store, kind: str) -> None:
        """If 4 processes count by compare-and-swap, no increment is lost."""
        durable.put(kind, "count", b"0", None)

        def add() -> int:
            for _ in range(25):
                while True:
                    row = must_get(durable, kind, "count")
                    more = str(int(row.data) + 1).encode()
                    if durable.put(kind, "count", more, row.version):
                        break
            return 25

        children = [Child(add) for _ in range(4)]
        assert sum(child.result() for child in children) == 100
        assert must_get(durable, kind, "count").data == b"100"
