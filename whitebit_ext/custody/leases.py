"""The lease in the connection row: taken, watched, renewed and released.

A lease stops a second *request*; it never refuses a *result* (docs/custody.md).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import attrs

from ..errors import CustodyError, NotSent
from ..runtime.clock import Clock
from . import changes
from .connection import Connection, Lease, Pin
from .connections import Committed, Connections, Held, fresh_id
from .outcomes import Change, Outcome
from .takeover import Sighting, abandoned, fresh, sight
from .values import LONGEST_ANSWER, Asks, Attempt, Granted

log = logging.getLogger("whitebit_ext")

_MOST_SIGHTINGS = 10_000
_MOST_RENEWALS = 2


@attrs.frozen
class Asking:
    """An attempt that was recorded, and that may be sent.

    Attributes:
        user_id: The user.
        incarnation: Of the row that it was recorded in.
        attempt: As it was recorded.
        held: The row after that.
        began: Monotonic time before the first try of the acknowledged write of the lease.
    """

    user_id: str
    incarnation: str
    attempt: Attempt
    held: Held
    began: float


class Leases:
    """The leases of the users' rows.

    Args:
        connections: Where the rows are.
        clock: Measures leases.
        length: Seconds without a renewal after which a lease may be taken over; longer than
            two requests take.
    """

    def __init__(self, connections: Connections, clock: Clock, length: float) -> None:
        self._connections = connections
        self._clock = clock
        self.length = length
        self._sightings: dict[str, Sighting] = {}
        self._lock = threading.Lock()

    def ask(
        self,
        user_id: str,
        pin: Pin,
        asks: Asks,
        subject: str,
        held: Held,
        *,
        first: Callable[[Connection | None], Change] | None = None,
        is_current: bool = False,
        granted: Granted | None = None,
    ) -> Asking | Committed:
        """Take the lease and record the attempt in one change, before a one-shot request.

        Args:
            user_id: The user.
            pin: What the caller belongs to.
            asks: ``REFRESH`` or ``SECRET``.
            subject: The digest of the parent token, or the ``externalId``.
            held: The row as it was last read.
            first: A change that is applied first, in the same write.
            is_current: Whether the row was read after the reason for the request.
            granted: What the user granted to the key whose secret is requested.

        Returns:
            The attempt, or the change whose outcome is the reason why there is none.
        """
        id, now = fresh_id(), self._clock.time()
        over = self.abandoned(user_id, held)

        def change(row: Connection | None) -> Change:
            before = first(row) if first is not None else None
            if before is not None and before.outcome not in (Outcome.DONE, Outcome.ALREADY):
                return before
            after = row if before is None else before.row
            return changes.ask(
                after,
                pin,
                attempt=id,
                asks=asks,
                subject=subject,
                now=now,
                over=over,
                granted=granted,
            )

        made = self._connections.commit(
            user_id, change, held, is_current=is_current, padding=LONGEST_ANSWER
        )
        noted = made.row.attempt(id) if made.row is not None else None
        if noted is None or made.outcome not in (Outcome.DONE, Outcome.ALREADY):
            return made
        began = self._clock.monotonic() if made.began is None else made.began
        return Asking(user_id, pin.incarnation, noted, made.held, began)

    def abandoned(self, user_id: str, held: Held) -> Lease | None:
        """Observe the lease of a row, and return it if it may be taken over."""
        lease = held.row.lease if held.row is not None else None
        now = self._clock.monotonic()
        with self._lock:
            seen = sight(self._sightings.get(user_id), lease, monotonic=now)
            if seen is None:
                self._sightings.pop(user_id, None)
                return None
            if len(self._sightings) >= _MOST_SIGHTINGS and user_id not in self._sightings:
                self._sightings.clear()
            self._sightings[user_id] = seen
        if not abandoned(seen, monotonic=now, length=self.length, age=held.age):
            return None
        return lease

    def frees_in(self, user_id: str, held: Held) -> float:
        """Return the seconds to wait before trying a held lease again."""
        with self._lock:
            seen = self._sightings.get(user_id)
        watched = 0.0 if seen is None else self._clock.monotonic() - seen.since
        left = self.length - watched
        if held.age is not None and held.age >= 0:
            left = min(left, max(4 * self.length - held.age, 1.0 - watched))
        return max(left, 0.0)

    def hold(self, asking: Asking) -> Asking:
        """Ensure that the caller holds the lease, right before the request leaves.

        Raises:
            NotSent: it was taken over, or its renewal took too long; nothing was sent.
        """
        id = asking.attempt.id
        for _ in range(_MOST_RENEWALS):
            if self._is_fresh(asking):
                return asking
            monotonic = self._clock.monotonic()
            made = self._connections.commit(
                asking.user_id,
                lambda row: changes.renew(row, id),
                asking.held,
                padding=LONGEST_ANSWER,
            )
            if made.outcome is Outcome.LEASE_LOST:
                self.withdraw(asking)
                raise NotSent("the lease was taken over; nothing was sent")
            began = monotonic if made.began is None else made.began
            asking = attrs.evolve(asking, held=made.held, began=began)
        if self._is_fresh(asking):
            return asking
        self.withdraw(asking)
        raise NotSent("the store renews the lease too slowly to rely on it; nothing was sent")

    def _is_fresh(self, asking: Asking) -> bool:
        return asking.attempt.asks is Asks.CODE or fresh(
            acknowledged=asking.began, monotonic=self._clock.monotonic(), length=self.length
        )

    def withdraw(self, asking: Asking) -> None:
        """Remove an attempt: it was not sent, or its response says that nothing was consumed."""
        self._settle(asking, changes.withdraw)

    def unanswered(self, asking: Asking) -> None:
        """Record that no response will come."""
        self._settle(asking, changes.unanswered)

    def _settle(self, asking: Asking, change: Callable[[Connection | None, str], Change]) -> None:
        """Make a change whose failure must not hide the outcome that it belongs to."""
        id = asking.attempt.id
        try:
            self._connections.commit(asking.user_id, lambda row: change(row, id), asking.held)
        except CustodyError as error:
            log.warning("an attempt was not closed; others wait for its lease: %s", error.message)
