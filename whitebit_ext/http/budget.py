"""How many account reads may leave one address at a time, over all users of the process."""

from __future__ import annotations

import threading
from collections import deque

from ..regions import operation
from ..runtime.clock import Clock, SystemClock
from ..runtime.forks import watch_forks

MARGIN = 0.5
"""Seconds added to the window: requests do not arrive as far apart as they left."""


class Budget:
    """Tell each request when it may leave, so that no window holds more than the limit.

    Where the server's windows begin is not published, and a bucket that is full after a pause and
    refilled meanwhile lets almost twice the limit into one. So the times of the last requests are
    kept: a 201st request leaves one window after the first.

    Args:
        clock: What waiting is measured by.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begin()
        watch_forks(self)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        # By the beginning of the paths whose requests count together.
        self._times: dict[str, deque[float]] = {}

    def after_fork(self) -> None:
        """Begin anew: another thread of the parent may have held the lock."""
        self._begin()

    def reserve(self, name: str) -> float:
        """Take the next place for an operation, and return the seconds to wait for it."""
        limit = operation(name).rate_limit
        now = self._clock.monotonic()
        with self._lock:
            times = self._times.setdefault(limit.paths, deque(maxlen=limit.requests))
            if len(times) < limit.requests:
                times.append(now)
                return 0.0
            leaves = max(now, times[0] + limit.seconds + MARGIN)
            times.append(leaves)
            return leaves - now


_shared: dict[tuple[str, str], Budget] = {}


def budget_of(origin: str, egress: str, clock: Clock) -> Budget:
    """Return the one budget of an address and a server, for all partners of this process.

    A clock of the caller's own, as tests have, gets a budget of its own: its time means nothing
    to others.
    """
    if not isinstance(clock, SystemClock):
        return Budget(clock)
    return _shared.setdefault((origin, egress), Budget(clock))
