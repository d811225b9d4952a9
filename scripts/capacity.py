"""Measure how many users can wait for their keys at once, on a clock that is moved by hand.

`python -m scripts.capacity 200 240 260 300` prints a line for each number of waiting users: one
partner object over a memory store, one worker with its defaults, and a server that accepts one
refresh a second, issues tokens of 300 and 600 seconds, and never shows a key. Users arrive evenly
over the first 270 seconds. Time moves only when no thread works, so the figures do not depend on
the machine; that is read from /proc, so this runs on Linux only. docs/capacity.md has the figures.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from whitebit_ext import MemoryStore, Region, WhiteBIT, generate_encryption_key

BASE_URL = "http://127.0.0.1:9"
REDIRECT_URI = "https://partner.example/callback"
ARRIVING, SETTLED, RUNNING = 270.0, 600.0, 1_500.0
_QUIET = 0.002


class SteppedClock:
    """Time that moves to the next sleeper's end once nothing else happens."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self._changed = threading.Condition()
        self._ends: list[float] = []

    def time(self) -> float:
        """Return Unix time."""
        return self.now

    def monotonic(self) -> float:
        """Return the same: nobody sets this clock."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Wait until the time has been moved that far."""
        with self._changed:
            ends = self.now + seconds
            self._ends.append(ends)
            while self.now < ends:
                self._changed.wait()
            self._ends.remove(ends)

    async def asleep(self, seconds: float) -> None:
        """Do what `sleep` does; not used here."""
        await asyncio.to_thread(self.sleep, seconds)

    def step(self, latest: float) -> None:
        """Move the time to the end of the next sleep, at most to `latest`, once no thread works."""
        while is_busy():
            pass
        with self._changed:
            self.now = min([*self._ends, latest])
            self._changed.notify_all()


def is_busy() -> bool:
    """Return whether another thread of this process works, or would if it had a processor."""
    used = time.process_time() - time.thread_time()
    time.sleep(_QUIET)
    if time.process_time() - time.thread_time() - used > _QUIET / 20:
        return True
    own = threading.get_native_id()
    for task in Path("/proc/self/task").iterdir():
        state = "S"
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            state = (task / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        if state != "S" and int(task.name) != own:
            return True
    return False


class Server:
    """The token endpoints and `info`, for users whose key never shows."""

    def __init__(self, clock: SteppedClock) -> None:
        self._clock = clock
        self._numbers = itertools.count()
        self._last = 0.0
        self._lock = threading.Lock()
        self.refreshes = self.early = self.looks = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        with self._lock:
            if request.url.path.endswith("/info"):
                self.looks += 1
                absent = {"exists": False, "isEnabled": False, "externalId": None}
                return httpx.Response(200, json={"data": absent | {"permissions": []}})
            if request.url.path.endswith("/refresh_token"):
                if self._clock.now - self._last < 1.0:
                    self.early += 1
                    return httpx.Response(429)
                self._last = self._clock.now
                self.refreshes += 1
            number = next(self._numbers)
            pair = {
                "access_token": f"access-{number}",
                "expires_in": 300,
                "refresh_token": f"refresh-{number}",
                "scope": "apikeys.read",
                "token_type": "Bearer",
            }
            return httpx.Response(200, content=json.dumps({"data": pair}).encode())


def measure(users: int) -> dict[str, float]:
    """Let so many users wait, and count what happens."""
    clock = SteppedClock()
    server, expired = Server(clock), [0]
    partner = WhiteBIT(
        client_id="capacity",
        client_secret="secret",  # noqa: S106  # of no server
        redirect_uri=REDIRECT_URI,
        region=Region.GLOBAL,
        base_url=BASE_URL,
        store=MemoryStore(clock=clock.monotonic),
        encryption_keys=[generate_encryption_key()],
        transport=lambda: httpx.MockTransport(server.answer),
        clock=clock,
    )
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            expired[0] += partner.maintain(give_up=86_400).expired
            clock.sleep(5.0)

    begin = clock.now
    worker = threading.Thread(target=work)
    worker.start()
    for number in range(users):
        while clock.now < begin + number * ARRIVING / users:
            clock.step(begin + number * ARRIVING / users)
        login = partner.authorize(f"user-{number}")
        state = parse_qs(urlsplit(login.url).query)["state"][0]
        callback = f"{REDIRECT_URI}?code=code-{number}&state={state}"
        partner.connect(callback, binding=login.binding, user_id=f"user-{number}")
    while clock.now < begin + SETTLED:
        clock.step(begin + SETTLED)
    looks, refreshes = server.looks, server.refreshes
    while clock.now < begin + RUNNING:
        clock.step(begin + RUNNING)
    minutes = (RUNNING - SETTLED) / 60
    counted = {
        "users": users,
        "expired": expired[0],
        "refreshes_a_minute": round((server.refreshes - refreshes) / minutes, 1),
        "looks_per_user_a_minute": round((server.looks - looks) / minutes / users, 2),
        "too_early": server.early,
    }
    over.set()
    while worker.is_alive():
        clock.step(clock.now + 5)
    closing = threading.Thread(target=partner.close)
    closing.start()
    while closing.is_alive():
        clock.step(clock.now + 5)
    return counted


def main(numbers: Sequence[str]) -> None:
    """Print a line for each number of users."""
    for number in numbers or ("200", "240", "260", "300"):
        print(json.dumps(measure(int(number))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
