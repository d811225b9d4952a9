from __future__ import annotations

import asyncio
import time

import pytest

from whitebit_ext.sandbox import Clock


def test_clock_runs_from_the_present() -> None:
    """A clock without arguments shows real time and runs."""
    clock = Clock()
    assert abs(clock.now() - time.time()) < 1
    first = clock.now()
    time.sleep(0.002)
    assert clock.now() > first


def test_frozen_clock_stands_and_can_be_moved() -> None:
    """A frozen clock shows its start until it is advanced."""
    clock = Clock(start=1000, frozen=True)
    assert clock.frozen
    assert clock.now() == 1000
    clock.advance(2.5)
    assert clock.now() == 1002.5
    clock.advance(0)
    assert clock.now() == 1002.5


def test_clock_resumes_from_where_it_stands() -> None:
    """Real time that passed while the clock stood is not made up for."""
    clock = Clock(start=1000)
    clock.freeze()
    stood = clock.now()
    time.sleep(0.005)
    clock.resume()
    assert stood <= clock.now() < stood + 0.004
    clock.freeze()
    clock.freeze()
    assert clock.now() < 1001


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_clock_does_not_go_back(seconds: float) -> None:
    """Only finite steps forward are allowed."""
    with pytest.raises(ValueError, match="seconds"):
        Clock().advance(seconds)


def test_sleeper_wakes_when_the_clock_is_moved() -> None:
    """A wait on a frozen clock ends when enough sandbox time has passed, and not before."""
    clock = Clock(start=0, frozen=True)

    async def both() -> None:
        waiting = asyncio.create_task(clock.sleep(10))
        await asyncio.sleep(0)
        await asyncio.to_thread(clock.advance, 9)
        await asyncio.sleep(0.01)
        assert not waiting.done()
        await asyncio.to_thread(clock.advance, 1)
        await asyncio.wait_for(waiting, 5)

    asyncio.run(both())


def test_sleeper_wakes_in_real_time() -> None:
    """A wait on a running clock ends by itself."""
    began = time.monotonic()
    asyncio.run(Clock().sleep(0.01))
    assert 0.009 < time.monotonic() - began < 20


def test_sleeper_wakes_when_a_frozen_clock_resumes() -> None:
    """A wait on a frozen clock continues in real time after the clock was resumed."""
    clock = Clock(frozen=True)

    async def both() -> None:
        waiting = asyncio.create_task(clock.sleep(0.01))
        await asyncio.sleep(0)
        clock.resume()
        await asyncio.wait_for(waiting, 5)

    asyncio.run(both())


def test_stopped_clock_lets_nobody_wait() -> None:
    """A server that shuts down ends every wait."""
    clock = Clock(frozen=True)

    async def both() -> None:
        waiting = asyncio.create_task(clock.sleep(float("inf")))
        await asyncio.sleep(0)
        clock.stop()
        await asyncio.wait_for(waiting, 5)
        await asyncio.wait_for(clock.sleep(10), 5)

    asyncio.run(both())
