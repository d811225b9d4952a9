"""Parts of the fixtures: the shared clock, the arguments of clients, and connecting users."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from .. import (
    AsyncUser,
    AsyncWhiteBIT,
    MemoryStore,
    Region,
    User,
    WhiteBIT,
    generate_encryption_key,
)
from ..sandbox import Clock, PartnerClient, Sandbox

# No connection is kept, so that none is left in an event loop that ends with its test.
_LIMITS = httpx.Limits(max_keepalive_connections=0)

_MOMENT = 0.001
"""The real duration of every wait in seconds, so that other threads can run."""


class SandboxClock:
    """The clock of the sandbox, as a clock for clients.

    Waiting advances the clock of the sandbox and returns at once, so that tokens and limits expire
    as in real time.

    Attributes:
        slept: The duration of each wait of the clients in seconds, oldest first.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def time(self) -> float:
        """Return the time of the sandbox in Unix seconds."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return the same time, because the clock of the sandbox never goes back."""
        return self._clock.now()

    def advance(self, seconds: float) -> None:
        """Advance the clock of the sandbox and the clients."""
        self._clock.advance(seconds)

    def sleep(self, seconds: float) -> None:
        """Advance the clock instead of waiting in this thread."""
        self._pass(seconds)
        time.sleep(_MOMENT)

    async def asleep(self, seconds: float) -> None:
        """Advance the clock instead of waiting in this task."""
        self._pass(seconds)
        await asyncio.sleep(_MOMENT)

    def _pass(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
        self._clock.advance(seconds)


def arguments(
    sandbox: Sandbox, clock: SandboxClock, region: Region, client: PartnerClient
) -> dict[str, Any]:
    """Return the arguments of a client that uses a region of the sandbox."""
    # There is no HTTPS here, and loading certificates would take longer than most tests.
    no_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return {
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "redirect_uri": client.redirect_uris[0],
        "region": region,
        "base_url": sandbox.url(region.value),
        "store": MemoryStore(),
        "encryption_keys": [generate_encryption_key()],
        "clock": clock,
        # An explicit transport also ignores proxies of the environment.
        "transport": lambda: httpx.HTTPTransport(verify=no_tls, limits=_LIMITS),
        "async_transport": lambda: httpx.AsyncHTTPTransport(verify=no_tls, limits=_LIMITS),
    }


def close(partner: AsyncWhiteBIT) -> None:
    """Close an async client after the event loop that it was used in.

    In a thread, because the event loop of this thread belongs to another plugin.
    """
    with ThreadPoolExecutor(1) as executor:
        executor.submit(lambda: asyncio.run(partner.aclose())).result()


class Connect:
    """A function to connect users: ``user = whitebit_connect("alice")``."""

    def __init__(self, sandbox: Sandbox, partner: WhiteBIT) -> None:
        self._sandbox = sandbox
        self._partner = partner

    def __call__(self, name: str, *, permissions: Iterable[str] | None = None) -> User:
        """Connect a user through login, consent and callback; an unknown user is added first.

        Args:
            name: The name of the user in the sandbox, and the user id of the partner.
            permissions: The names of the permission groups to select; all groups if None.

        Raises:
            LoginBlocked: The login was stopped by a page of the sandbox.
        """
        login = self._partner.authorize(name)
        callback = _approve(self._sandbox, name, login.url, permissions)
        return self._partner.connect(callback, binding=login.binding, user_id=name)


class AsyncConnect:
    """A function to connect users: ``user = await async_whitebit_connect("alice")``."""

    def __init__(self, sandbox: Sandbox, partner: AsyncWhiteBIT) -> None:
        self._sandbox = sandbox
        self._partner = partner

    async def __call__(self, name: str, *, permissions: Iterable[str] | None = None) -> AsyncUser:
        """Connect a user as ``Connect`` does; the pages are submitted in a thread."""
        login = await self._partner.authorize(name)
        callback = await asyncio.to_thread(_approve, self._sandbox, name, login.url, permissions)
        return await self._partner.connect(callback, binding=login.binding, user_id=name)


def _approve(sandbox: Sandbox, name: str, login_url: str, permissions: Iterable[str] | None) -> str:
    if name not in {user.name for user in sandbox.users}:
        sandbox.add_user(name)
    return sandbox.person(name).approve(login_url, permissions)
