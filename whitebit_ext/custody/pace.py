"""Pace over a store: one request per interval, in fair turns over all processes that share it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..errors import TokenUnavailable
from ..runtime.clock import Clock
from .connections import fresh_id
from .rows import Custody, Value
from .values import REFRESH_TOKEN_LIFETIME

_LONGEST_LINE = 100
_LONGEST_PAUSE = 30.0
"""Seconds of a pause that a caller waits for."""
_REMEMBERED = 3_600.0


class Pace:
    """One request per interval, over all processes that share a store.

    A caller may send when the turn has not changed for an interval, by the caller's own monotonic
    clock: clocks that disagree neither block it nor let it send early. Only of a pause that the
    server asked for, the time before the caller came counts, by the store's clock. Waiting
    processes queue in the row, so that none takes every turn; one that was stopped is skipped after
    half an interval.

    Args:
        custody: Where the row is.
        clock: Measures the interval.
        interval: Seconds between two requests; 0 disables the pace.
        egress: Label of the address that requests leave from: limits count per IP address.
    """

    def __init__(self, custody: Custody, clock: Clock, *, interval: float, egress: str) -> None:
        self._custody = custody
        self._clock = clock
        self._interval = interval
        self._egress = egress
        self._me = fresh_id()
        self._turn = threading.Lock()
        self._seen = ""
        self._since = 0.0

    def wait(self, alive: Callable[[], object]) -> None:
        """Block this thread until its request may be sent.

        Args:
            alive: Called about once a second while waiting, to renew a lease.

        Raises:
            TokenUnavailable: the server asked for a longer pause than a caller is kept waiting.
        """
        if self._interval <= 0:
            return
        while not self._turn.acquire(timeout=1.0):
            alive()
        try:
            self._watch(alive)
        finally:
            self._turn.release()

    def hold_off(self, seconds: float) -> None:
        """Make all processes wait for as long as the server asked (``Retry-After``).

        After the life of a refresh token, every pair that would be endangered has ended.
        """
        if self._interval <= 0 or seconds <= self._interval:
            return
        seconds = min(seconds, REFRESH_TOKEN_LIFETIME)

        def change(value: Value | None) -> Value:
            known = {name: item for name, item in (value or {}).items() if name != "of"}
            return {"line": [], **known, "turn": fresh_id(), "pause": seconds}

        self._custody.update("pace", (self._egress,), change)

    def _watch(self, alive: Callable[[], object]) -> None:
        """Watch the row until this thread may send; only one thread per process does at a time."""
        called = self._clock.monotonic()
        while True:
            held = self._custody.read("pace", self._egress)
            monotonic = self._clock.monotonic()
            value: Value = held.value if held else {"turn": ""}
            line: list[str] = value.get("line", [])
            pause: float = value.get("pause", 0.0)
            if held is not None and value["turn"] != self._seen:
                # The turn of another process, or one not seen before: watch it from now on.
                paused = min(max(held.age or 0.0, 0.0), max(pause - self._interval, 0.0))
                self._seen, self._since = value["turn"], monotonic - paused
            before = line.index(self._me) if self._me in line else len(line)
            apart = max(self._interval, pause)
            rest = self._since + apart + before * self._interval / 2 - monotonic
            if held is None:
                rest = 0.0
            if rest > _LONGEST_PAUSE:
                raise TokenUnavailable(
                    "the server asked for a pause before the next refresh",
                    operation="refresh_token",
                    retry_after=rest,
                )
            if rest <= 0:
                turn = fresh_id()
                behind = [who for who in line[before:] if who != self._me]
                fresh = {"turn": turn, "line": behind, "intervals": self._intervals(value)}
                if self._write(fresh, held.version if held else None):
                    # The request leaves after the write, however long that took.
                    self._seen, self._since = turn, self._clock.monotonic()
                    return
            elif (
                self._me not in line
                and len(line) < _LONGEST_LINE
                and held is not None
                and not pause  # its age is that of the row
            ):
                if before or value.get("of") not in (None, self._me):
                    self._write({**value, "line": [*line, self._me]}, held.version)
                else:
                    self._clock.sleep(min(rest, self._interval / 10))
            else:
                self._clock.sleep(min(rest, self._interval / 10))
            if monotonic - called >= 1.0:
                called = monotonic
                alive()

    def _intervals(self, value: Value) -> dict[str, float]:
        """Return the intervals that processes used in the last hour, and when: for the doctor."""
        now = self._clock.time()
        known: dict[str, float] = value.get("intervals", {})
        recent = {name: at for name, at in known.items() if abs(now - at) < _REMEMBERED}
        return {**recent, f"{self._interval:g}": now}

    def _write(self, value: Value, expect: int | None) -> bool:
        value.setdefault("of", self._me)
        return self._custody.write("pace", (self._egress,), value, expect) is not None
