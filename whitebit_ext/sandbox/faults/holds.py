"""Holds: requests that a test pauses inside the server."""

from __future__ import annotations

import asyncio
import threading
from typing import Self

from ..operations import Operation


class Hold:
    """A hold that pauses the requests of one operation until it is released.

    A request for a secret is paused during its retrieval, so that another one gets a 423; every
    other request is paused before it has any effect.
    """

    def __init__(self, operation: Operation, holds: Holds) -> None:
        self.operation = operation
        self._holds = holds
        self._changed = threading.Condition()
        self._held: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._arrived = 0
        self._released = False

    @property
    def arrived(self) -> int:
        """Return the number of requests that were paused so far."""
        with self._changed:
            return self._arrived

    def wait(self, n: int = 1, timeout: float = 5.0) -> None:
        """Block until a number of requests have been paused.

        Args:
            n: The number of requests.
            timeout: The maximum time to wait, in real seconds.

        Raises:
            TimeoutError: Fewer requests arrived in this time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._arrived >= n, timeout):
                raise TimeoutError(f"{self._arrived} of {n} requests arrived")

    def release(self) -> None:
        """Continue the paused requests, and remove the hold."""
        self._holds.remove(self)
        with self._changed:
            self._released = True
            for loop, resume in self._held:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(resume.set)
            self._held.clear()

    async def pause(self) -> None:
        """Pause the request until the release."""
        resume = asyncio.Event()
        with self._changed:
            if self._released:
                return
            self._held.add((asyncio.get_running_loop(), resume))
            self._arrived += 1
            self._changed.notify_all()
        await resume.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.release()


class Holds:
    """The active holds of a sandbox."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holds: list[Hold] = []

    def add(self, operation: Operation) -> Hold:
        """Add a hold."""
        hold = Hold(operation, self)
        with self._lock:
            self._holds.append(hold)
        return hold

    def remove(self, hold: Hold) -> None:
        """Remove a hold; its paused requests stay paused."""
        with self._lock:
            if hold in self._holds:
                self._holds.remove(hold)

    def release_all(self) -> None:
        """Release every hold."""
        with self._lock:
            holds = list(self._holds)
        for hold in holds:
            hold.release()

    async def wait_for_release(self, operation: Operation) -> None:
        """Pause at every active hold of an operation."""
        with self._lock:
            holds = [hold for hold in self._holds if hold.operation is operation]
        for hold in holds:
            await hold.pause()
