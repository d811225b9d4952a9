"""What a process has read of custody: for a while, calls cost no store access."""

from __future__ import annotations

from typing import Generic, TypeVar

from .clock import Clock

T = TypeVar("T")

LONGEST = 300.0
"""Seconds until custody is asked again; then at last, what another process forgot is gone here."""
MOST = 50_000
"""Users; a new one beyond that takes the place of the one that was read first."""


class Cache(Generic[T]):
    """One value per user.

    Args:
        clock: What age is measured by.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._read: dict[str, tuple[T, float]] = {}

    def put(self, user_id: str, value: T) -> T:
        """Keep what custody holds now, and return it."""
        if len(self._read) >= MOST and user_id not in self._read:
            del self._read[next(iter(self._read))]
        self._read[user_id] = (value, self._clock.monotonic())
        return value

    def fresh(self, user_id: str) -> T | None:
        """Return what was read less than five minutes ago."""
        found = self._read.get(user_id)
        if found is None or self._clock.monotonic() - found[1] >= LONGEST:
            return None
        return found[0]

    def latest(self, user_id: str) -> T | None:
        """Return what was read last, however long ago: for when the store does not answer."""
        found = self._read.get(user_id)
        return found[0] if found else None

    def drop(self, user_id: str) -> None:
        """Have custody asked the next time."""
        self._read.pop(user_id, None)
