"""Partners of one client on one database, wired to one sandbox, as every proof uses them."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from whitebit_ext import AsyncWhiteBIT, Region, Store, WhiteBIT, generate_encryption_key
from whitebit_ext.custody.stores import SQLStore
from whitebit_ext.runtime.clock import SystemClock
from whitebit_ext.sandbox import ApiKey, Sandbox

from ..looking import Custody, custody_of, lease_lasting, paused
from .children import Child, Serve

T = TypeVar("T")

REDIRECT_URI = "https://partner.example/callback"
LEASE = 0.5
"""Seconds of a lease where a proof has a holder die or hang; else it is the library's."""


class AheadClock(SystemClock):
    """The machine's clock with its time of day set ahead, as far as the sandbox's is.

    Attributes:
        ahead: By how many seconds.
    """

    def __init__(self, ahead: float) -> None:
        self.ahead = ahead

    def time(self) -> float:
        """Return unix time, as the sandbox has it."""
        return super().time() + self.ahead


class HurriedClock(AheadClock):
    """A clock that is set ahead instead of sleeping, after a moment in which others may work."""

    def __init__(self, ahead: float) -> None:
        super().__init__(ahead)
        self._slept = 0.0

    def time(self) -> float:
        """Return unix time, with what was slept."""
        return super().time() + self._slept

    def monotonic(self) -> float:
        """Return a time that has passed the sleep as well."""
        return super().monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        """Set the clock ahead."""
        time.sleep(0.001)
        self._slept += seconds

    async def asleep(self, seconds: float) -> None:
        """Do what `sleep` does, in a task."""
        await asyncio.sleep(0.001)
        self._slept += seconds


@dataclass
class World:
    """A sandbox, a client registered with it, and the database that its processes share.

    A forked child takes it along; it does not touch the sandbox but over the network.

    Attributes:
        url: The database's.
        clock: Of this process; a child is given how far it is ahead.
        lease: Seconds of a lease, where the library's own is too long for a proof.
    """

    sandbox: Sandbox
    url: str
    lease: float | None = None
    keys: list[str] = field(default_factory=lambda: [generate_encryption_key()], repr=False)

    def __post_init__(self) -> None:
        self.sandbox.reset()
        self.sandbox.settings.key_delay = 0.0
        self.sandbox.limits.enabled = False
        self.client = self.sandbox.register_client(redirect_uris=(REDIRECT_URI,))
        self.clock = AheadClock(self.sandbox.clock.now() - time.time())
        self._names = (f"user-{number}" for number in itertools.count())

    def advance(self, seconds: float) -> None:
        """Let time pass on the sandbox's clock and on this process's own."""
        self.sandbox.clock.advance(seconds)
        self.clock.ahead += seconds

    def child(self, prepare: Callable[[], Serve]) -> Child:
        """Fork a child, while the sandbox's thread holds no lock.

        A lock that another thread holds at a fork is held in the child for ever; OpenSSL has some.
        """
        with paused(self.sandbox):
            return Child(prepare)

    def store(self, pool_size: int = 4) -> SQLStore:
        """Open the database."""
        return SQLStore(self.url, pool_size=pool_size, timeout=60.0)

    def arguments(self, store: Store, **overrides: Any) -> dict[str, Any]:
        """Return the arguments of a partner object."""
        return {
            "client_id": self.client.client_id,
            "client_secret": self.client.client_secret,
            "redirect_uri": REDIRECT_URI,
            "region": Region.GLOBAL,
            "base_url": self.sandbox.global_url,
            "store": store,
            "encryption_keys": self.keys,
            "timeout": 60.0,
            "refresh_interval": 0.0,
            "clock": self.clock,
        } | overrides

    def partner(self, store: Store, **overrides: Any) -> WhiteBIT:
        """Make a partner object; call this in the process that uses it."""
        return self._made(WhiteBIT, self.arguments(store, **overrides))

    def async_partner(self, store: Store, **overrides: Any) -> AsyncWhiteBIT:
        """Make an async partner object, likewise."""
        return self._made(AsyncWhiteBIT, self.arguments(store, **overrides))

    def _made(self, face: Callable[..., T], arguments: dict[str, Any]) -> T:
        if self.lease is None:
            return face(**arguments)
        with lease_lasting(self.lease, arguments["timeout"]):
            return face(**arguments)

    def custody(self, store: Store, **overrides: Any) -> Custody:
        """Open the rows of such a partner from beside it."""
        given = self.arguments(store, **overrides)
        return custody_of(
            *(store, given["encryption_keys"], given["client_id"], given["base_url"]),
            region=given["region"],
            clock=given["clock"],
        )

    def connect(self, partner: WhiteBIT, name: str | None = None) -> str:
        """Take a new user through the login and return the user's id."""
        name = name or next(self._names)
        self.sandbox.add_user(name)
        login = partner.authorize(name)
        callback = self.sandbox.person(name).approve(login.url)
        partner.connect(callback, binding=login.binding, user_id=name)
        return name

    def made(self, user_id: str) -> ApiKey:
        """Return the user's key as the sandbox has it."""
        key = self.sandbox.key(user_id, self.client)
        assert key is not None
        return key

    def refreshes(self, status: int | None = None) -> int:
        """Count the requests for a new pair that the sandbox has seen."""
        return self.sandbox.count("POST", "refresh_token", status=status)

    def askings(self, status: int | None = None) -> int:
        """Count the requests for a secret that the sandbox has seen."""
        return self.sandbox.count("GET", "get_api_key_secret", status=status)


def digest(secret: str) -> str:
    """Return what represents a secret in comparisons, pipes and reports."""
    return hashlib.sha256(secret.encode()).hexdigest()
