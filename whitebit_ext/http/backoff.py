"""Retries: which errors are retried, and after how long (contract, section 7)."""

from __future__ import annotations

import random
from collections.abc import Callable

from ..errors import ConnectionFailed, RateLimited, ServerError, WhiteBITError

REPEATED = (RateLimited, ServerError, ConnectionFailed)
"""Errors after which a read is retried; a read changes nothing, so repeating it is safe."""
FIRST_WAIT = 1.0
LONGEST_WAIT = 30.0
"""Seconds; also the longest ``Retry-After`` that is honored by waiting."""


def pause_after(error: WhiteBITError, attempt: int, attempts: int) -> float | None:
    """Return the seconds to wait before the next attempt, or ``None`` to give up.

    If the server requests a longer pause than a caller should wait, there is no retry: WhiteBIT
    restricts addresses that return early. The error has the requested pause.

    Args:
        error: The error of the last attempt.
        attempt: The number of that attempt, from 1.
        attempts: The maximum number of attempts.
    """
    asked = error.retry_after or 0.0
    if not isinstance(error, REPEATED) or attempt >= attempts or asked > LONGEST_WAIT:
        return None
    return jittered(max(waiting_time(attempt), asked))


def waiting_time(row: int) -> float:
    """Return the seconds to wait after ``row`` consecutive failures, without jitter."""
    return min(FIRST_WAIT * 2.0 ** min(row - 1, 16), LONGEST_WAIT)


def jittered(seconds: float, draw: Callable[[], float] = random.random) -> float:
    """Return 100 to 125 % of a waiting time, so that callers spread out."""
    return seconds * (1 + draw() / 4)
