"""Asking again: what is repeated, how often, and after how long."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import cast

import pytest

from whitebit_ext.backoff import backed_off
from whitebit_ext.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    MalformedResponse,
    NoAnswer,
    NotFound,
    NotSent,
    RateLimited,
    ServerError,
    StoreUnavailable,
    TokenUnavailable,
    Unauthorized,
    UnexpectedStatus,
    WhiteBITError,
)
from whitebit_ext.runtime.workers import Workers
from whitebit_ext.steps import Sleep, Steps, arun, run
from whitebit_ext.transport import Transport

from .hand_clock import HandClock

Make = Callable[[], WhiteBITError]
PASSING: list[Make] = [
    partial(kind, "not now") for kind in (RateLimited, ServerError, NotSent, NoAnswer)
]
LASTING: list[Make] = [
    partial(kind, "no")
    for kind in (
        BadRequest,
        Unauthorized,
        Forbidden,
        NotFound,
        Conflict,
        UnexpectedStatus,
        MalformedResponse,
        TokenUnavailable,
        StoreUnavailable,
    )
]


class Tries:
    """Attempts that fail so often and then succeed."""

    def __init__(self, make: Make, fails: int) -> None:
        self.make = make
        self.fails = fails
        self.count = 0

    def __call__(self) -> Steps[str]:
        """Make one attempt."""
        self.count += 1
        if self.count <= self.fails:
            raise self.make()
        return "read"
        yield Sleep(0.0)  # what makes this a generator


def pauses(tries: Tries, attempts: int = 6) -> tuple[list[float], str | WhiteBITError]:
    """Return the pauses between the attempts, and how it ended."""
    slept, flow = [], backed_off(tries, attempts)
    try:
        while True:
            step = next(flow)
            assert isinstance(step, Sleep)
            slept.append(step.seconds)
    except StopIteration as stop:
        return slept, stop.value
    except WhiteBITError as error:
        return slept, error


@pytest.mark.parametrize("make", PASSING)
def test_what_passes_is_waited_for(make: Make) -> None:
    """Pauses of 1 s, doubling, with up to a quarter of jitter; then the outcome."""
    slept, outcome = pauses(Tries(make, 5))
    assert outcome == "read"
    assert [int(pause / 2**place) for place, pause in enumerate(slept)] == [1] * 5
    assert all(pause <= 1.25 * 2**place for place, pause in enumerate(slept))


def test_pauses_stay_within_the_cap_and_differ() -> None:
    """No pause is longer than 30 s and its jitter, and two callers do not wait alike."""
    first, failure = pauses(Tries(PASSING[0], 99), attempts=9)
    second, _ = pauses(Tries(PASSING[0], 99), attempts=9)
    assert isinstance(failure, RateLimited)
    assert [30 <= pause <= 37.5 for pause in first] == [False] * 5 + [True] * 3
    assert first != second


@pytest.mark.parametrize("make", LASTING)
def test_nothing_else_is_repeated(make: Make) -> None:
    """What repeating does not mend is told at once, also after something that passes."""
    tries = Tries(make, 1)
    slept, failure = pauses(tries)
    assert (slept, tries.count) == ([], 1)
    assert isinstance(failure, type(make()))
    left = [PASSING[1], make]
    tries = Tries(lambda: left.pop(0)(), 2)
    slept, failure = pauses(tries)
    assert (len(slept), tries.count) == (1, 2)
    assert isinstance(failure, type(make()))


@pytest.mark.parametrize("make", PASSING)
@pytest.mark.parametrize("attempts", [1, 2, 6])
def test_the_last_failure_is_told_without_the_others(make: Make, attempts: int) -> None:
    """After the last attempt its error comes out, with nothing of the retry library behind it."""
    tries = Tries(make, 99)
    slept, failure = pauses(tries, attempts)
    assert isinstance(failure, WhiteBITError)
    assert type(failure) is type(make())
    assert (len(slept), tries.count) == (attempts - 1, attempts)
    assert (failure.__context__, failure.__cause__) == (None, None)


@pytest.mark.parametrize(("asked", "least"), [(None, 1), (0.0, 1), (0.5, 1), (7.0, 7), (30.0, 30)])
def test_the_server_may_ask_for_more(asked: float | None, least: float) -> None:
    """A ``Retry-After`` lengthens a pause, and never shortens one."""
    slept, outcome = pauses(Tries(lambda: RateLimited("429", retry_after=asked), 1))
    assert [least <= pause <= 1.25 * least for pause in slept] == [True]
    assert outcome == "read"


@pytest.mark.parametrize("asked", [30.5, 86_400.0])
def test_a_server_that_asks_for_too_much_is_not_asked_again(asked: float) -> None:
    """Rather than coming back too early, the error with the ``Retry-After`` is told at once."""
    tries = Tries(lambda: RateLimited("429", retry_after=asked), 1)
    slept, failure = pauses(tries)
    assert (slept, tries.count) == ([], 1)
    assert isinstance(failure, RateLimited)
    assert failure.retry_after == asked


def test_both_drivers_wait_by_the_clock() -> None:
    """The pauses are steps: the injected clock alone is slept on."""
    nothing = cast(Transport, None)
    clock = HandClock()
    assert run(backed_off(Tries(PASSING[0], 2), 6), nothing, clock) == "read"
    assert len(clock.slept) == 2
    workers = Workers(1, "unused")
    assert asyncio.run(arun(backed_off(Tries(PASSING[0], 2), 6), nothing, clock, workers)) == "read"
    assert len(clock.slept) == 4


def test_success_loads_no_retry_library() -> None:
    """Who never has to ask again never loads tenacity, and who imports the package neither."""
    code = (
        "import sys, whitebit_ext\n"
        "whitebit_ext.WhiteBIT, whitebit_ext.AsyncWhiteBIT\n"
        "print(sorted({'tenacity', 'msgspec'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
