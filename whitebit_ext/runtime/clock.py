"""The source of time, replaceable in tests."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """A source of time; all values are in seconds."""

    def time(self) -> float:
        """Return unix time, which is compared between machines."""

    def monotonic(self) -> float:
        """Return a time that never jumps, for measuring durations."""

    def sleep(self, seconds: float) -> None:
        """Block the calling thread."""

    async def asleep(self, seconds: float) -> None:
        """Suspend the calling task."""


class SystemClock:
    """The machine's clock."""

    def time(self) -> float:
        """Return unix time in seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds of a clock that never jumps."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread."""
        time.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        """Suspend the calling task."""
        import asyncio

        await asyncio.sleep(seconds)


class CorrectedClock:
    """A clock whose time is corrected by the offset to a server's clock.

    Args:
        clock: The clock of this machine.

    Attributes:
        offset: Seconds that this machine's clock is ahead of the server's.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.offset = 0.0

    def time(self) -> float:
        """Return the server's unix time in seconds, as far as it is known."""
        return self._clock.time() - self.offset

    def monotonic(self) -> float:
        """Return seconds of a clock that never jumps."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block this thread."""
        self._clock.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        """Suspend this task."""
        await self._clock.asleep(seconds)
