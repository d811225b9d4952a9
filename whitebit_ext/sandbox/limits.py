"""Rate limits per IP address, on the sandbox's clock (contract section 7)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from .clock import Clock
from .operations import Operation


@dataclass(slots=True)
class Limit:
    """So many requests in so many seconds, for paths that begin with a prefix."""

    prefix: str
    requests: int
    seconds: float

    def covers(self, path: str) -> bool:
        """Say whether a path counts against this limit."""
        return path.startswith(self.prefix)


def documented_limits() -> list[Limit]:
    """Return the limits of the contract's table; the longest prefix decides alone."""
    return [
        Limit("/oauth2/refresh_token", 1, 1.0),
        Limit("/api/v4/main-account/history", 200, 10.0),
        Limit("/api/v4/main-account/", 1_000, 10.0),
        Limit("/api/v4/trade-account/", 12_000, 10.0),
        Limit("/", 10_000, 10.0),
    ]


@dataclass(slots=True)
class Limits:
    """Counts requests, and says which are too many.

    Attributes:
        enabled: Whether any limit holds.
        refresh_enabled: Whether the one-per-second limit of refreshes holds.
        table: The limits, longest prefix first; a test may put its own.
    """

    clock: Clock
    enabled: bool = True
    refresh_enabled: bool = True
    table: list[Limit] = field(default_factory=documented_limits)
    _windows: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def admit(self, operation: Operation, address: str) -> bool:
        """Count a request, and say whether it may pass; a rejected one does not count.

        A window begins with the first request in it: how WhiteBIT cuts its windows is not
        published.
        """
        if not self.enabled or (operation.name == "refresh_token" and not self.refresh_enabled):
            return True
        limit = next((item for item in self.table if item.covers(operation.template)), None)
        if limit is None:
            return True
        now = self.clock.now()
        with self._lock:
            began, count = self._windows.get((address, limit.prefix), (now, 0))
            if now - began >= limit.seconds:
                began, count = now, 0
            if count >= limit.requests:
                return False
            self._windows[address, limit.prefix] = (began, count + 1)
            return True
