"""A clock for recording and replaying: it goes forward when somebody sleeps, and then at once."""

from __future__ import annotations

from whitebit_ext.sandbox import Clock


class SteppingClock:
    """A `whitebit_ext.runtime.clock.Clock` over a frozen clock of the sandbox."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def time(self) -> float:
        """Return unix time."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return the same: this clock does not jump."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self._clock.advance(seconds)

    async def asleep(self, seconds: float) -> None:
        """Move the clock."""
        self._clock.advance(seconds)
