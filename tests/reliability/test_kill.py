"""A process that is killed in the middle of an exchange: nothing is lost without a record."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .killing import REFRESH, RETRIEVAL, Fate, Graveyard, Trials
from .traps import Point
from .wiring import LEASE, World

_WORK = 20.0
"""Seconds that a busy machine may take for what the next callers do besides waiting."""


@pytest.fixture(params=["refresh", "retrieval"])
def trials(world: World, request: pytest.FixtureRequest) -> Iterator[Trials]:
    """Return what kills a process at each of some points, and lets another one come."""
    world.lease = LEASE
    with Graveyard(world, request.param).open() as trials:
        yield trials


@pytest.mark.parametrize("trials", ["refresh"], indirect=True)
def test_killed_while_it_refreshes(trials: Trials) -> None:
    """At each point: the pair is renewed, there already, or known to be lost."""
    check(trials, REFRESH)


@pytest.mark.parametrize("trials", ["retrieval"], indirect=True)
def test_killed_while_it_takes_the_secret(trials: Trials) -> None:
    """At each point: the secret is stored, can still be had, or is known to be lost."""
    check(trials, RETRIEVAL)


def check(trials: Trials, points: tuple[tuple[Point, Fate], ...]) -> None:
    """Die at each point once."""
    made = trials([point for point, _ in points])
    fates = {point.name: one.fate for (point, _), one in zip(points, made, strict=True)}
    assert fates == {point.name: fate for point, fate in points}
    # A dead holder is waited for as long as its lease; what it leaves unanswered, as long again and
    # as the store's patience, which is a lease here. The library's own lease would be two minutes.
    assert max(one.seconds for one in made) < 3 * LEASE + _WORK
