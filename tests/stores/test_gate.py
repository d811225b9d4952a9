"""The gate before a database: fair, limited, and shut over a fork."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from whitebit_ext.custody.stores.gate import Gate

PATIENCE = 30.0


def nothing() -> None:
    """Do nothing when it is quiet."""


def test_no_more_than_the_capacity() -> None:
    """So many operations pass at a time, and no more."""
    gate = Gate(2, PATIENCE, nothing)
    inside, most = 0, 0
    lock = threading.Lock()

    def work(_: int) -> None:
        nonlocal inside, most
        for _ in range(50):
            with gate.operation():
                with lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert (inside, most <= 2) == (0, True)


def test_busy_threads_do_not_starve_another() -> None:
    """A thread that comes late is let in although others come back again and again."""
    gate = Gate(1, PATIENCE, nothing)
    stop = threading.Event()

    def hog() -> None:
        while not stop.is_set():
            with gate.operation():
                pass

    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(hog)
        try:
            for _ in range(50):
                with gate.operation():
                    pass
        finally:
            stop.set()


def test_waiting_ends() -> None:
    """Who gets no turn within the patience is told so, and leaves the queue."""
    gate = Gate(1, 0.01, nothing)
    with gate.operation(), pytest.raises(TimeoutError, match="no connection"), gate.operation():
        pass
    with gate.operation():
        pass


def test_shut_waits_for_what_is_under_way() -> None:
    """Before a fork, the operation under way ends first, and the next one waits for the fork."""
    order: list[str] = []
    gate = Gate(1, PATIENCE, lambda: order.append("quiet"))
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with gate.operation():
            inside.set()
            leave.wait(PATIENCE)
            order.append("first")

    def second() -> None:
        with gate.operation():
            order.append("second")

    with ThreadPoolExecutor(3) as pool:
        running = pool.submit(first)
        inside.wait(PATIENCE)
        shut = pool.submit(gate.shut)
        leave.set()
        shut.result()
        running.result()
        waiting = pool.submit(second)
        order.append("fork")
        gate.open()
        waiting.result()
    assert order == ["first", "quiet", "fork", "second"]


def test_shut_does_not_wait_for_ever() -> None:
    """A fork goes on beside an operation that hangs, whose connections are then left alone."""
    called: list[bool] = []
    gate = Gate(1, 0.01, lambda: called.append(True))
    with gate.operation():
        gate.shut()
        gate.open()
    assert called == []
