"""A user's access token: as stored, renewed, or replaced after a 401."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from ..custody.connection import Connection
from ..custody.connections import Binding, Held
from ..custody.values import TokenPair
from ..errors import (
    ReauthorizationRequired,
    TokenUnavailable,
    Unauthorized,
    WhiteBITError,
)
from ..http.requests import Send
from ..oauth.pairs import TokenPairs
from ..oauth.protocol import BearerAuth
from ..oauth.refreshing import pair_of
from ..regions import operation
from ..runtime.clock import Clock
from ..runtime.waiting import AsyncWaiting
from .transport import AsyncTransport

T = TypeVar("T")


class AsyncTokens:
    """Provides every user's access token to the requests that need one.

    Args:
        pairs: Where pairs are stored and renewed.
        transport: Sends the requests.
        waiting: How this interface waits.
        clock: Measures lifetimes.
    """

    def __init__(
        self, pairs: TokenPairs, transport: AsyncTransport, waiting: AsyncWaiting, clock: Clock
    ) -> None:
        self._pairs = pairs
        self._transport = transport
        self._waiting = waiting
        self._clock = clock

    async def authorized(
        self,
        binding: Binding,
        request: Send[T],
        before: Callable[[], object] | None = None,
        held: Held | None = None,
        *,
        cached: bool = False,
        waits: bool = True,
    ) -> T:
        """Send a request with the user's access token, once more if the token had changed.

        On a 401 the row is read again. If the token has changed, the request is sent again; if not,
        the pair is renewed, once per pair, and the request is sent again.

        Args:
            binding: The connection that the request belongs to.
            request: The request to send.
            before: Called right before the request leaves, each time; if it raises, the request
                is not sent.
            held: The row, if it was just read.
            cached: Whether a row of the last ``cache_for`` seconds is sufficient.
            waits: Whether to wait for a pair that is being renewed.

        Raises:
            NotConnected, ConnectionChanged: the connection is not the one of the call.
            TokenUnavailable, ReauthorizationRequired: there is no token.
            Unauthorized: the server does not accept an up-to-date token.
        """
        pair = await self.current(binding, held, cached=cached, waits=waits)
        refused: WhiteBITError
        for is_last in (False, True):
            if before is not None:
                before()
            try:
                return await self._transport.send(request, BearerAuth(pair.access))
            except Unauthorized as error:
                refused = error
            renewed = None if is_last else await self.renewed(binding, pair)
            if renewed is None:
                break
            pair = renewed
        raise refusal(refused, pair)

    async def current(
        self,
        binding: Binding,
        held: Held | None = None,
        *,
        cached: bool = False,
        waits: bool = True,
    ) -> TokenPair:
        """Return a pair whose access token is fresh, renewing it where it is due."""
        found = await self._waiting.work(self._pairs.current, binding, held, cached=cached)
        if isinstance(found, TokenPair):
            return found
        if not waits:  # the renewal goes on in its thread
            if found.pair.expired(self._clock.time()):
                raise TokenUnavailable("the token pair is being renewed", operation="refresh_token")
            return found.pair
        try:
            row = await self._flight(found.flight)
        except (TokenUnavailable, ReauthorizationRequired):
            # Whatever the result of the refresh, the access token is usable until it expires.
            if found.pair.expired(self._clock.time()):
                raise
            return found.pair
        return pair_of(binding.check(row))

    async def renewed(self, binding: Binding, rejected: TokenPair) -> TokenPair | None:
        """Return what to use in place of a rejected access token (401), if anything."""
        found = await self._waiting.work(self._pairs.after_rejection, binding, rejected)
        if isinstance(found, Future):
            row = await self._flight(found)
            return pair_of(binding.check(row))
        return found

    async def _flight(self, flight: Future[Connection]) -> Connection:
        """Wait for a renewal, which others may have started, for a limited time."""
        try:
            return await self._waiting.flight(flight, self._pairs.longest_wait)
        except TimeoutError:
            late = TokenUnavailable(
                "the token pair is still being renewed", operation="refresh_token", retry_after=5.0
            )
        raise late

    async def send(self, request: Send[T], pair: TokenPair) -> T:
        """Send a request with this pair and no other."""
        return await self._transport.send(request, BearerAuth(pair.access))

    def auth(self, pair: TokenPair) -> BearerAuth:
        """Return the auth that adds a pair's access token to a request."""
        return BearerAuth(pair.access)


def refusal(refused: WhiteBITError, pair: TokenPair) -> WhiteBITError:
    """Return the 401 of an up-to-date token, with the possible causes."""
    needed = operation(refused.operation).scopes if refused.operation else ()
    return Unauthorized.of(
        refused,
        refused.message,
        hint=f"The token is expired or revoked, or lacks a scope (needed: "
        f"{', '.join(needed) or 'none'}; granted: {', '.join(pair.scopes) or 'unknown'}), "
        "or this machine's IP address is not on the partner's allowlist. The server does "
        "not say which one it is.",
    )
