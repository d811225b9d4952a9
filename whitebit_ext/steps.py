"""Flows without I/O: generators of steps, and the two drivers that perform them.

A flow is written once, as a generator that yields what is to be done and is given the outcome.
The sync driver does it at once; the async driver awaits it, with store work in the library's own
threads, so that no store call ever waits inside the event loop.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from .errors import WhiteBITError
from .http.requests import Send
from .runtime.clock import Clock
from .runtime.workers import Workers
from .transport import Transport

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Work:
    """Run a short function that may touch the store; in the async face, in a thread."""

    function: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for an exchange that runs by itself; giving up the wait does not stop it."""

    future: Future[Any]


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let time pass."""

    seconds: float


Step = Send[Any] | Work | Wait | Sleep
Steps = Generator[Step, Any, T]


def work(function: Callable[[], T]) -> Steps[T]:
    """Yield a ``Work`` step and return its typed outcome."""
    outcome: T = yield Work(function)
    return outcome


def wait(future: Future[T]) -> Steps[T]:
    """Yield a ``Wait`` step and return its typed outcome."""
    outcome: T = yield Wait(future)
    return outcome


def send(request: Send[T]) -> Steps[T]:
    """Yield a ``Send`` step and return its typed outcome."""
    outcome: T = yield request
    return outcome


def run(steps: Steps[T], transport: Transport, clock: Clock) -> T:
    """Perform a flow in this thread."""
    outcome: Any = None
    failure: WhiteBITError | None = None
    while True:
        try:
            step = steps.throw(failure) if failure else steps.send(outcome)
        except StopIteration as stop:
            value: T = stop.value
            return value
        outcome, failure = None, None
        try:
            match step:
                case Send():
                    outcome = transport.send(step)
                case Work():
                    outcome = step.function()
                case Wait():
                    outcome = result_of(step.future)
                case Sleep():
                    clock.sleep(step.seconds)
        except WhiteBITError as error:
            failure = error


async def arun(steps: Steps[T], transport: Transport, clock: Clock, workers: Workers) -> T:
    """Perform a flow in this task."""
    outcome: Any = None
    failure: WhiteBITError | None = None
    while True:
        try:
            step = steps.throw(failure) if failure else steps.send(outcome)
        except StopIteration as stop:
            value: T = stop.value
            return value
        outcome, failure = None, None
        try:
            match step:
                case Send():
                    outcome = await transport.asend(step)
                case Work():
                    outcome = await outcome_of(workers.submit(step.function))
                case Wait():
                    outcome = await outcome_of(step.future)
                case Sleep():
                    await clock.asleep(step.seconds)
        except WhiteBITError as error:
            failure = error


async def outcome_of(future: Future[T]) -> T:
    """Await a thread's future without ever cancelling it.

    ``asyncio.wrap_future`` hands a cancellation on to the future, and fails in the worker thread
    when the loop has closed in the meantime; an exchange must notice neither.
    """
    loop = asyncio.get_running_loop()
    arrived = loop.create_future()

    def arrive() -> None:
        if not arrived.done():
            arrived.set_result(None)

    def tell(_: Future[T]) -> None:
        try:
            loop.call_soon_threadsafe(arrive)
        except RuntimeError:  # the loop has closed: nobody waits any more
            return

    future.add_done_callback(tell)
    await arrived
    return result_of(future)


def result_of(future: Future[T]) -> T:
    """Wait for a future in this thread; each waiter raises an error object of its own."""
    error = future.exception()
    if isinstance(error, WhiteBITError):
        raise copy.copy(error)
    return future.result()
