"""What the fixtures are made of: clients whose clock is the sandbox's, and people who approve."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from .._async.client import AsyncUser, AsyncWhiteBIT
from .._sync.client import User, WhiteBIT
from ..custody.sealing import generate_encryption_key
from ..custody.stores import MemoryStore
from ..regions import Region
from ..sandbox import Clock, PartnerClient, Sandbox

# No connection outlives its request: none is left in an event loop that ends with its test.
_LIMITS = httpx.Limits(max_keepalive_connections=0)

_MOMENT = 0.001
"""Real seconds of every wait, so that a thread which polls lets others work."""


class SandboxClock:
    """The sandbox's clock in the clients' terms (``whitebit_ext.runtime.clock.Clock``).

    Waiting moves the sandbox's clock and returns at once, so tokens and limits age as they would.

    Attributes:
        slept: Seconds of each wait of the clients, oldest first.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def time(self) -> float:
        """Return the sandbox's unix time."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return the same: the sandbox's clock never goes back."""
        return self._clock.now()

    def advance(self, seconds: float) -> None:
        """Let time pass, for the sandbox and the clients alike."""
        self._clock.advance(seconds)

    def sleep(self, seconds: float) -> None:
        """Move the clock on instead of waiting in this thread."""
        self._pass(seconds)
        time.sleep(_MOMENT)

    async def asleep(self, seconds: float) -> None:
        """Move the clock on instead of waiting in this task."""
        self._pass(seconds)
        await asyncio.sleep(_MOMENT)

    def _pass(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
        self._clock.advance(seconds)


def arguments(
    sandbox: Sandbox, clock: SandboxClock, region: Region, client: PartnerClient
) -> dict[str, Any]:
    """Return the arguments of a client that talks to a region of the sandbox."""
    # Nothing here is HTTPS, and loading certificates would take longer than most tests.
    no_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return {
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "redirect_uri": client.redirect_uris[0],
        "region": region,
        "base_url": sandbox.url(region.value),
        "store": MemoryStore(),
        "keys": [generate_encryption_key()],
        "clock": clock,
        # A transport of its own also keeps the environment's proxies out.
        "transport": lambda: httpx.HTTPTransport(verify=no_tls, limits=_LIMITS),
        "async_transport": lambda: httpx.AsyncHTTPTransport(verify=no_tls, limits=_LIMITS),
    }


def close(partner: AsyncWhiteBIT) -> None:
    """Close an async client when the loop that it was used in is gone.

    In a thread: the loop of this one, running or not, is that of somebody else's plugin.
    """
    with ThreadPoolExecutor(1) as executor:
        executor.submit(lambda: asyncio.run(partner.aclose())).result()


class Connect:
    """Connects users: ``user = whitebit_connect("alice")``."""

    def __init__(self, sandbox: Sandbox, partner: WhiteBIT) -> None:
        self._sandbox = sandbox
        self._partner = partner

    def __call__(self, name: str, *, permissions: Iterable[str] | None = None) -> User:
        """Take a user through login, consent and callback; the sandbox learns an unknown name.

        Args:
            name: The user's name in the sandbox, and the partner's own id of the user.
            permissions: Names of the permission groups to tick; every group when None.

        Raises:
            LoginBlocked: A page of the sandbox lets the user go no further.
        """
        login = self._partner.authorize(name)
        callback = _approve(self._sandbox, name, login.url, permissions)
        return self._partner.connect(callback, state=login.state, user_id=name)


class AsyncConnect:
    """Connects users: ``user = await async_whitebit_connect("alice")``."""

    def __init__(self, sandbox: Sandbox, partner: AsyncWhiteBIT) -> None:
        self._sandbox = sandbox
        self._partner = partner

    async def __call__(self, name: str, *, permissions: Iterable[str] | None = None) -> AsyncUser:
        """Do what ``Connect`` does, the person in a thread."""
        login = await self._partner.authorize(name)
        callback = await asyncio.to_thread(_approve, self._sandbox, name, login.url, permissions)
        return await self._partner.connect(callback, state=login.state, user_id=name)


def _approve(sandbox: Sandbox, name: str, login_url: str, permissions: Iterable[str] | None) -> str:
    if name not in {user.name for user in sandbox.users}:
        sandbox.add_user(name)
    return sandbox.person(name).approve(login_url, permissions)
