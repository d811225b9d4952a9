"""Asking again: what is repeated, and after how long (contract, section 7)."""

from __future__ import annotations

import random
from collections.abc import Callable

from ..errors import ConnectionFailed, RateLimited, ServerError, WhiteBITError

REPEATED = (RateLimited, ServerError, ConnectionFailed)
"""What is worth asking again; a read changes nothing, so that no answer does no harm."""
FIRST_WAIT = 1.0
LONGEST_WAIT = 30.0
"""Seconds; also the longest ``Retry-After`` that is waited for."""


def pause_after(error: WhiteBITError, attempt: int, attempts: int) -> float | None:
    """Return the seconds to wait before the next attempt, or ``None`` to give up.

    A server that asks for a longer pause than a caller should be kept waiting for is not asked
    again: to come back earlier is what gets an address restricted. The error says how long the
    pause is.

    Args:
        error: What the last attempt ended with.
        attempt: Which attempt that was, from 1.
        attempts: How many are made at the most.
    """
    asked = error.retry_after or 0.0
    if not isinstance(error, REPEATED) or attempt >= attempts or asked > LONGEST_WAIT:
        return None
    return jittered(max(waiting_time(attempt), asked))


def waiting_time(row: int) -> float:
    """Return the seconds to wait after so many failures in a row, without jitter."""
    return min(FIRST_WAIT * 2.0 ** min(row - 1, 16), LONGEST_WAIT)


def jittered(seconds: float, draw: Callable[[], float] = random.random) -> float:
    """Return a waiting time of 100 to 125 % of the given one, so that callers spread."""
    return seconds * (1 + draw() / 4)
