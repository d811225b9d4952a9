"""The library's own threads, and many callers of one flight."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from whitebit_ext.errors import NoAnswer, TokenUnavailable
from whitebit_ext.runtime.workers import Flights, Workers


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Return one thread, so that what waits for it is in a queue."""
    workers = Workers(1, "test")
    yield workers
    workers.close()


def blocked(flights: Flights) -> tuple[threading.Event, Future[None]]:
    """Occupy the one thread until the event is set."""
    started, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        started.set()
        go_on.wait(5)

    future = flights.join("blocker", wait)
    started.wait(5)
    return go_on, future


def test_no_thread_before_first_use() -> None:
    """Creating workers starts no thread, and unused ones can be closed."""
    before = threading.active_count()
    Workers(4, "idle").close()
    assert threading.active_count() == before


def test_functions_run_in_named_threads(workers: Workers) -> None:
    """A function runs in a thread with the given name, not in the caller's."""
    assert workers.submit(lambda: threading.current_thread().name).result(5).startswith("test")


def test_close_waits_for_running_functions(workers: Workers) -> None:
    """`close` waits for running functions, and no thread is left."""
    started, ended = threading.Event(), list[int]()

    def run() -> None:
        started.set()
        ended.append(1)

    workers.submit(run)
    started.wait(5)
    workers.close()
    assert ended == [1]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test")]


def test_callers_share_one_flight(workers: Workers) -> None:
    """A function runs once for all callers that arrive while it waits or runs."""
    flights, calls = Flights(workers), list[int]()
    go_on, _ = blocked(flights)

    def fly() -> int:
        calls.append(1)
        return len(calls)

    joined = [flights.join("alice", fly) for _ in range(20)]
    go_on.set()
    assert {future.result(5) for future in joined} == {1}
    assert flights.join("alice", fly).result(5) == 2


def test_keys_have_separate_flights(workers: Workers) -> None:
    """Two keys have two flights."""
    flights = Flights(workers)
    assert flights.join("alice", lambda: "a").result(5) == "a"
    assert flights.join("bob", lambda: "b").result(5) == "b"


def test_finished_flight_is_not_joined(workers: Workers) -> None:
    """A call after the end of a flight starts a new one, also after an error."""
    flights = Flights(workers)

    def fail() -> int:
        raise NoAnswer("no")

    with pytest.raises(NoAnswer):
        flights.join("alice", fail).result(5)
    assert flights.join("alice", lambda: 1).result(5) == 1


def test_most_urgent_flight_starts_first(workers: Workers) -> None:
    """Waiting flights start by urgency, and equal ones in order of arrival."""
    flights, order = Flights(workers), list[str]()
    go_on, _ = blocked(flights)
    joined = [
        flights.join(name, lambda name=name: order.append(name), urgency=urgency)  # type: ignore[misc]  # a lambda's default has no annotation
        for name, urgency in [("late", 9.0), ("soon", 1.0), ("later", 9.0), ("now", 0.0)]
    ]
    go_on.set()
    for future in joined:
        future.result(5)
    assert order == ["now", "soon", "late", "later"]


def test_full_queue_is_an_error(workers: Workers) -> None:
    """One flight above the limit is refused with a hint; a running one can be joined."""
    flights = Flights(workers, limit=2)
    go_on, blocker = blocked(flights)
    waiting = [flights.join(name, lambda: None) for name in ("a", "b")]
    with pytest.raises(TokenUnavailable, match="nothing was sent") as caught:
        flights.join("c", lambda: None)
    assert "600 users" in caught.value.hint
    assert flights.join("a", lambda: None) is waiting[0]
    assert flights.join("blocker", lambda: None) is blocker
    go_on.set()
    for future in waiting:
        future.result(5)
    flights.join("c", lambda: None).result(5)
