"""Waiting for store operations, shared futures and time, sync and async.

Async code runs store operations in the library's own threads, so that no store call blocks the
event loop or its shared default executor.
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
    """Waiting in the caller's thread.

    Args:
        clock: Provides ``sleep``.
        workers: Not used: the caller's thread does the work.
    """

    def __init__(self, clock: Clock, workers: Workers) -> None:
        self._clock = clock

    def work(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that may access the store."""
        return function(*args, **kwargs)

    def flight(self, future: Future[T]) -> T:
        """Wait for a shared future; an interrupted wait does not stop its work."""
        return _result(future)

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

    async def flight(self, future: Future[T]) -> T:
        """Wait for a shared future; a cancelled wait does not stop its work.

        ``asyncio.wrap_future`` propagates a cancellation to the future, and fails in the worker
        thread if the loop was closed meanwhile; neither may affect a shared future.
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
        await arrived
        return _result(future)

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``."""
        await self._clock.asleep(seconds)


def _result(future: Future[T]) -> T:
    """Return a future's result; each waiter raises its own copy of an error."""
    error = future.exception()
    if isinstance(error, WhiteBITError):
        raise copy.copy(error)
    return future.result()
