"""The two drivers that perform flows, and how a task waits for a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, cast

import pytest

from whitebit_ext.errors import NoAnswer
from whitebit_ext.runtime.workers import Workers
from whitebit_ext.steps import Sleep, Step, Steps, arun, outcome_of, run, wait, work
from whitebit_ext.transport import Transport

from .faces import MovedClock

NO_TRANSPORT = cast(Transport, None)
Driver = Callable[[Generator[Step, Any, Any]], Any]


@pytest.fixture(params=["sync", "async"])
def drive(request: pytest.FixtureRequest, clock: MovedClock) -> Driver:
    """Return each driver in turn, without a transport."""
    if request.param == "sync":
        return lambda steps: run(steps, NO_TRANSPORT, clock)

    def drive(steps: Generator[Step, Any, Any]) -> Any:
        workers = Workers(2, "test-store")
        try:
            return asyncio.run(arun(steps, NO_TRANSPORT, clock, workers))
        finally:
            workers.close()

    return drive


def settled(value: Any) -> Future[Any]:
    """Make a future that has an outcome."""
    future: Future[Any] = Future()
    if isinstance(value, BaseException):
        future.set_exception(value)
    else:
        future.set_result(value)
    return future


def test_a_flow_gets_each_outcome(drive: Driver, clock: MovedClock) -> None:
    """Work, waits and sleeps are performed in order, and give what they gave."""

    def flow() -> Steps[list[Any]]:
        made: list[Any] = [(yield from work(lambda: 1))]
        made.append((yield from wait(settled("two"))))
        yield Sleep(7.5)
        return made

    assert drive(flow()) == [1, "two"]
    assert clock.slept == [7.5]


@pytest.mark.parametrize("step", ["work", "wait"])
def test_an_error_is_thrown_into_the_flow(drive: Driver, step: str) -> None:
    """A flow can handle an error of a step and go on."""
    error = NoAnswer("no")

    def fail() -> int:
        raise error

    def flow() -> Steps[str]:
        try:
            yield from (work(fail) if step == "work" else wait(settled(error)))
        except NoAnswer as caught:
            seen = caught.message
        return (yield from work(lambda: f"after {seen}"))

    assert drive(flow()) == "after no"


def test_an_error_that_no_flow_handles_is_raised(drive: Driver) -> None:
    """It comes out of the driver as it is, without another behind it."""

    def fail() -> int:
        raise NoAnswer("no")

    with pytest.raises(NoAnswer) as caught:
        drive(work(fail))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_bug_is_not_mistaken_for_an_outcome(drive: Driver) -> None:
    """What is no error of ours is not thrown into the flow."""
    handled = list[int]()

    def flow() -> Steps[None]:
        try:
            yield from work(lambda: 1 // 0)
        except ZeroDivisionError:
            handled.append(1)

    with pytest.raises(ZeroDivisionError):
        drive(flow())
    assert handled == []


def test_the_async_driver_does_no_work_in_the_loop(clock: MovedClock) -> None:
    """Store work runs in the given threads, so that it never blocks the loop."""
    workers = Workers(1, "test-store")

    async def main() -> tuple[str, str]:
        name = await arun(
            work(lambda: threading.current_thread().name), NO_TRANSPORT, clock, workers
        )
        return name, threading.current_thread().name

    worker, loop = asyncio.run(main())
    workers.close()
    assert worker.startswith("test-store")
    assert worker != loop


def test_cancelling_a_wait_cancels_nothing() -> None:
    """A task that stops waiting leaves the future as it was, and others get its outcome."""
    future: Future[int] = Future()

    async def main() -> int:
        first = asyncio.ensure_future(outcome_of(future))
        second = asyncio.ensure_future(outcome_of(future))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert not future.cancelled()
        assert future.set_running_or_notify_cancel()
        future.set_result(7)
        return await second

    assert asyncio.run(main()) == 7


def test_a_loop_that_closes_disturbs_no_exchange() -> None:
    """A future that is settled after its waiter's loop has closed raises nowhere."""
    future: Future[int] = Future()

    async def main() -> None:
        task = asyncio.ensure_future(outcome_of(future))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(main())
    future.set_result(7)
    assert future.result(0) == 7


def test_a_future_serves_two_loops() -> None:
    """Tasks of two event loops wait for one flight, and each gets its outcome."""
    future: Future[int] = Future()
    outcomes = list[int]()
    waiting = threading.Barrier(3)

    async def main() -> None:
        task = asyncio.ensure_future(outcome_of(future))
        await asyncio.sleep(0)
        waiting.wait(5)
        outcomes.append(await task)

    threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(2)]
    for thread in threads:
        thread.start()
    waiting.wait(5)
    future.set_result(7)
    for thread in threads:
        thread.join(5)
    assert outcomes == [7, 7]
