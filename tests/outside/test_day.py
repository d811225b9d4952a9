"""The short form of the virtual day; `nox -s day` has the long one."""

from __future__ import annotations

from whitebit_ext import MemoryStore
from whitebit_ext.sandbox import Clock, Sandbox

from .day import Day


def test_nobody_is_locked_out_orphaned_or_on_another_account() -> None:
    """Users of every kind connect, wait and leave while WhiteBIT fails and processes restart."""
    store = MemoryStore()
    with Sandbox(clock=Clock(frozen=True)) as sandbox:
        day = Day(sandbox, lambda: store, users=12, hours=1.5, seed=7)
        day.run()
    assert day.wrong == []
    assert day.counts["read"] > 5
    assert day.counts["finished"] > 0
