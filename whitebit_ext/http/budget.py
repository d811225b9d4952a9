"""The rate limit of account reads per address, over all users of the process."""

from __future__ import annotations

import threading
from collections import deque

from ..regions import operation
from ..runtime.clock import Clock, SystemClock
from ..runtime.forks import watch_forks

MARGIN = 0.5
"""Seconds added to the window: requests may arrive closer together than they were sent."""


class Budget:
    """A sliding-window rate limit: no window of time has more requests than the limit.

    It is not published when the server's windows begin, and a token bucket allows almost twice the
    limit in one window. So the times of the last requests are kept: at a limit of 200, the 201st
    request is sent one window after the first.

    Args:
        clock: Measures the waiting times.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begin()
        watch_forks(self)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        # By the path prefix whose requests are counted together.
        self._times: dict[str, deque[float]] = {}

    def after_fork(self) -> None:
        """Reset the state: another thread of the parent may have held the lock."""
        self._begin()

    def reserve(self, name: str) -> float:
        """Reserve the next request of an operation and return the seconds to wait before it."""
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
    """Return the budget of an address and a server, shared by all partners of this process.

    A custom clock, as in tests, gets a separate budget: its times cannot be compared.
    """
    if not isinstance(clock, SystemClock):
        return Budget(clock)
    return _shared.setdefault((origin, egress), Budget(clock))
