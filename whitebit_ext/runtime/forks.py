"""What belongs to a process is made anew in a forked child."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class ForkAware(Protocol):
    """An object that holds sockets, threads, locks or caches."""

    def after_fork(self) -> None:
        """Make anew, in the child, what the parent holds."""


_aware: weakref.WeakSet[ForkAware] = weakref.WeakSet()


def watch_forks(thing: ForkAware) -> None:
    """Have ``after_fork`` called in every child that is forked while the object lives."""
    _aware.add(thing)


def _in_child() -> None:
    for thing in list(_aware):
        thing.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_in_child)
