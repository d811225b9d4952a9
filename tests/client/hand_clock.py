"""A clock that a test moves by hand."""

from __future__ import annotations


class HandClock:
    """A clock of one process, moved by hand; sleeping moves it."""

    def __init__(self, *, time: float = 1_700_000_000.0, monotonic: float = 50.0) -> None:
        self._time = time
        self._monotonic = monotonic
        self.slept: list[float] = []
        self.others: list[HandClock] = []

    def time(self) -> float:
        """Return this machine's unix time."""
        return self._time

    def monotonic(self) -> float:
        """Return this process's monotonic time."""
        return self._monotonic

    def pass_by(self, seconds: float) -> None:
        """Let time pass, here and on the other clocks."""
        for clock in (self, *self.others):
            clock._time += seconds
            clock._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Set the machine's clock by hand."""
        self._time += seconds

    def sleep(self, seconds: float) -> None:
        """Record it, and let time pass."""
        self.slept.append(seconds)
        self.pass_by(seconds)

    async def asleep(self, seconds: float) -> None:
        """Do what `sleep` does."""
        self.sleep(seconds)
