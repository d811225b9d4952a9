"""Token pairs: the refresh, which happens once, and the commit of what was obtained.

A refresh is plain synchronous text, run by a thread of the library's own for both faces. A caller
who stops waiting, a cancelled task or a closing event loop changes nothing about it.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, TypeVar

import attrs

from ..custody.leases import Leases, Pace, patiently
from ..custody.rows import Custody
from ..custody.values import TokenPair
from ..errors import (
    BadRequest,
    ConnectionFailed,
    MalformedResponse,
    NotConnected,
    ReauthorizationRequired,
    ResponseError,
    StoreUnavailable,
    TokenUnavailable,
    WhiteBITError,
)
from ..http.requests import Send, Sender, read_model
from ..runtime.cache import Cache
from ..runtime.clock import Clock
from ..runtime.workers import Flights
from ..secret import Secret
from .protocol import Credentials, read_pair

T = TypeVar("T")

_LONGEST_PAUSE = 30.0
_PUBLISHED_LIFETIME = 300.0
"""Seconds that an access token lives of which the server did not say so (contract, section 3)."""


@attrs.frozen
class Renewal:
    """A pair that is due, and the flight that renews it."""

    pair: TokenPair
    flight: Future[TokenPair]


class TokenPairs:
    """Hold every user's token pair: obtained once, renewed once, committed before use.

    Attributes:
        cache: The pairs that this process saw last.
    """

    def __init__(
        self,
        *,
        credentials: Credentials,
        custody: Custody,
        sender: Sender,
        clock: Clock,
        leases: Leases,
        pace: Pace,
        flights: Flights,
    ) -> None:
        self._credentials = credentials
        self._custody = custody
        self._sender = sender
        self._clock = clock
        self._leases = leases
        self._pace = pace
        self._flights = flights
        self.cache = Cache[TokenPair](clock)
        # What a failing store could not take; it exists nowhere else.
        self._unsaved: dict[str, tuple[Secret | None, TokenPair]] = {}
        self._pauses: dict[str, tuple[float, float]] = {}

    def read(self, user_id: str) -> TokenPair:
        """Return the stored pair.

        Raises:
            NotConnected: there is none.
        """
        pair = self._custody.pair(user_id)
        if pair is None:
            self.cache.drop(user_id)
            raise NotConnected("the store has no tokens for this user")
        return self.cache.put(user_id, pair)

    # What a call needs; run in a thread

    def current(self, user_id: str) -> TokenPair | Renewal:
        """Return the stored pair, or a flight that renews it where it is due."""
        self.save_unsaved(user_id)
        pair = self.read(user_id)
        now = self._clock.time()
        if not pair.due(now):
            return pair
        if pair.refreshable(now):
            if not pair.expired(now) and self.resting(user_id):
                return pair
            return Renewal(pair, self.renewal(user_id, pair, after_rejection=False))
        if not pair.expired(now):
            return pair
        raise ReauthorizationRequired(ended(pair), operation="refresh_token")

    def after_rejection(
        self, user_id: str, rejected: TokenPair
    ) -> TokenPair | Future[TokenPair] | None:
        """Return what to use in place of an access token that was answered 401, if anything."""
        pair = self.read(user_id)
        if pair.access != rejected.access:
            return pair
        now = self._clock.time()
        # Once per pair: a token that was obtained for a 401 and meets one again lacks a scope;
        # unless nobody said how long it lives, and it may just have ended.
        aged = pair.lifetime is None and now >= pair.obtained_at + _PUBLISHED_LIFETIME
        if (pair.after_rejection and not aged) or not pair.refreshable(now):
            return None
        return self.renewal(user_id, pair, after_rejection=True)

    def resting(self, user_id: str) -> bool:
        """Return whether a refresh has just failed and is not to be tried again yet."""
        until, _ = self._pauses.get(user_id, (0.0, 0.0))
        return self._clock.monotonic() < until

    def forget(self, user_id: str) -> None:
        """Drop what this process remembers of a user."""
        self.cache.drop(user_id)
        self._unsaved.pop(user_id, None)
        self._pauses.pop(user_id, None)

    # The refresh; run once for all callers

    def renewal(self, user_id: str, pair: TokenPair, *, after_rejection: bool) -> Future[TokenPair]:
        """Start, or join, the one flight that renews this user's pair."""
        return self._flights.join(
            ("refresh", user_id),
            lambda: self._refresh(user_id, pair, after_rejection),
            urgency=pair.refresh_ends_at,
        )

    def _refresh(self, user_id: str, stale: TokenPair, after_rejection: bool) -> TokenPair:
        """Take the lease, read again, ask, commit; all others read what this one stored."""
        gives_up = self._clock.monotonic() + 2 * self._leases.length
        while (lease := self._leases.acquire("refresh", user_id)) is None:
            pair = self.read(user_id)
            if pair.access != stale.access:
                return pair
            if self._clock.monotonic() > gives_up:
                raise TokenUnavailable("another process is renewing the tokens and takes too long")
            self._clock.sleep(0.05)
        try:
            self._pace.wait(lambda: self._leases.renew(lease))
            pair = self.read(user_id)
            if pair.access != stale.access:
                return pair
            if not pair.refreshable(self._clock.time()):
                raise ReauthorizationRequired(ended(pair), operation="refresh_token")
            return self._ask(user_id, pair, after_rejection)
        finally:
            self._leases.release(lease)

    def _ask(self, user_id: str, pair: TokenPair, after_rejection: bool) -> TokenPair:
        parent = pair.refresh
        assert parent is not None  # noqa: S101  # the caller saw that the pair is refreshable
        failure: WhiteBITError
        try:
            renewed = self._post_refresh(pair, parent, after_rejection)
        except BadRequest as error:
            if error.status_code == 400 and "token" in error.errors:
                return self._refused(user_id, pair, parent, error)
            failure = error
        except (ConnectionFailed, ResponseError) as error:
            failure = error
        else:
            self._pauses.pop(user_id, None)
            return self._commit(user_id, parent, renewed)
        _, pause = self._pauses.get(user_id, (0.0, 0.5))
        pause = min(2 * pause, _LONGEST_PAUSE)
        self._pauses[user_id] = (self._clock.monotonic() + pause, pause)
        raise _unavailable(failure)

    def _post_refresh(self, pair: TokenPair, parent: Secret, after_rejection: bool) -> TokenPair:
        from whitebit_api.api.tokens import refresh_token as endpoint
        from whitebit_api.models.token_refresh_request import TokenRefreshRequest

        asked_at = self._clock.time()

        def arguments() -> dict[str, Any]:
            return {
                "body": TokenRefreshRequest(
                    client_id=self._credentials.client_id,
                    client_secret=self._credentials.client_secret.reveal(),
                    token=parent.reveal(),
                )
            }

        def parse(body: bytes) -> TokenPair:
            return read_pair(
                token_data(body, "refresh_token"),
                operation="refresh_token",
                now=asked_at,
                login=pair.login,
                after_rejection=after_rejection,
            )

        return self._sender.send(
            Send(
                "refresh_token",
                endpoint,
                parse,
                arguments,
                alone=True,
                secrets=(self._credentials.client_secret, parent),
            )
        )

    def _refused(
        self, user_id: str, pair: TokenPair, parent: Secret, error: WhiteBITError
    ) -> TokenPair:
        """Judge a 400: dead, unless somebody renewed the pair in the meantime."""
        stored = self.read(user_id)
        if stored.access != pair.access:
            return stored
        self._custody.renew_pair(user_id, parent, attrs.evolve(pair, dead=True))
        self.cache.drop(user_id)
        # Where an earlier renewal was cut off between answer and commit, this is its record.
        self._custody.note("refresh", user_id, external_id="-", outcome="refused")
        raise ReauthorizationRequired.of(error, "the server refused the refresh token")

    # Committing; what exists nowhere else is not given up lightly

    def commit_login(self, user_id: str, pair: TokenPair) -> TokenPair:
        """Store the pair of a new login, replacing any other."""
        return self._commit(user_id, None, pair)

    def _commit(self, user_id: str, parent: Secret | None, pair: TokenPair) -> TokenPair:
        committed = patiently(lambda: self._commit_once(user_id, parent, pair), self._clock)
        if committed is not None:
            return committed
        self._unsaved[user_id] = (parent, pair)
        raise StoreUnavailable(
            "the new tokens could not be stored; this process keeps them and stores them at the "
            "user's next call"
        )

    def _commit_once(self, user_id: str, parent: Secret | None, pair: TokenPair) -> TokenPair:
        if parent is None:
            self._custody.put_pair(user_id, pair)
        elif not self._custody.renew_pair(user_id, parent, pair):
            # Either an earlier try has stored it, or a new login has replaced its parent.
            return self.read(user_id)
        return self.cache.put(user_id, pair)

    def save_unsaved(self, user_id: str) -> None:
        """Store what a failing store could not take, if there is such a thing."""
        unsaved = self._unsaved.get(user_id)
        if unsaved is not None:
            self._commit_once(user_id, *unsaved)
            self._unsaved.pop(user_id, None)


def token_data(body: bytes, operation: str) -> dict[str, Any]:
    """Return what stands under ``data`` in the answer of a token endpoint.

    Raises:
        MalformedResponse: there is no such thing.
    """
    from whitebit_api.models.token_response import TokenResponse

    data = read_model(TokenResponse, body, operation).to_dict().get("data")
    if not isinstance(data, dict):
        raise MalformedResponse("there is no token in the response", operation=operation)
    return data


def ended(pair: TokenPair) -> str:
    """Say what of a pair has ended."""
    if pair.refresh is None:
        return "the access token has expired and there is no refresh token"
    return "the access token and the refresh token have expired"


def _unavailable(failure: WhiteBITError) -> TokenUnavailable:
    hint = None
    if failure.status_code in (401, 422):
        hint = (
            "Check client_id and client_secret, and that this machine's IP address is on the "
            "partner's allowlist. The refresh token is kept until it expires."
        )
    return TokenUnavailable.of(
        failure, f"the tokens could not be renewed: {failure.message}", hint=hint
    )
