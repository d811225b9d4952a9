"""Patience with a failing store, and waits that spread."""

from __future__ import annotations

import pytest

from whitebit_ext.custody.leases import COMMIT_PATIENCE, jittered, patiently
from whitebit_ext.errors import StoreConflict, StoreUnavailable

from .hand_clock import HandClock


@pytest.mark.parametrize("error", [StoreUnavailable, StoreConflict])
def test_a_commit_is_tried_again_with_patience(
    error: type[StoreUnavailable | StoreConflict],
) -> None:
    """A store that fails for some seconds is waited for."""
    clock, tries = HandClock(), []

    def commit() -> str:
        tries.append(clock.monotonic())
        if len(tries) < 5:
            raise error("not now")
        return "committed"

    assert patiently(commit, clock) == "committed"
    assert clock.slept == [0.05, 0.1, 0.2, 0.4]


def test_patience_ends() -> None:
    """A store that fails to the end is given up after the stated time; no pause is over 1 s."""
    clock = HandClock()

    def commit() -> str:
        raise StoreUnavailable("not now")

    assert patiently(commit, clock) is None
    assert COMMIT_PATIENCE <= sum(clock.slept) < COMMIT_PATIENCE + 1.0
    assert max(clock.slept) == 1.0


def test_patience_is_for_the_store_alone() -> None:
    """Any other error passes at once."""
    clock = HandClock()

    def commit() -> str:
        raise KeyError("a mistake")

    with pytest.raises(KeyError):
        patiently(commit, clock)
    assert clock.slept == []


def test_jitter_only_lengthens() -> None:
    """A wait is spread over 100 to 125 %: nobody comes before the time that was agreed."""
    assert (jittered(8.0, lambda: 0.0), jittered(8.0, lambda: 1.0)) == (8.0, 10.0)
    drawn = [jittered(4.0) for _ in range(100)]
    assert all(4.0 <= seconds <= 5.0 for seconds in drawn)
    assert len(set(drawn)) > 1
