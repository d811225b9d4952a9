"""The library's own threads, and calls shared by many callers."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from ..errors import ClientClosed, TokenUnavailable
from .forks import watch_forks

T = TypeVar("T")


class Workers:
    """A thread pool of the library, created on first use.

    The loop's default executor is not used: other code may block it, and a token request must not
    wait for that.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._threads = threads
        self._name = name
        self._closed = False
        self.after_fork()
        watch_forks(self)

    def after_fork(self) -> None:
        """Begin without threads: an auth object of before the fork may still use this pool."""
        self._lock = threading.Lock()
        self._executor: ThreadPoolExecutor | None = None

    def submit(self, function: Callable[[], T]) -> Future[T]:
        """Run a function in a thread and return its future."""
        with self._lock:
            if self._closed:
                raise ClientClosed("this client was closed")
            if self._executor is None:
                self._executor = ThreadPoolExecutor(self._threads, self._name)
            return self._executor.submit(function)

    def close(self) -> None:
        """Wait for all functions that were submitted, then end the threads."""
        with self._lock:
            self._closed = True
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True)


class Flights:
    """Single flight: concurrent callers of the same key share one call.

    A flight runs in a worker thread, independently of its callers: a caller that stops waiting
    does not stop it. Flights that wait for a thread start in the order of their urgency.

    Args:
        workers: The threads that run the flights.
        limit: Maximum number of flights that wait for a thread; one more is refused.
    """

    def __init__(self, workers: Workers, *, limit: int = 1000) -> None:
        self._workers = workers
        self._limit = limit
        self._lock = threading.Lock()
        self._flying: dict[Hashable, Future[Any]] = {}
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def join(self, key: Hashable, function: Callable[[], T], *, urgency: float = 0.0) -> Future[T]:
        """Return the flight of a key; start one if there is none.

        Args:
            key: Identifies the flight.
            function: The function to call.
            urgency: Lower starts first, e.g. the time at which a token expires.

        Raises:
            TokenUnavailable: too many flights are waiting already.
        """
        with self._lock:
            flying = self._flying.get(key)
            if flying is not None:
                return flying
            if len(self._waiting) >= self._limit:
                raise TokenUnavailable(
                    f"{self._limit} exchanges wait already in this process; nothing was sent",
                    hint="Spread the calls over time: WhiteBIT takes one refresh a second per "
                    "address, so one address can serve at most 600 users with Bearer tokens.",
                )
            future: Future[T] = Future()
            self._flying[key] = future

            def fly() -> None:
                try:
                    value = function()
                except BaseException as error:  # raised by every waiter
                    self._land(key)
                    future.set_exception(error)
                else:
                    self._land(key)
                    future.set_result(value)

            heapq.heappush(self._waiting, (urgency, next(self._order), fly))
            try:
                self._workers.submit(self._start_next)
            except BaseException:  # closed, or the interpreter is exiting: the flight never starts
                self._waiting = [waiting for waiting in self._waiting if waiting[2] is not fly]
                heapq.heapify(self._waiting)
                self._flying.pop(key, None)
                raise
        return future

    def _start_next(self) -> None:
        with self._lock:
            _, _, fly = heapq.heappop(self._waiting)
        fly()

    def _land(self, key: Hashable) -> None:
        with self._lock:
            self._flying.pop(key, None)
