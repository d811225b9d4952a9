"""A user's access token, for whoever needs it: fresh, renewed, or asked for again after a 401."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import attrs
import httpx

from .errors import (
    ReauthorizationRequired,
    StoreUnavailable,
    TokenUnavailable,
    Unauthorized,
    WhiteBITError,
    stripped,
)
from .http.requests import Send
from .oauth.protocol import TokenPair
from .oauth.refresh import Exchange, ended
from .regions import operation
from .runtime.clock import Clock
from .secret import Secret
from .steps import Steps, send, wait, work

T = TypeVar("T")

_PUBLISHED_LIFETIME = 300.0
"""Seconds that an access token lives of which the server did not say so (contract, section 3)."""


class BearerAuth(httpx.Auth):
    """Put an access token on a request (RFC 6750, section 2.1)."""

    def __init__(self, access: Secret) -> None:
        self._access = access

    def auth_flow(self, request: httpx.Request) -> Any:
        """Set the header and send once; a 401 is judged by whoever asked."""
        request.headers["authorization"] = f"Bearer {self._access.reveal()}"
        yield request


@attrs.frozen
class _Renewal:
    """A pair that is due, and the flight that renews it."""

    pair: TokenPair
    flight: Future[TokenPair]


class Tokens:
    """Give every user's access token to the requests that need one."""

    def __init__(self, exchange: Exchange, clock: Clock) -> None:
        self._exchange = exchange
        self._clock = clock

    def authorized(self, user_id: str, make: Callable[[httpx.Auth], Send[T]]) -> Steps[T]:
        """Send a request with the user's access token, once more if the token had changed.

        On a 401: custody is read again; if the token changed, the request goes again; else the
        pair is renewed, once per pair, and the request goes again.

        Raises:
            NotConnected, TokenUnavailable, ReauthorizationRequired: there is no token.
            Unauthorized: the server does not take a token that is as fresh as can be.
        """
        pair = yield from self.pair(user_id)
        refused: WhiteBITError
        try:
            return (yield from send(make(BearerAuth(pair.access))))
        except Unauthorized as error:
            refused = error
        renewed = yield from self._renewed(user_id, pair)
        if renewed is not None:
            pair = renewed
            try:
                return (yield from send(make(BearerAuth(pair.access))))
            except Unauthorized as error:
                refused = error
        raise self._unauthorized(refused, pair)

    def pair(self, user_id: str) -> Steps[TokenPair]:
        """Return a pair whose access token is fresh, renewing it where it is due."""
        cached = self._exchange.cache.fresh(user_id)
        if cached is not None and not cached.due(self._clock.time()):
            return cached
        try:
            found = yield from work(lambda: self._current(user_id))
        except StoreUnavailable:
            cached = self._exchange.cache.latest(user_id)
            if cached is None or cached.expired(self._clock.time()):
                raise
            return cached
        if isinstance(found, TokenPair):
            return found
        failure: WhiteBITError
        try:
            return (yield from wait(found.flight))
        except (TokenUnavailable, ReauthorizationRequired) as error:
            failure = error
        # Whatever became of the refresh, the access token serves while it lasts.
        if not found.pair.expired(self._clock.time()):
            return found.pair
        raise stripped(failure)

    def forget(self, user_id: str) -> None:
        """Drop what this process remembers of a user."""
        self._exchange.forget(user_id)

    def _renewed(self, user_id: str, rejected: TokenPair) -> Steps[TokenPair | None]:
        found = yield from work(lambda: self._after_rejection(user_id, rejected))
        if isinstance(found, Future):
            return (yield from wait(found))
        return found

    def _unauthorized(self, refused: WhiteBITError, pair: TokenPair) -> WhiteBITError:
        needed = operation(refused.operation).scopes if refused.operation else ()
        return Unauthorized.of(
            refused,
            refused.message,
            hint=f"The token is expired or revoked, or lacks a scope (needed: "
            f"{', '.join(needed) or 'none'}; granted: {', '.join(pair.scopes) or 'not said'}), "
            "or this machine's address is not on the partner's IP allowlist; the server does "
            "not say which.",
        )

    # Finding the pair; called in a thread

    def _current(self, user_id: str) -> TokenPair | _Renewal:
        self._exchange.save_unsaved(user_id)
        pair = self._exchange.read(user_id)
        now = self._clock.time()
        if not pair.due(now):
            return pair
        if pair.refreshable(now):
            if not pair.expired(now) and self._exchange.resting(user_id):
                return pair
            return _Renewal(pair, self._exchange.renewal(user_id, pair, after_rejection=False))
        if not pair.expired(now):
            return pair
        raise ReauthorizationRequired(ended(pair), operation="refresh_token")

    def _after_rejection(
        self, user_id: str, rejected: TokenPair
    ) -> TokenPair | Future[TokenPair] | None:
        pair = self._exchange.read(user_id)
        if pair.access != rejected.access:
            return pair
        now = self._clock.time()
        # Once per pair: a token that was obtained for a 401 and meets one again lacks a scope;
        # unless nobody said how long it lives, and it may just have ended.
        aged = pair.lifetime is None and now >= pair.obtained_at + _PUBLISHED_LIFETIME
        if (pair.after_rejection and not aged) or not pair.refreshable(now):
            return None
        return self._exchange.renewal(user_id, pair, after_rejection=True)
