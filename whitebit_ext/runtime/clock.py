"""Where time comes from, so that a test can bring its own."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tell the time and wait; all in seconds."""

    def time(self) -> float:
        """Return unix time: what is compared between machines."""

    def monotonic(self) -> float:
        """Return a time that never jumps: what waiting is measured by."""

    def sleep(self, seconds: float) -> None:
        """Wait in a thread."""

    async def asleep(self, seconds: float) -> None:
        """Wait in a task."""


class SystemClock:
    """The machine's own clock."""

    def time(self) -> float:
        """Return unix time in seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds of a clock that never jumps."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block this thread."""
        time.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        """Suspend this task."""
        import asyncio

        await asyncio.sleep(seconds)
