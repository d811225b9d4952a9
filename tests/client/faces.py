"""The sync and the async interface behind one, so that each test runs on both."""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

from anyio.from_thread import BlockingPortal

from whitebit_ext import (
    AsyncWhiteBIT,
    MemoryStore,
    Region,
    Store,
    User,
    WhiteBIT,
    generate_encryption_key,
)
from whitebit_ext.sandbox import Clock, PartnerClient, Sandbox

from .. import looking

REDIRECT_URI = "https://partner.example/whitebit/callback"


class MovedClock:
    """A `whitebit_ext.runtime.clock.Clock` over the sandbox's clock: sleeping moves both.

    Attributes:
        slept: What was slept, in order.
        ahead: Seconds by which `time` differs from the sandbox's, as machines' clocks do.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.slept: list[float] = []
        self.ahead = 0.0

    def time(self) -> float:
        """Return the sandbox's unix time, as this machine sees it."""
        return self._clock.now() + self.ahead

    def monotonic(self) -> float:
        """Return a time that `ahead` does not touch."""
        return self._clock.now()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._clock.advance(seconds)

    def sleep(self, seconds: float) -> None:
        """Move the clock, and really wait for a moment, so that other threads can run."""
        self._note(seconds)
        time.sleep(0.001)

    async def asleep(self, seconds: float) -> None:
        """Do what `sleep` does, in a task."""
        self._note(seconds)
        await asyncio.sleep(0.001)

    def _note(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._clock.advance(seconds)


class _Blocking:
    """A view of an async object in which everything is awaited already."""

    def __init__(self, target: Any, portal: BlockingPortal) -> None:
        self._target = target
        self._portal = portal

    def __repr__(self) -> str:
        return repr(self._target)

    def __getattr__(self, name: str) -> Any:
        return self._view(getattr(self._target, "aclose" if name == "close" else name))

    def _view(self, value: Any) -> Any:
        if inspect.ismethod(value):
            return functools.partial(self._call, value)
        is_async = type(value).__module__.startswith("whitebit_ext._async")
        if is_async or isinstance(value, AsyncIterator):
            return _Blocking(value, self._portal)
        return value

    def __iter__(self) -> Iterator[Any]:
        """Iterate over rows or pages, each awaited."""
        return self

    def __next__(self) -> Any:
        try:
            return self._portal.call(self._target.__anext__)
        except StopAsyncIteration:
            raise StopIteration from None

    def _call(self, method: Any, /, *args: Any, **kwargs: Any) -> Any:
        async def call() -> Any:
            made = method(*args, **kwargs)
            return await made if inspect.isawaitable(made) else made

        return self._view(self._portal.call(call))


def blocking(partner: AsyncWhiteBIT, portal: BlockingPortal) -> WhiteBIT:
    """Return the async face as if it were the sync one; its loop is the portal's."""
    return cast(WhiteBIT, _Blocking(partner, portal))


class Face:
    """One face of the library, wired to the sandbox.

    All partners of a face share its store and its encryption keys, as the processes of a partner
    do, unless other ones are given.

    Attributes:
        name: `sync` or `async`.
        sandbox, client, clock: What the partners are wired to.
        store, keys: What they share.
    """

    def __init__(
        self,
        name: str,
        sandbox: Sandbox,
        client: PartnerClient,
        clock: MovedClock,
        portal: BlockingPortal,
    ) -> None:
        self.name = name
        self.sandbox = sandbox
        self.client = client
        self.clock = clock
        self.store: Store = MemoryStore()
        self.keys = [generate_encryption_key()]
        self._portal = portal
        self._made: list[WhiteBIT] = []

    def arguments(self, **overrides: Any) -> dict[str, Any]:
        """Return the arguments of a partner object.

        Args:
            **overrides: Arguments to replace, `client` (a `PartnerClient`) among them.
        """
        client: PartnerClient = overrides.pop("client", self.client)
        region: Region = overrides.get("region", Region.GLOBAL)
        return {
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "redirect_uri": client.redirect_uris[0],
            "region": region,
            "base_url": self.sandbox.url(region.value),
            "store": self.store,
            "encryption_keys": self.keys,
            "clock": self.clock,
        } | overrides

    def partner(self, **overrides: Any) -> WhiteBIT:
        """Make a partner object, the async one behind a blocking view; it is closed for you."""
        arguments = self.arguments(**overrides)
        made = (
            WhiteBIT(**arguments)
            if self.name == "sync"
            else cast(WhiteBIT, _Blocking(AsyncWhiteBIT(**arguments), self._portal))
        )
        self._made.append(made)
        return made

    def custody(self, **overrides: Any) -> looking.Custody:
        """Open the rows of such a partner from beside it."""
        given = self.arguments(**overrides)
        return looking.custody_of(
            *(given["store"], given["encryption_keys"], given["client_id"], given["base_url"]),
            region=given["region"],
            clock=given["clock"],
        )

    def close(self) -> None:
        """Close every partner object that was made."""
        for partner in self._made:
            partner.close()


def connected(face: Face, name: str = "alice", *, partner: WhiteBIT | None = None) -> User:
    """Take a user through authorize, approval and connect; create the user if missing."""
    partner = partner or face.partner()
    if name not in {user.name for user in face.sandbox.users}:
        face.sandbox.add_user(name)
    login = partner.authorize(name)
    callback = face.sandbox.person(name).approve(login.url)
    return partner.connect(callback, binding=login.binding, user_id=name)
