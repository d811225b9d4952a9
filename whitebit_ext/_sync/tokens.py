# Made from whitebit_ext/_async/tokens.py by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""A user's access token, for whoever needs it: fresh, renewed, or asked for again after a 401."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from ..custody.values import TokenPair
from ..errors import (
    ReauthorizationRequired,
    StoreUnavailable,
    TokenUnavailable,
    Unauthorized,
    WhiteBITError,
)
from ..http.requests import Send
from ..oauth.pairs import TokenPairs
from ..oauth.protocol import BearerAuth
from ..regions import operation
from ..runtime.clock import Clock
from ..runtime.waiting import Waiting
from .transport import Transport

T = TypeVar("T")


class Tokens:
    """Give every user's access token to the requests that need one.

    Args:
        pairs: Where pairs are kept and renewed.
        transport: Sends the requests.
        waiting: How this face waits.
        clock: What lifetimes are measured by.
    """

    def __init__(
        self, pairs: TokenPairs, transport: Transport, waiting: Waiting, clock: Clock
    ) -> None:
        self._pairs = pairs
        self._transport = transport
        self._waiting = waiting
        self._clock = clock

    def authorized(
        self, user_id: str, request: Send[T], before: Callable[[], object] | None = None
    ) -> T:
        """Send a request with the user's access token, once more if the token had changed.

        On a 401: custody is read again; if the token changed, the request goes again; else the
        pair is renewed, once per pair, and the request goes again.

        Args:
            user_id: The partner's own id of the user.
            request: What is to be sent.
            before: Called right before the request leaves, each time; what it raises keeps the
                request from leaving.

        Raises:
            NotConnected, TokenUnavailable, ReauthorizationRequired: there is no token.
            Unauthorized: the server does not accept a token that is as fresh as can be.
        """
        pair = self.pair(user_id)
        refused: WhiteBITError
        for is_last in (False, True):
            if before is not None:
                before()
            try:
                return self._transport.send(request, BearerAuth(pair.access))
            except Unauthorized as error:
                refused = error
            renewed = None if is_last else self._renewed(user_id, pair)
            if renewed is None:
                break
            pair = renewed
        raise refusal(refused, pair)

    def pair(self, user_id: str) -> TokenPair:
        """Return a pair whose access token is fresh, renewing it where it is due."""
        cached = self._pairs.cache.fresh(user_id)
        if cached is not None and not cached.due(self._clock.time()):
            return cached
        try:
            found = self._waiting.work(self._pairs.current, user_id)
        except StoreUnavailable:
            cached = self._pairs.cache.latest(user_id)
            if cached is None or cached.expired(self._clock.time()):
                raise
            return cached
        if isinstance(found, TokenPair):
            return found
        try:
            return self._waiting.flight(found.flight)
        except (TokenUnavailable, ReauthorizationRequired):
            # Whatever became of the refresh, the access token serves while it lasts.
            if found.pair.expired(self._clock.time()):
                raise
            return found.pair

    def _renewed(self, user_id: str, rejected: TokenPair) -> TokenPair | None:
        found = self._waiting.work(self._pairs.after_rejection, user_id, rejected)
        if isinstance(found, Future):
            return self._waiting.flight(found)
        return found


def refusal(refused: WhiteBITError, pair: TokenPair) -> WhiteBITError:
    """Return a 401 of a token that is as fresh as can be, with what may be wrong."""
    needed = operation(refused.operation).scopes if refused.operation else ()
    return Unauthorized.of(
        refused,
        refused.message,
        hint=f"The token is expired or revoked, or lacks a scope (needed: "
        f"{', '.join(needed) or 'none'}; granted: {', '.join(pair.scopes) or 'unknown'}), "
        "or this machine's IP address is not on the partner's allowlist. The server does "
        "not say which one it is.",
    )
