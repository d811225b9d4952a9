"""A fair queue for database operations, which is closed while the process forks.

SQLite keeps track of its locks per process. A child that inherits an open connection has a wrong
view of the locks, and can corrupt the file with a connection of its own
(sqlite.org/howtocorrupt, section 2.6). Also, a pool's lock must not be copied while another
thread holds it.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Gate:
    """A limit of concurrent operations, which are admitted in order of arrival.

    A pool's own queue is not fair: a few busy threads can block another one forever.

    Args:
        capacity: Maximum number of concurrent operations.
        patience: Seconds to wait for admission, and for running operations before a fork, which
            then proceeds.
        when_quiet: Called before a fork, with no operation running.
    """

    def __init__(self, capacity: int, patience: float, when_quiet: Callable[[], None]) -> None:
        self._patience = patience
        self._when_quiet = when_quiet
        self._lock = threading.Lock()
        self._capacity = self._free = capacity
        self._waiting: deque[threading.Event] = deque()
        self._shut = 0
        self._quiet = threading.Condition(self._lock)
        with _watching:
            _gates.add(self)

    @contextmanager
    def operation(self) -> Iterator[None]:
        """Wait for admission, and delay forks until the end of the block.

        Raises:
            TimeoutError: the operation was not admitted within the patience.
        """
        turn = threading.Event()
        with self._lock:
            self._waiting.append(turn)
            self._admit()
        try:
            admitted = turn.wait(self._patience)
        except BaseException:  # such as KeyboardInterrupt
            self._leave(turn)
            raise
        if not admitted:
            self._leave(turn)
            raise TimeoutError(f"no connection was free for {self._patience:g} s")
        try:
            yield
        finally:
            self._leave(turn)

    def _admit(self) -> None:
        while self._free and self._waiting and not self._shut:
            self._free -= 1
            self._waiting.popleft().set()

    def _leave(self, turn: threading.Event) -> None:
        with self._lock:
            if turn.is_set():
                self._free += 1
            else:
                self._waiting.remove(turn)
            self._admit()
            self._quiet.notify_all()

    def shut(self) -> None:
        """Hold new operations back and wait for those under way; the lock is held until ``open``.

        A child that inherited the lock in the hands of another thread could never open the gate.
        """
        with self._lock:
            self._shut += 1
            quiet = self._quiet.wait_for(lambda: self._free == self._capacity, self._patience)
        if quiet:
            self._when_quiet()
        self._lock.acquire()

    def open(self) -> None:
        """Let operations pass again."""
        self._shut -= 1
        self._admit()
        self._lock.release()


_gates: weakref.WeakSet[Gate] = weakref.WeakSet()
# Re-entrant: in the child, a store creates its new gate while this is still held.
_watching = threading.RLock()
_forking = threading.local()


def _before_fork() -> None:
    # Held during the fork: a child must not inherit the set in the middle of a change.
    _watching.acquire()
    _forking.gates = list(_gates)
    for gate in _forking.gates:
        gate.shut()


def _after_fork() -> None:
    for gate in _forking.gates:
        gate.open()
    _forking.gates = []
    _watching.release()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork
    )
