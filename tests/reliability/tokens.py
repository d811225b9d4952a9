"""Which access token a caller reads with: seen on its way, at the transport that it is given.

A read of the main balance is answered here and reaches no server; all else is sent.
"""

from __future__ import annotations

from contextvars import ContextVar

import httpx

from whitebit_ext import AsyncUser, User

_READ = "/api/v4/accounts/balances/main"
_sent: ContextVar[str] = ContextVar("sent")
"""The token of this thread's or task's last read."""


def answered_here(request: httpx.Request) -> httpx.Response | None:
    """Note the token of a read, and answer it with a balance of nothing."""
    if request.url.path != _READ:
        return None
    _sent.set(request.headers["authorization"].removeprefix("Bearer "))
    return httpx.Response(200, json={})


class LocalReads(httpx.HTTPTransport):
    """A transport that answers reads itself, and sends all else."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, or answer it."""
        return answered_here(request) or super().handle_request(request)


class AsyncLocalReads(httpx.AsyncHTTPTransport):
    """The same for the async face."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, or answer it."""
        return answered_here(request) or await super().handle_async_request(request)


def token_of(user: User) -> str:
    """Read something of a user with the access token, and return the token."""
    user.bearer.account.balances.main()
    return _sent.get()


async def async_token_of(user: AsyncUser) -> str:
    """Do what `token_of` does, in a task."""
    await user.bearer.account.balances.main()
    return _sent.get()
