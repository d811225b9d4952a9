"""Waiting, for both faces: for store work, for what happens once, for time.

The async face runs store work in the library's own threads, so that no store call ever waits in
the event loop or in its shared default executor.
"""

from __future__ import annotations

import asyncio
import copy
import functools
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

from ..errors import WhiteBITError
from .clock import Clock
from .workers import Workers

P = ParamSpec("P")
T = TypeVar("T")


class Waiting:
    """Wait in the caller's thread.

    Args:
        clock: What sleeping is measured by.
        workers: Not used: the work is done by the caller.
    """

    def __init__(self, clock: Clock, workers: Workers) -> None:
        self._clock = clock

    def work(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that may touch the store."""
        return function(*args, **kwargs)

    def flight(self, future: Future[T]) -> T:
        """Wait for what runs by itself; giving up does not stop it."""
        return _result(future)

    def sleep(self, seconds: float) -> None:
        """Wait for some seconds."""
        self._clock.sleep(seconds)


class AsyncWaiting:
    """Wait in a task.

    Args:
        clock: What sleeping is measured by.
        workers: The threads that touch the store.
    """

    def __init__(self, clock: Clock, workers: Workers) -> None:
        self._clock = clock
        self._workers = workers

    async def work(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that may touch the store, in a thread."""
        return await self.flight(self._workers.submit(functools.partial(function, *args, **kwargs)))

    async def flight(self, future: Future[T]) -> T:
        """Wait for what runs by itself; giving up, or being cancelled, does not stop it.

        ``asyncio.wrap_future`` hands a cancellation on to the future, and fails in the worker
        thread when the loop has closed in the meantime; a flight must notice neither.
        """
        loop = asyncio.get_running_loop()
        arrived = loop.create_future()

        def arrive() -> None:
            if not arrived.done():
                arrived.set_result(None)

        def tell(_: Future[T]) -> None:
            try:
                loop.call_soon_threadsafe(arrive)
            except RuntimeError:  # the loop has closed: nobody waits any longer
                return

        future.add_done_callback(tell)
        await arrived
        return _result(future)

    async def sleep(self, seconds: float) -> None:
        """Wait for some seconds."""
        await self._clock.asleep(seconds)


def _result(future: Future[T]) -> T:
    """Return what a future holds; each waiter raises an error object of its own."""
    error = future.exception()
    if isinstance(error, WhiteBITError):
        raise copy.copy(error)
    return future.result()
