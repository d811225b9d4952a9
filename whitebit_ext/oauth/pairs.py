"""Token pairs: the refresh, which is done once, and what a call needs of the stored pair.

A refresh is plain synchronous code, run by a thread of the library's own for both interfaces.
Neither a cancelled task nor a closing event loop affects it.
"""

from __future__ import annotations

from concurrent.futures import Future

import attrs

from ..custody import pair_changes
from ..custody.connection import Connection, Pin
from ..custody.connections import Binding, Connections, Held, trouble
from ..custody.journal import note
from ..custody.leases import Asking, Leases
from ..custody.once import OneShots
from ..custody.outcomes import Outcome
from ..custody.pace import Pace
from ..custody.unsaved import PAIR_NOT_STORED, AnswerNotStored
from ..custody.values import Asks, TokenPair
from ..errors import (
    ConnectionFailed,
    MalformedResponse,
    RateLimited,
    ReauthorizationRequired,
    ResponseError,
    StoreUnavailable,
    TokenUnavailable,
    WhiteBITError,
)
from ..runtime.clock import Clock
from ..runtime.events import EventName, described
from ..runtime.workers import Flights
from .protocol import Credentials
from .refreshing import ended, is_refused, pair_of, provisional, refresh_request, unavailable

_LONGEST_PAUSE = 30.0
_RENEW_AGAIN = 60.0
"""Seconds until a pair that was renewed after a 401 may be renewed after another one."""
_MOST_PAUSES = 10_000
_WATCH_EVERY = 0.05


@attrs.frozen
class Renewal:
    """A pair that is due, and the flight that renews it; its result is in the row."""

    pair: TokenPair
    flight: Future[Connection]


class TokenPairs:
    """Every user's token pair: renewed once, stored before use."""

    def __init__(
        self,
        *,
        credentials: Credentials,
        connections: Connections,
        leases: Leases,
        once: OneShots,
        clock: Clock,
        pace: Pace,
        flights: Flights,
    ) -> None:
        self._credentials = credentials
        self._connections = connections
        self._leases = leases
        self._once = once
        self._clock = clock
        self._pace = pace
        self._flights = flights
        self._pauses: dict[str, tuple[float, float]] = {}
        self.longest_wait = 2 * leases.length

    # What a call needs; run in a thread

    def look(self, binding: Binding, held: Held | None = None, *, cached: bool = False) -> Held:
        """Read the user's row, process its stored responses, and compare it with the binding.

        Args:
            binding: What the caller belongs to.
            held: The row, if it was just read.
            cached: Whether a row of the last ``cache_for`` seconds is sufficient.

        Raises:
            NotConnected, ConnectionChanged: it is not the caller's.
        """
        user_id = binding.user_id
        if held is None:
            look = self._connections.look if cached else self._connections.read
            held = look(user_id)
        if self._once.unsaved.has(user_id) or (held.row is not None and held.row.untaken):
            held = self._once.tend(user_id, held, is_read=True)
        binding.check(held.row)
        return held

    def current(
        self, binding: Binding, held: Held | None = None, *, cached: bool = False
    ) -> TokenPair | Renewal:
        """Return the stored pair, or a flight that renews it where it is due."""
        held = self.look(binding, held, cached=cached)
        pair = pair_of(held.row)
        now = self._clock.time()
        if not pair.due(now):
            return pair
        serves = not pair.expired(now)
        if pair.refreshable(now) and not (serves and self.resting(binding.user_id)):
            try:
                flight = self.renewal(binding, held, after_rejection=False)
            except TokenUnavailable:  # too many wait already: a valid token is still usable
                if not serves:
                    raise
            else:
                return Renewal(pair, flight)
        if serves:
            return pair
        raise ReauthorizationRequired(ended(pair), operation="refresh_token")

    def after_rejection(
        self, binding: Binding, rejected: TokenPair
    ) -> TokenPair | Future[Connection] | None:
        """Return what to use in place of a rejected access token (401), if anything.

        Raises:
            ReauthorizationRequired: the server does not accept the refresh token either.
        """
        held = self.look(binding)
        pair = pair_of(held.row)
        if pair.access != rejected.access:
            return pair
        if pair.dead:
            raise ReauthorizationRequired(ended(pair), operation="refresh_token")
        now = self._clock.time()
        # If a token just obtained after a 401 is rejected again, it lacks a scope; a minute later
        # it may have been revoked, which a renewal finds out.
        aged = now >= pair.obtained_at + _RENEW_AGAIN
        if (pair.after_rejection and not aged) or not pair.refreshable(now):
            return None
        return self.renewal(binding, held, after_rejection=True)

    def resting(self, user_id: str) -> bool:
        """Return whether a refresh has just failed and must not be retried yet."""
        until, _ = self._pauses.get(user_id, (0.0, 0.0))
        return self._clock.monotonic() < until

    def forget(self, user_id: str) -> None:
        """Drop what this process has cached of a user."""
        self._pauses.pop(user_id, None)

    # The refresh; run once for all callers

    def renewal(self, binding: Binding, held: Held, *, after_rejection: bool) -> Future[Connection]:
        """Start, or join, the one flight that renews this user's pair."""
        user_id, pin, pair = binding.user_id, binding.pinned, pair_of(held.row)
        return self._flights.join(
            ("refresh", user_id, pin, pair.digest),
            lambda: self._refresh(user_id, pin, pair, held, after_rejection),
            urgency=pair.refresh_ends_at,
        )

    def _refresh(
        self, user_id: str, pin: Pin, pair: TokenPair, held: Held, after_rejection: bool
    ) -> Connection:
        """Take the lease, wait for a turn, refresh; all others read what this one stored."""
        asking = self._ask(user_id, pin, pair, held)
        if isinstance(asking, Connection):
            return asking

        def alive() -> None:
            nonlocal asking
            if not pair.refreshable(self._clock.time()):
                raise ReauthorizationRequired(ended(pair), operation="refresh_token")
            if isinstance(asking, Asking):
                asking = self._leases.hold(asking)

        waited = False
        try:
            alive()  # a pair that ended in the queue must not take the turn of one that lives
            self._pace.wait(alive)
            alive()
            waited = True
        finally:
            if not waited:
                self._leases.withdraw(asking)
        return self._send(asking, pair, after_rejection)

    def _ask(self, user_id: str, pin: Pin, pair: TokenPair, held: Held) -> Asking | Connection:
        """Take the lease, or return the row once another process has renewed the pair."""
        gives_up = self._clock.monotonic() + self.longest_wait
        digest = pair.digest or ""
        while True:
            asked = self._leases.ask(
                user_id,
                pin,
                Asks.REFRESH,
                digest,
                held,
                first=lambda row: self._once.doubted(row, Asks.REFRESH, digest),
            )
            if isinstance(asked, Asking):
                return asked
            outcome, held = asked.outcome, asked.held
            if outcome is Outcome.ANSWERED:
                held = self._once.tend(user_id, held)
            row = held.row
            if row is None or row.pin != pin:
                raise trouble(outcome, row)
            if row.pair is not None and row.pair.digest != digest:
                return row
            if outcome is Outcome.PROVISIONAL:
                raise provisional(self._once.in_doubt(row, Asks.REFRESH, digest))
            if outcome is Outcome.DEAD:
                raise ReauthorizationRequired(ended(pair), operation="refresh_token")
            if outcome not in (Outcome.BUSY, Outcome.ANSWERED, Outcome.LEASE_LOST):
                raise trouble(outcome, row)
            if self._clock.monotonic() > gives_up:
                raise TokenUnavailable(
                    "another process has been renewing this pair for too long",
                    operation="refresh_token",
                    retry_after=self._leases.frees_in(user_id, held),
                )
            self._clock.sleep(_WATCH_EVERY)
            held = self._connections.read(user_id)

    def _send(self, asking: Asking, pair: TokenPair, after_rejection: bool) -> Connection:
        parent, user_id = pair.refresh, asking.user_id
        assert parent is not None  # noqa: S101  # the caller saw that the pair is refreshable
        failure: WhiteBITError
        try:
            taken = self._once.send(
                asking,
                refresh_request(self._credentials, parent),
                after_rejection=after_rejection,
                is_judged=is_refused,
            )
        except AnswerNotStored:
            failure = StoreUnavailable(PAIR_NOT_STORED)
        except (ConnectionFailed, ResponseError) as error:
            failure = error
        else:
            if taken.problem is None:
                self._pauses.pop(user_id, None)
                if taken.row is None or taken.row.pin != Pin(
                    asking.incarnation, asking.attempt.generation
                ):
                    raise trouble(taken.outcome, taken.row)
                return taken.row
            failure = MalformedResponse(taken.problem.message, operation="refresh_token")
        if isinstance(failure, StoreUnavailable):
            raise failure
        if is_refused(failure):
            return self._refused(asking, pair, failure)
        asked = failure.retry_after or 0.0
        _, pause = self._pauses.get(user_id, (0.0, 0.5))
        pause = min(2 * pause, _LONGEST_PAUSE)
        self._pause(user_id, max(pause, asked), pause)
        if isinstance(failure, RateLimited) and asked:
            self._pace.hold_off(asked)
        self._connections.custody.events.emit(
            EventName.TOKENS_FAILED, user_id, "refresh_token", **described(failure)
        )
        raise unavailable(failure)

    def _pause(self, user_id: str, seconds: float, pause: float) -> None:
        """Let this process not renew a user's pair for a while."""
        now = self._clock.monotonic()
        if len(self._pauses) >= _MOST_PAUSES:
            over = [other for other, (until, _) in list(self._pauses.items()) if until <= now]
            for other in over or [next(iter(self._pauses))]:
                self._pauses.pop(other, None)
        self._pauses[user_id] = (now + seconds, pause)

    def _refused(self, asking: Asking, pair: TokenPair, error: WhiteBITError) -> Connection:
        """Judge a 400: dead, unless a late response, a spare or another process has a pair."""
        incarnation, attempt = asking.incarnation, asking.attempt
        made = self._connections.commit(
            asking.user_id,
            lambda row: pair_changes.pair_refused(
                row, incarnation, attempt, now=self._clock.time(), doubt=self._once.doubt
            ),
            asking.held,
        )
        outcome, row = made.outcome, made.row
        if outcome is Outcome.ANSWERED:
            row = self._once.tend(asking.user_id, made.held).row
        if outcome is Outcome.DEAD:
            # If an earlier renewal was interrupted between response and commit, this is its record.
            note(
                self._connections.custody,
                EventName.TOKENS_ENDED,
                incarnation,
                user_id=asking.user_id,
                outcome="refused",
            )
            raise ReauthorizationRequired.of(error, "the server does not accept the refresh token")
        if outcome is Outcome.PROVISIONAL:
            raise provisional(self._once.doubt)
        if row is None or row.pin != Pin(incarnation, attempt.generation):
            raise trouble(outcome, row)
        if row.pair is not None and row.pair.access == pair.access:
            raise unavailable(error)
        return row
