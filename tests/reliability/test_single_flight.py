"""One refresh for all who meet an expired pair, on a database; a holder that outlives its lease."""

from __future__ import annotations

import pytest

from .single_flight import STOPS, Crowd, fly, outlive
from .wiring import LEASE, World

CROWDS = (Crowd(1, 32), Crowd(1, 100, "tasks"), Crowd(8, 1), Crowd(2, 16))


@pytest.mark.parametrize("crowd", CROWDS, ids=str)
def test_one_refresh_a_round(world: World, crowd: Crowd) -> None:
    """Whoever calls at once, one refresh leaves, and all get the pair that it brought."""
    flown = fly(world, crowd, 3)
    assert flown.posts == [1, 1, 1]
    assert (flown.replayed, flown.failed, flown.other) == (0, [], 0)


@pytest.mark.parametrize("where", STOPS)
def test_a_holder_that_outlives_its_lease(world: World, where: str) -> None:
    """A holder is stopped until others took its lease over: it ends with a live pair for all."""
    world.lease = LEASE
    told = outlive(world, where, 2)
    assert told.alive == [True, True]
    assert told.holders == ["a pair", "a pair"]
    assert told.posts == [2, 2]
    # Where the holder has the only answer, the others cannot know; else nobody notices.
    assert (told.refused == 0) == (where == "before it asks")
