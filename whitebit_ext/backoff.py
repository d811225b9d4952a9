"""Asking again: what is repeated, how often, and after how long (contract, section 7).

The policy is tenacity's; its waits become steps, so that a clock can be injected and the async
face never blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .custody.leases import jittered
from .errors import ConnectionFailed, RateLimited, ServerError, WhiteBITError, stripped
from .steps import Sleep, Steps

if TYPE_CHECKING:
    from tenacity import RetryCallState, Retrying

T = TypeVar("T")

REPEATED = (RateLimited, ServerError, ConnectionFailed)
"""What is worth asking again; a read changes nothing, so that no answer is no harm."""
FIRST_WAIT = 1.0
LONGEST_WAIT = 30.0
"""Seconds; also the longest ``Retry-After`` that is waited for."""


def backed_off(attempt: Callable[[], Steps[T]], attempts: int) -> Steps[T]:
    """Make attempts until one succeeds, or fails in a way that repeating does not mend.

    A server that asks for a longer pause than a caller should be kept for is not asked again: to
    come back earlier is what gets an address restricted. The error says how long the pause is.

    Args:
        attempt: Makes the steps of one attempt.
        attempts: How many are made at the most.

    Raises:
        WhiteBITError: what the last attempt ended with.
    """
    failure: WhiteBITError
    try:
        return (yield from attempt())
    except REPEATED as error:
        failure = error
    # The usual read never comes here, and loads no retry library.
    policy, state = _policy(attempts)
    while True:
        seconds = _wait(policy, state, stripped(failure))
        if seconds is None:
            raise failure
        yield Sleep(seconds)
        state.prepare_for_next_attempt()
        try:
            return (yield from attempt())
        except WhiteBITError as error:
            failure = error


def waiting_time(row: int) -> float:
    """Return the seconds to wait after so many failures in a row, without jitter."""
    return min(FIRST_WAIT * 2.0 ** min(row - 1, 16), LONGEST_WAIT)


def _policy(attempts: int) -> tuple[Retrying, RetryCallState]:
    import tenacity

    def asked(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return getattr(error, "retry_after", None) or 0.0

    def seconds(state: RetryCallState) -> float:
        return jittered(max(waiting_time(state.attempt_number), asked(state)))

    def is_repeated(state: RetryCallState) -> bool:
        return passing(state) and asked(state) <= LONGEST_WAIT

    passing = tenacity.retry_if_exception_type(REPEATED)
    policy = tenacity.Retrying(
        retry=is_repeated,
        stop=tenacity.stop_after_attempt(attempts),
        wait=seconds,
        reraise=True,
    )
    policy.begin()
    return policy, tenacity.RetryCallState(policy, None, (), {})


def _wait(policy: Retrying, state: RetryCallState, failure: WhiteBITError) -> float | None:
    """Return the seconds until the next attempt; ``None`` where there is to be none."""
    state.set_exception((type(failure), failure, None))
    try:
        action: Any = policy.iter(state)
        return float(action)
    except WhiteBITError:  # the policy is at its end, and says so by raising the failure
        stripped(failure)
        return None
