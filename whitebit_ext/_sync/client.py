# Made from whitebit_ext/_async/client.py by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""The partner and the handle of a user."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..http.requests import Access
from ..runtime.rim import rim
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
    from .account import Account
    from .api_key import UserApiKey
    from .engine import Engine


class WhiteBIT:
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
        from .engine import Engine

        self._engine = Engine(
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

    @rim
    def authorize(self, user_id: str) -> Login:
        """Start a login: send the browser to ``url``, keep ``state`` in the browser session.

        Args:
            user_id: The partner's own id of the user who is signed in.
        """
        engine = self._engine
        return engine.waiting.work(engine.logins.start, check_user(user_id))

    @rim
    def connect(self, callback: Callback, *, state: str | None, user_id: str) -> User:
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
        engine.waiting.flight(
            engine.once_workers.submit(lambda: engine.logins.finish(callback, state, user_id))
        )
        return User(engine, user_id)

    @rim
    def user(self, user_id: str) -> User:
        """Return the handle of a user; cheap, without a lookup."""
        return User(self._engine, user_id)

    @rim
    def adopt(
        self,
        user_id: str,
        *,
        public_key: str,
        secret: str | Secret,
        external_id: str | None = None,
    ) -> User:
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
        engine.waiting.work(
            engine.stored_keys.adopt, user_id, public_key, external_id, confidential
        )
        return User(engine, user_id)

    @rim
    def erase(self, user_id: str) -> None:
        """Delete all that is stored of a user, except the journal; nothing is sent to WhiteBIT.

        Prefer ``user.disconnect()``, which deletes the API key there as well. This works while
        WhiteBIT is down, and leaves a key active whose secret is no longer stored.
        """
        engine = self._engine
        check_user(user_id)
        engine.waiting.work(engine.erase, user_id)

    @rim
    def maintain(self) -> None:
        """Finish what other calls left open; call it from a worker, every minute or so.

        Responses that a crash left unprocessed in the store are processed, and each
        ``disconnect()`` that is not finished is continued. The token pairs of connected users are
        not refreshed, and no secret is requested.
        """
        engine = self._engine
        for user_id in engine.waiting.work(engine.unfinished):
            User(engine, user_id).disconnect()

    @rim
    def lost(self) -> tuple[Loss, ...]:
        """List the secrets that were lost, taken elsewhere, or never came in a readable form."""
        from ..maintenance import losses

        return self._engine.waiting.work(losses, self._engine.custody)

    @rim
    def key_health(self) -> tuple[KeyHealth, ...]:
        """Judge every stored key: unused for long, refused, or gone; nothing is sent."""
        return self._engine.waiting.work(self._engine.use.all)

    @rim
    def close(self) -> None:
        """Let running one-shot requests finish, then close the connections."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class User:
    """A user of the partner.

    Attributes:
        id: The partner's own id of the user.
    """

    __slots__ = ("_engine", "id")

    @rim
    def __init__(self, engine: Engine, user_id: str) -> None:
        self._engine = engine
        self.id = check_user(user_id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'id', '?')!r}>"

    @rim
    def disconnect(self) -> Disconnection:
        """Delete the user's API key at WhiteBIT, and then all that is stored of the user.

        An earlier call that was interrupted, in any process, is continued. A connection that was
        already ended is a success.

        Raises:
            ConnectionChanged: the user has connected again since.
        """
        from .leaving import disconnect

        return disconnect(self._engine, self.id)

    @property
    def api_key(self) -> UserApiKey:
        """The user's OAuth-issued API key."""
        from .api_key import UserApiKey

        return UserApiKey(self._engine, self.id)

    @property
    def account(self) -> Account:
        """Account reads: signed with the stored key, or Bearer where there is none."""
        return Reads(self._engine, self.id, Access.ANY).account

    @property
    def signed(self) -> Reads:
        """The same reads, signed with the stored key."""
        return Reads(self._engine, self.id, Access.SIGNED)

    @property
    def bearer(self) -> Reads:
        """The same reads, with the access token; WhiteBIT removes them on 1 November 2026."""
        return Reads(self._engine, self.id, Access.BEARER)


class Reads:
    """Reads with one way of access."""

    __slots__ = ("_access", "_engine", "_user_id")

    def __init__(self, engine: Engine, user_id: str, access: Access) -> None:
        self._engine = engine
        self._user_id = user_id
        self._access = access

    @property
    def account(self) -> Account:
        """The account reads."""
        from .account import Account

        return Account(self._engine, self._user_id, self._access)
