"""Waiting for store operations, shared futures and time, sync and async.

Async code runs store operations in the library's own threads, so that no store call blocks the
event loop or its shared default executor.
"""

from __future__ import annotations

import asyncio
import copy
import functools
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, wait
from typing import ParamSpec, TypeVar

from ..errors import WhiteBITError
from .clock import Clock
from .workers import Workers

P = ParamSpec("P")
T = TypeVar("T")

_AT_ONCE = 16


class Waiting:
    """Waiting in the caller's thread.

    Args:
        clock: Provides ``sleep``.
        workers: The threads of ``together``; other work is done by the caller's thread.
    """

    def __init__(self, clock: Clock, workers: Workers) -> None:
        self._clock = clock
        self._workers = workers

    def work(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that may access the store."""
        return function(*args, **kwargs)

    def flight(self, future: Future[T], timeout: float | None = None) -> T:
        """Wait for a shared future; an interrupted wait does not stop its work.

        A process that was stopped while it waited gets the second half of the time in full.

        Raises:
            TimeoutError: it was not done after ``timeout`` seconds.
        """
        if timeout is not None:
            timeout /= 2
            wait([future], timeout)
        return _result(future, timeout)

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """Make several calls at the same time, and return their results in order."""
        futures = [self._workers.submit(call) for call in calls]
        return [_result(future) for future in futures]

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``."""
        self._clock.sleep(seconds)


class AsyncWaiting:
    """Waiting in the calling task.

    Args:
        clock: Provides ``asleep``.
        workers: The threads that access the store.
    """

    def __init__(self, clock: Clock, workers: Workers) -> None:
        self._clock = clock
        self._workers = workers

    async def work(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that may access the store, in a thread."""
        return await self.flight(self._workers.submit(functools.partial(function, *args, **kwargs)))

    async def flight(self, future: Future[T], timeout: float | None = None) -> T:
        """Wait for a shared future; a cancelled wait does not stop its work.

        ``asyncio.wrap_future`` propagates a cancellation to the future, and fails in the worker
        thread if the loop was closed meanwhile; neither may affect a shared future.

        Raises:
            TimeoutError: it was not done after ``timeout`` seconds.
        """
        loop = asyncio.get_running_loop()
        arrived = loop.create_future()

        def arrive() -> None:
            if not arrived.done():
                arrived.set_result(None)

        def notify(_: Future[T]) -> None:
            try:
                loop.call_soon_threadsafe(arrive)
            except RuntimeError:  # the loop is closed: nothing waits any longer
                return

        future.add_done_callback(notify)
        if timeout is None:
            await arrived
        else:
            await asyncio.wait([arrived], timeout=timeout / 2)
            async with asyncio.timeout(timeout / 2):
                await arrived
        return _result(future)

    async def together(self, calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Make several calls at the same time, and return their results in order."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(call: Callable[[], Awaitable[T]]) -> T:
            async with gate:
                return await call()

        return await asyncio.gather(*(one(call) for call in calls))

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``."""
        await self._clock.asleep(seconds)


def _result(future: Future[T], timeout: float | None = None) -> T:
    """Return a future's result; each waiter raises its own copy of an error."""
    error = future.exception(timeout)
    if isinstance(error, WhiteBITError):
        raise copy.copy(error)
    return future.result()
