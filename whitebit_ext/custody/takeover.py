"""When a lease may be taken over: watched by one's own clock, or old by the store's."""

from __future__ import annotations

import attrs

from .connection import Lease

_SHORTEST_WATCH = 1.0
_OLD = 4


@attrs.frozen
class Sighting:
    """A lease as it was seen, and since when it has not changed.

    Attributes:
        lease: Exactly as it was seen; ``ask`` takes it as ``over``.
        since: Monotonic time of the watcher.
    """

    lease: Lease
    since: float


def sight(before: Sighting | None, lease: Lease | None, *, monotonic: float) -> Sighting | None:
    """Return what to remember of a lease that was just read."""
    if lease is None:
        return None
    if before is not None and before.lease == lease:
        return before
    return Sighting(lease, monotonic)


def abandoned(
    sighting: Sighting, *, monotonic: float, length: float, age: float | None = None
) -> bool:
    """Return whether a lease may be taken over.

    Args:
        sighting: What the caller remembers of it.
        monotonic: Now, by the same clock as the sighting.
        length: Seconds of a lease.
        age: Seconds since the row was written, by the store's clock, where it has one.
    """
    watched = monotonic - sighting.since
    if watched >= length:
        return True
    return age is not None and age >= _OLD * length and watched >= _SHORTEST_WATCH


def fresh(*, acknowledged: float, monotonic: float, length: float) -> bool:
    """Return whether a holder may send without renewing: under half a lease since its last write.

    Args:
        acknowledged: Monotonic time *before* the last acknowledged write of the lease.
        monotonic: Now.
        length: Seconds of a lease.
    """
    return monotonic - acknowledged < length / 2
