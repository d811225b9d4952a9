"""The gate before a database: fair, limited, and shut over a fork."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
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
    """A caller without a turn in time gets an error, and leaves the queue."""
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


def ended(pid: int) -> int:
    """Wait for a child to end, and end one that hangs."""
    for _ in range(2_000):
        found, code = os.waitpid(pid, os.WNOHANG)
        if found:
            return code
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks on this system")
def test_a_child_can_always_open_the_gate() -> None:
    """Forked beside threads that come and go, no child hangs on a lock that one of them held."""
    gate = Gate(2, 5.0, lambda: None)
    stop = threading.Event()

    def come_and_go() -> None:
        while not stop.is_set():
            with gate.operation():
                pass

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    codes = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads
            for _ in range(60):
                pid = os.fork()
                if not pid:
                    os._exit(0)  # the gate was opened on the way here
                codes.append(ended(pid))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert codes == [0] * 60
