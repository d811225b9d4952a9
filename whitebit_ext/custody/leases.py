"""Leases and pace over a store: who may ask now, without any lock across network I/O.

A lease stops a second *request*; it never refuses a *result*. It is a row with an owner that
others watch: one that stood still for its whole length, by the watcher's own monotonic clock, is
taken over. So clocks of different machines need not agree.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from typing import TypeVar

import attrs

from ..errors import CustodyError, StoreUnavailable
from ..runtime.clock import Clock
from .rows import Custody

T = TypeVar("T")

log = logging.getLogger("whitebit_ext")

COMMIT_PATIENCE = 10.0
"""Seconds for which a failing store is tried again with a value that exists nowhere else."""
_FREE = "free"


@attrs.frozen
class Lease:
    """A lease that this caller holds."""

    name: tuple[str, ...]
    owner: str


class Leases:
    """Take, renew and give back leases.

    Args:
        custody: Where the rows are.
        clock: What standing still is measured by.
        length: Seconds without a sign of life after which a lease may be taken over; longer
            than any single request lasts.
    """

    def __init__(self, custody: Custody, clock: Clock, length: float) -> None:
        self._custody = custody
        self._clock = clock
        self.length = length
        self._seen: dict[tuple[str, ...], tuple[int, float]] = {}
        self._lock = threading.Lock()

    def acquire(self, *name: str) -> Lease | None:
        """Take the lease if it is free or abandoned; return ``None`` while another holds it."""
        held = self._custody.read("lease", *name)
        if (
            held is not None
            and held.value["owner"] != _FREE
            and not self._stood_still(name, held.version)
        ):
            return None
        owner = secrets.token_hex(16)
        expect = held.version if held else None
        if not self._custody.write("lease", name, {"owner": owner}, expect):
            return None
        with self._lock:
            self._seen.pop(name, None)
        return Lease(name, owner)

    def _stood_still(self, name: tuple[str, ...], version: int) -> bool:
        now = self._clock.monotonic()
        with self._lock:
            seen = self._seen.get(name)
            if seen is None or seen[0] != version:
                self._seen[name] = (version, now)
                return False
            return now - seen[1] >= self.length

    def renew(self, lease: Lease) -> bool:
        """Give a sign of life; return whether the lease is still this caller's."""
        return self._rewrite(lease, lease.owner)

    def release(self, lease: Lease) -> None:
        """Give the lease back; nothing happens if another has taken it over.

        A store that fails here must not hide the outcome of what the lease was for: the lease
        is then taken over by whoever waits for it.
        """
        try:
            self._rewrite(lease, _FREE)
        except StoreUnavailable as error:
            log.warning("a lease was not given back and will be taken over: %s", error.message)

    def _rewrite(self, lease: Lease, owner: str) -> bool:
        while True:  # a key rotation may write the row meanwhile; a new owner ends it
            held = self._custody.read("lease", *lease.name)
            if held is None or held.value["owner"] != lease.owner:
                return False
            if self._custody.write("lease", lease.name, {"owner": owner}, held.version):
                return True


class Pace:
    """Let one request go per interval, over all processes that share a store.

    A caller goes when the row has stood still for an interval, by the caller's own monotonic clock:
    so clocks that disagree neither block it nor let it go early.

    Args:
        custody: Where the row is.
        clock: What the interval is measured by.
        interval: Seconds between two requests; 0 lets all go.
        egress: Label of the address that requests leave from: limits count per IP address.
    """

    def __init__(self, custody: Custody, clock: Clock, *, interval: float, egress: str) -> None:
        self._custody = custody
        self._clock = clock
        self._interval = interval
        self._egress = egress
        self._turn = threading.Lock()
        self._last = ""
        self._seen = -1
        self._since = 0.0

    def wait(self, alive: Callable[[], object]) -> None:
        """Block this thread until its request may go.

        Args:
            alive: Called about once a second meanwhile, to renew a lease.
        """
        if self._interval <= 0:
            return
        while not self._turn.acquire(timeout=1.0):
            alive()
        try:
            self._watch(alive)
        finally:
            self._turn.release()

    def _watch(self, alive: Callable[[], object]) -> None:
        """Watch the row until this thread may go; one thread of a process does at a time."""
        called = self._clock.monotonic()
        while True:
            held = self._custody.read("pace", self._egress)
            monotonic = self._clock.monotonic()
            if held is None:
                rest = 0.0
            else:
                # The row of another process, or one never seen: watch it from now on.
                if held.value["turn"] != self._last and held.version != self._seen:
                    self._seen, self._since = held.version, monotonic
                rest = self._since + self._interval - monotonic
            if rest <= 0:
                turn = secrets.token_hex(16)
                expect = held.version if held else None
                if self._custody.write("pace", (self._egress,), {"turn": turn}, expect):
                    self._last, self._since = turn, monotonic
                    return
            else:
                self._clock.sleep(min(rest, self._interval / 10))
            if monotonic - called >= 1.0:
                called = monotonic
                alive()


def patiently(commit: Callable[[], T], clock: Clock) -> T | None:
    """Commit what exists nowhere else, trying a failing store again for 10 s.

    Returns:
        What the commit returned, or ``None`` where the store failed to the end.
    """
    until = clock.monotonic() + COMMIT_PATIENCE
    pause = 0.05
    while True:
        try:
            return commit()
        except CustodyError as error:
            log.warning("the store failed and is tried again: %s", error.message)
        if clock.monotonic() >= until:
            return None
        clock.sleep(pause)
        pause = min(2 * pause, 1.0)
