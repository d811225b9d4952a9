"""Rate limits per IP address, on the sandbox's clock (contract section 7)."""

from __future__ import annotations

import threading

import attrs

from ..operations import Operation
from .clock import Clock


@attrs.define
class Limit:
    """A number of requests per number of seconds, for paths with a prefix."""

    prefix: str
    requests: int
    seconds: float

    def covers(self, path: str) -> bool:
        """Return whether a path counts towards this limit."""
        return path.startswith(self.prefix)


def documented_limits() -> list[Limit]:
    """Return the documented limits; the longest matching prefix applies."""
    return [
        Limit("/oauth2/refresh_token", 1, 1.0),
        Limit("/api/v4/main-account/history", 200, 10.0),
        Limit("/api/v4/main-account/", 1_000, 10.0),
        Limit("/api/v4/trade-account/", 12_000, 10.0),
        Limit("/api/v4/public/", 20_000, 10.0),
        Limit("/", 10_000, 10.0),
    ]


@attrs.define(eq=False)
class Limits:
    """Rate limits per IP address.

    Attributes:
        enabled: Whether any limit applies.
        refresh_enabled: Whether the limit of one refresh per second applies.
        table: The limits, longest prefix first; tests may replace them.
    """

    clock: Clock
    enabled: bool = True
    refresh_enabled: bool = True
    table: list[Limit] = attrs.field(factory=documented_limits)
    _windows: dict[tuple[str, str], tuple[float, int]] = attrs.field(factory=dict, repr=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, repr=False)

    def admit(self, operation: Operation, address: str) -> bool:
        """Count a request, and return whether it is allowed; rejected ones do not count.

        A window starts with its first request; WhiteBIT's own windows are not published.
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
