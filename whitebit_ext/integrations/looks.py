"""Looks: a waiting user's page asks WhiteBIT for the key where no worker does."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from ..errors import WhiteBITError

LONGEST = 2.0
"""Seconds for which a request waits for a look; the look itself goes on."""
_AT_ONCE = 2
_FRESH = 1.5
"""Seconds for which a look counts as recent, so that further tabs cause no other."""
_REMEMBERED = 10_000

Look = Callable[[str], Any]


class Looks:
    """Looks of one process: two at once, one per user, and none right after another.

    Args:
        look: Looks for the key of a user; a coroutine function for an async partner.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._running: dict[str, Any] = {}
        self._looked: dict[str, float] = {}
        self._pool = concurrent.futures.ThreadPoolExecutor(_AT_ONCE, "whitebit-look")

    def now(self, user_id: str) -> WhiteBITError | None:
        """Look in a thread, wait 2 s at most, and return the error of the look, if any."""
        with self._lock:
            if os.getpid() != self._pid:  # threads do not survive a fork
                self._start()
            future = self._running.get(user_id)
            if future is None:
                if not self._may(user_id):
                    return None
                future = self._pool.submit(self._work, user_id)
                self._running[user_id] = future
        try:
            return future.result(LONGEST)  # type: ignore[no-any-return]  # of _work
        except TimeoutError:
            return None

    def _work(self, user_id: str) -> WhiteBITError | None:
        try:
            self._look(user_id)
        except WhiteBITError as error:
            return error
        finally:
            with self._lock:
                self._end(user_id)
        return None

    async def soon(self, user_id: str) -> WhiteBITError | None:
        """Do what ``now`` does, in a task of the running loop."""
        running = self._running.get(user_id)
        if running is None or running.get_loop() is not asyncio.get_running_loop():
            if not self._may(user_id):
                return None
            running = self._running[user_id] = asyncio.ensure_future(self._task(user_id))
        # A client that goes away does not stop the look.
        done, _ = await asyncio.wait({running}, timeout=LONGEST)
        return running.result() if done else None

    async def _task(self, user_id: str) -> WhiteBITError | None:
        looking: Awaitable[object] = self._look(user_id)
        try:
            await looking
        except WhiteBITError as error:
            return error
        finally:
            self._end(user_id)
        return None

    def forget(self, user_id: str) -> None:
        """Let the next look of a user start at once, after a login."""
        with self._lock:
            self._looked.pop(user_id, None)

    def _may(self, user_id: str) -> bool:
        """Return whether a look may start: not too many, and none of this user just now."""
        last = self._looked.get(user_id)
        recent = last is not None and time.monotonic() - last < _FRESH
        return not recent and len(self._running) < _AT_ONCE

    def _end(self, user_id: str) -> None:
        self._running.pop(user_id, None)
        self._looked.pop(user_id, None)
        self._looked[user_id] = time.monotonic()
        while len(self._looked) > _REMEMBERED:
            del self._looked[next(iter(self._looked))]
