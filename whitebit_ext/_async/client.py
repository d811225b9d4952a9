"""The partner and the handle of a user."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..http.requests import Access
from ..runtime.rim import async_rim, rim
from ..secret import Secret
from ..settings import Settings, check_key_id, check_secret, check_state, check_user

if TYPE_CHECKING:
    import httpx

    from ..custody.stores import Store
    from ..http.network import ProxyGiven, Verify
    from ..keys.leaving import Disconnection
    from ..keys.records import KeyHealth
    from ..maintenance import Loss
    from ..oauth.logins import Login
    from ..oauth.protocol import Callback
    from ..regions import Region
    from ..runtime.clock import Clock
    from .account import AsyncAccount
    from .api_key import AsyncUserApiKey
    from .engine import AsyncEngine


class AsyncWhiteBIT:
    """The client of a partner, which connects its users to WhiteBIT.

    One object per process is enough for all users: it can be shared between threads and event
    loops, and created before a fork. Close it at the end, or use it as a context manager.

    Args:
        client_id: The partner's client id.
        client_secret: The partner's client secret.
        redirect_uri: The registered redirect URI, exactly.
        region: The server that the partner and its users are registered with.
        store: Where encrypted rows are stored; all processes of a partner share one.
        encryption_keys: Keys of ``generate_encryption_key()``; the first encrypts, all decrypt.
        base_url: Another address of the region's server: the sandbox, or a proxy.
        timeout: Seconds for one whole request; a code exchange, a refresh and the retrieval of a
            secret have at most 30.
        egress: A label of the address that requests leave from, if a partner has several:
            WhiteBIT accepts one refresh a second per address.
        refresh_interval: Seconds between two refreshes from this egress. The server accepts one a
            second; the rest allows for varying network delays.
        transport: Makes the httpx transport of the sync pools, if it is not to be httpx's.
        async_transport: The same for ``AsyncWhiteBIT``, e.g. of ``httpx-aiohttp``.
        spill: A directory on a disk of this machine for a one-time response, encrypted, that the
            store does not accept; the user's next ``issue()`` on this machine stores it.
        cache_for: Seconds for which a read may reuse the user's row as it was last read; with 0
            each attempt reads it. Meanwhile a read may still act for a connection that the user
            has replaced.
        verify: ``True`` for the authorities of ``certifi``, the path of a PEM file with others, or
            an ``ssl.SSLContext``. ``False`` is accepted for a loopback server only.
        proxy: The URL of an HTTP or SOCKS proxy, or an ``httpx.Proxy``.
        trust_env: Use proxy and authorities of the environment where they are not given; if off,
            the environment is ignored.
        clock: The source of time.

    Raises:
        InvalidArgument: an argument is wrong; the error names it.
    """

    @rim
    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str | Secret,
        redirect_uri: str,
        region: Region,
        store: Store,
        encryption_keys: Sequence[str | bytes | Secret],
        base_url: str | None = None,
        timeout: float = 10.0,
        egress: str = "default",
        refresh_interval: float = 1.1,
        transport: Callable[[], httpx.BaseTransport] | None = None,
        async_transport: Callable[[], httpx.AsyncBaseTransport] | None = None,
        spill: str | os.PathLike[str] | None = None,
        cache_for: float = 0.0,
        verify: Verify = True,
        proxy: ProxyGiven = None,
        trust_env: bool = False,
        clock: Clock | None = None,
    ) -> None:
        # The parts of a partner are imported with the first partner, not with the package.
        from .engine import AsyncEngine

        self._engine = AsyncEngine(
            Settings.of(
                client_id=client_id,
                client_secret=client_secret,
                redirect_uri=redirect_uri,
                region=region,
                store=store,
                encryption_keys=encryption_keys,
                base_url=base_url,
                timeout=timeout,
                egress=egress,
                refresh_interval=refresh_interval,
                transport=transport,
                async_transport=async_transport,
                spill=spill,
                cache_for=cache_for,
                verify=verify,
                proxy=proxy,
                trust_env=trust_env,
                clock=clock,
            )
        )

    @property
    def base_url(self) -> str:
        """The address of the server of this partner."""
        return self._engine.server.base_url

    def __repr__(self) -> str:
        engine = getattr(self, "_engine", None)  # an object with rejected arguments has none
        where = f" {engine.server.region.value} {engine.server.base_url}" if engine else ""
        return f"<{type(self).__name__}{where}>"

    @async_rim
    async def authorize(self, user_id: str) -> Login:
        """Start a login: send the browser to ``url``, keep ``state`` in the browser session.

        Args:
            user_id: The partner's own id of the user who is signed in.
        """
        engine = self._engine
        return await engine.waiting.work(engine.logins.start, check_user(user_id))

    @async_rim
    async def connect(self, callback: Callback, *, state: str | None, user_id: str) -> AsyncUser:
        """Finish a login: check the callback, exchange the code, store the tokens.

        The exchange runs in a thread of the library's own, which no cancellation reaches.

        Args:
            callback: The callback's URL, or its query parameters as a mapping.
            state: What the browser session kept; remove it from the session for this.
            user_id: The partner's own id of the user who is signed in.

        Raises:
            LoginError: the callback does not finish a login of this user; nothing was stored.
            NotSent, RateLimited: the code was not used; the same callback can be tried again.
            ConnectionChanged: the user has finished a later login since.
        """
        engine = self._engine
        check_user(user_id)
        check_state(state)
        await engine.waiting.flight(
            engine.once_workers.submit(lambda: engine.logins.finish(callback, state, user_id))
        )
        return AsyncUser(engine, user_id)

    @rim
    def user(self, user_id: str) -> AsyncUser:
        """Return the handle of a user; cheap, without a lookup."""
        return AsyncUser(self._engine, user_id)

    @async_rim
    async def adopt(
        self,
        user_id: str,
        *,
        public_key: str,
        secret: str | Secret,
        external_id: str | None = None,
    ) -> AsyncUser:
        """Store a key that the partner already has; calls of the user are signed with it.

        Args:
            user_id: The partner's own id of the user.
            public_key: The value of ``X-TXC-APIKEY``.
            secret: The signing secret, e.g. ``error.secret`` of ``SecretNotStored``.
            external_id: WhiteBIT's id of the key, where it is not the public key.
        """
        engine = self._engine
        check_user(user_id)
        check_key_id("public_key", public_key)
        if external_id is not None:
            check_key_id("external_id", external_id)
        confidential = check_secret("secret", secret)
        await engine.waiting.work(
            engine.stored_keys.adopt, user_id, public_key, external_id, confidential
        )
        return AsyncUser(engine, user_id)

    @async_rim
    async def erase(self, user_id: str) -> None:
        """Delete all that is stored of a user, except the journal; nothing is sent to WhiteBIT.

        Prefer ``user.disconnect()``, which deletes the API key there as well. This works while
        WhiteBIT is down, and leaves a key active whose secret is no longer stored.
        """
        engine = self._engine
        check_user(user_id)
        await engine.waiting.work(engine.erase, user_id)

    @async_rim
    async def maintain(self) -> None:
        """Finish what other calls left open; call it from a worker, every minute or so.

        Responses that a crash left unprocessed in the store are processed, and each
        ``disconnect()`` that is not finished is continued. The token pairs of connected users are
        not refreshed, and no secret is requested.
        """
        engine = self._engine
        for user_id in await engine.waiting.work(engine.unfinished):
            await AsyncUser(engine, user_id).disconnect()

    @async_rim
    async def lost(self) -> tuple[Loss, ...]:
        """List the secrets that were lost, taken elsewhere, or never came in a readable form."""
        from ..maintenance import losses

        return await self._engine.waiting.work(losses, self._engine.custody)

    @async_rim
    async def key_health(self) -> tuple[KeyHealth, ...]:
        """Judge every stored key: unused for long, refused, or gone; nothing is sent."""
        return await self._engine.waiting.work(self._engine.use.all)

    @async_rim
    async def aclose(self) -> None:
        """Let running one-shot requests finish, then close the connections."""
        await self._engine.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


class AsyncUser:
    """A user of the partner.

    Attributes:
        id: The partner's own id of the user.
    """

    __slots__ = ("_engine", "id")

    @rim
    def __init__(self, engine: AsyncEngine, user_id: str) -> None:
        self._engine = engine
        self.id = check_user(user_id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'id', '?')!r}>"

    @async_rim
    async def disconnect(self) -> Disconnection:
        """Delete the user's API key at WhiteBIT, and then all that is stored of the user.

        An earlier call that was interrupted, in any process, is continued. A connection that was
        already ended is a success.

        Raises:
            ConnectionChanged: the user has connected again since.
        """
        from .leaving import disconnect

        return await disconnect(self._engine, self.id)

    @property
    def api_key(self) -> AsyncUserApiKey:
        """The user's OAuth-issued API key."""
        from .api_key import AsyncUserApiKey

        return AsyncUserApiKey(self._engine, self.id)

    @property
    def account(self) -> AsyncAccount:
        """Account reads: signed with the stored key, or Bearer where there is none."""
        return AsyncReads(self._engine, self.id, Access.ANY).account

    @property
    def signed(self) -> AsyncReads:
        """The same reads, signed with the stored key."""
        return AsyncReads(self._engine, self.id, Access.SIGNED)

    @property
    def bearer(self) -> AsyncReads:
        """The same reads, with the access token; WhiteBIT removes them on 1 November 2026."""
        return AsyncReads(self._engine, self.id, Access.BEARER)


class AsyncReads:
    """Reads with one way of access."""

    __slots__ = ("_access", "_engine", "_user_id")

    def __init__(self, engine: AsyncEngine, user_id: str, access: Access) -> None:
        self._engine = engine
        self._user_id = user_id
        self._access = access

    @property
    def account(self) -> AsyncAccount:
        """The account reads."""
        from .account import AsyncAccount

        return AsyncAccount(self._engine, self._user_id, self._access)
