"""Retries of a failing store, and jitter of waits."""

from __future__ import annotations

import pytest

from whitebit_ext.custody.leases import COMMIT_PATIENCE, patiently
from whitebit_ext.errors import StoreConflict, StoreUnavailable
from whitebit_ext.http.backoff import jittered

from .hand_clock import HandClock


@pytest.mark.parametrize("error", [StoreUnavailable, StoreConflict])
def test_commit_is_retried(
    error: type[StoreUnavailable | StoreConflict],
) -> None:
    """A store that fails for some seconds is retried."""
    clock, tries = HandClock(), []

    def commit() -> str:
        tries.append(clock.monotonic())
        if len(tries) < 5:
            raise error("not now")
        return "committed"

    assert patiently(commit, clock) == "committed"
    assert clock.slept == [0.05, 0.1, 0.2, 0.4]


def test_retries_end() -> None:
    """A store that keeps failing is given up after the stated time; no wait exceeds 1 s."""
    clock = HandClock()

    def commit() -> str:
        raise StoreUnavailable("not now")

    assert patiently(commit, clock) is None
    assert COMMIT_PATIENCE <= sum(clock.slept) < COMMIT_PATIENCE + 1.0
    assert max(clock.slept) == 1.0


def test_only_store_errors_are_retried() -> None:
    """Any other error is raised at once."""
    clock = HandClock()

    def commit() -> str:
        raise KeyError("a mistake")

    with pytest.raises(KeyError):
        patiently(commit, clock)
    assert clock.slept == []


def test_jitter_only_lengthens() -> None:
    """A wait is 100 to 125 % of its length, so no caller returns too early."""
    assert (jittered(8.0, lambda: 0.0), jittered(8.0, lambda: 1.0)) == (8.0, 10.0)
    drawn = [jittered(4.0) for _ in range(100)]
    assert all(4.0 <= seconds <= 5.0 for seconds in drawn)
    assert len(set(drawn)) > 1
