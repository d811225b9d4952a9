"""A process that is killed in the middle of an exchange: nothing is lost without a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from .killing import REFRESH, RETRIEVAL, Fate, Graveyard, Trial
from .traps import Point
from .wiring import LEASE, World

_WORK = 2.0
"""Seconds that a busy machine may take for what the next caller does besides waiting."""


@pytest.fixture(params=["refresh", "retrieval"])
def trial(world: World, request: pytest.FixtureRequest) -> Iterator[Callable[[Point], Trial]]:
    """Return what kills a process at a point, and lets another one come."""
    world.lease = LEASE
    with Graveyard(world, request.param).open() as trial:
        yield trial


@pytest.mark.parametrize("trial", ["refresh"], indirect=True)
def test_killed_while_it_refreshes(trial: Callable[[Point], Trial]) -> None:
    """At each point: the pair is renewed, there already, or known to be lost."""
    check(trial, REFRESH)


@pytest.mark.parametrize("trial", ["retrieval"], indirect=True)
def test_killed_while_it_takes_the_secret(trial: Callable[[Point], Trial]) -> None:
    """At each point: the secret is stored, can still be had, or is known to be lost."""
    check(trial, RETRIEVAL)


def check(trial: Callable[[Point], Trial], points: tuple[tuple[Point, Fate], ...]) -> None:
    """Die at each point once."""
    trials = {point.name: trial(point) for point, _ in points}
    assert {name: made.fate for name, made in trials.items()} == {
        point.name: fate for point, fate in points
    }
    # A dead holder is waited for as long as its lease; what it leaves unanswered, as long again and
    # as the store's patience, which is a lease here.
    assert max(made.seconds for made in trials.values()) < 3 * LEASE + _WORK
