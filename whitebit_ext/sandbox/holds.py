"""Requests that a test stops inside the server, to do something else meanwhile."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Self

from .operations import Operation


class Hold:
    """Stops the requests for one operation until it is released.

    The request for a secret stops while its retrieval is running, so that another one meets 423;
    every other request stops before it has any effect.
    """

    def __init__(self, operation: Operation, holds: Holds) -> None:
        """Prepare a hold; `Holds.add` puts it up."""
        self.operation = operation
        self._holds = holds
        self._changed = threading.Condition()
        self._held: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._arrived = 0
        self._released = False

    @property
    def arrived(self) -> int:
        """Return how many requests were stopped so far."""
        with self._changed:
            return self._arrived

    def wait(self, n: int = 1, timeout: float = 5.0) -> None:
        """Block until so many requests were stopped.

        Args:
            n: How many requests.
            timeout: Real seconds to wait at most.

        Raises:
            TimeoutError: They did not come.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._arrived >= n, timeout):
                raise TimeoutError(f"{self._arrived} of {n} requests came")

    def release(self) -> None:
        """Let the stopped requests go on, and stop no more."""
        self._holds.remove(self)
        with self._changed:
            self._released = True
            for loop, go_on in self._held:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(go_on.set)
            self._held.clear()

    async def stop_here(self) -> None:
        """Wait for the release."""
        go_on = asyncio.Event()
        with self._changed:
            if self._released:
                return
            self._held.add((asyncio.get_running_loop(), go_on))
            self._arrived += 1
            self._changed.notify_all()
        await go_on.wait()

    def __enter__(self) -> Self:
        """Return the hold, which is up already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Release it."""
        self.release()


class Holds:
    """The holds that are up."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._holds: list[Hold] = []

    def add(self, operation: Operation) -> Hold:
        """Put up a hold."""
        hold = Hold(operation, self)
        with self._lock:
            self._holds.append(hold)
        return hold

    def remove(self, hold: Hold) -> None:
        """Take a hold down; its stopped requests stay where they are."""
        with self._lock:
            if hold in self._holds:
                self._holds.remove(hold)

    def release_all(self) -> None:
        """Release every hold."""
        with self._lock:
            holds = list(self._holds)
        for hold in holds:
            hold.release()

    async def pass_by(self, operation: Operation) -> None:
        """Stop at every hold that is up for an operation."""
        with self._lock:
            holds = [hold for hold in self._holds if hold.operation is operation]
        for hold in holds:
            await hold.stop_here()
