"""The clock of the sandbox, which tests can control.

Everything with a lifetime (codes, tokens, limits, keys) uses this clock only.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time


class Clock:
    """A clock that runs in real time unless it is frozen.

    Args:
        start: The time to start at, in Unix seconds; now by default.
        frozen: Stop the clock until `advance` or `resume` is called.
    """

    def __init__(self, *, start: float | None = None, frozen: bool = False) -> None:
        self._lock = threading.Lock()
        self._base = time.time() if start is None else float(start)
        self._anchor = time.monotonic()
        self._frozen = frozen
        self._stopped = False
        self._sleepers: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    @property
    def frozen(self) -> bool:
        """Whether the clock is frozen."""
        return self._frozen

    def now(self) -> float:
        """Return the time in Unix seconds."""
        with self._lock:
            return self._now()

    def ahead(self) -> float:
        """Return how many seconds the clock is ahead of real time; negative if it is behind."""
        return self.now() - time.time()

    def advance(self, seconds: float) -> None:
        """Move the clock forward, and wake waiters whose time has come.

        Raises:
            ValueError: The seconds are negative or not finite.
        """
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError("seconds: must be finite and not negative")
        with self._lock:
            self._base += seconds
            self._wake()

    def freeze(self) -> None:
        """Stop the clock at the current time."""
        with self._lock:
            self._base = self._now()
            self._frozen = True
            self._wake()

    def resume(self) -> None:
        """Run in real time again, from the current time of the clock."""
        with self._lock:
            if self._frozen:
                self._anchor = time.monotonic()
                self._frozen = False
            self._wake()

    async def sleep(self, seconds: float) -> None:
        """Wait until a number of seconds has passed on this clock."""
        loop = asyncio.get_running_loop()
        deadline = self.now() + seconds
        while True:
            moved = asyncio.Event()
            sleeper = (loop, moved)
            with self._lock:
                remaining = deadline - self._now()
                if remaining <= 0 or self._stopped:
                    return
                self._sleepers.add(sleeper)
                endless = self._frozen or math.isinf(remaining)
            try:
                async with asyncio.timeout(None if endless else remaining):
                    await moved.wait()
            except TimeoutError:
                continue  # the time is up; the next iteration returns
            finally:
                with self._lock:
                    self._sleepers.discard(sleeper)

    def stop(self) -> None:
        """End all waits when the server stops."""
        with self._lock:
            self._stopped = True
            self._wake()

    def start(self) -> None:
        """Allow waits again when a server starts."""
        with self._lock:
            self._stopped = False

    def _now(self) -> float:
        if self._frozen:
            return self._base
        # Monotonic, so that a change of the system clock does not expire tokens.
        return self._base + (time.monotonic() - self._anchor)

    def _wake(self) -> None:
        for loop, moved in self._sleepers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(moved.set)
