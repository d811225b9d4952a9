"""The sandbox's clock, which a test can move.

Everything with a lifetime (codes, tokens, limits, keys) reads this clock and no other.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time


class Clock:
    """A clock that runs with real time until it is moved or frozen.

    Args:
        start: Unix seconds to begin at; the present when omitted.
        frozen: Stand still until `advance` or `resume` is called.
    """

    def __init__(self, *, start: float | None = None, frozen: bool = False) -> None:
        """Set the clock."""
        self._lock = threading.Lock()
        self._base = time.time() if start is None else float(start)
        self._anchor = time.monotonic()
        self._frozen = frozen
        self._stopped = False
        self._sleepers: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    @property
    def frozen(self) -> bool:
        """Say whether the clock stands still."""
        return self._frozen

    def now(self) -> float:
        """Return the sandbox's time in unix seconds."""
        with self._lock:
            return self._now()

    def advance(self, seconds: float) -> None:
        """Move the clock forward, and wake whoever waits for a moment that is now past.

        Raises:
            ValueError: The seconds are negative or not finite; a server's clock does not go back.
        """
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError("seconds: must be finite and not negative")
        with self._lock:
            self._base += seconds
            self._wake()

    def freeze(self) -> None:
        """Stand still at the present moment."""
        with self._lock:
            self._base = self._now()
            self._frozen = True
            self._wake()

    def resume(self) -> None:
        """Run with real time again, from where the clock stands."""
        with self._lock:
            if self._frozen:
                self._anchor = time.monotonic()
                self._frozen = False
            self._wake()

    async def sleep(self, seconds: float) -> None:
        """Wait until so much sandbox time has passed, by itself or because the clock was moved."""
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
                continue  # the time has passed, which the next turn of the loop sees
            finally:
                with self._lock:
                    self._sleepers.discard(sleeper)

    def stop(self) -> None:
        """End every wait, because the server shuts down."""
        with self._lock:
            self._stopped = True
            self._wake()

    def start(self) -> None:
        """Allow waits again, because a server starts."""
        with self._lock:
            self._stopped = False

    def _now(self) -> float:
        if self._frozen:
            return self._base
        # Monotonic time, so that a correction of the machine's clock does not end a token.
        return self._base + (time.monotonic() - self._anchor)

    def _wake(self) -> None:
        for loop, moved in self._sleepers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(moved.set)
