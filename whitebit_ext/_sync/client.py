# Made from whitebit_ext/_async/client.py by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""The partner."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..errors import InvalidArgument
from ..runtime.events import EventName
from ..runtime.rim import rim
from ..secret import Secret
from ..settings.checks import check_binding, check_key_id, check_kind, check_secret, check_user
from .overview import Overview
from .user import User

if TYPE_CHECKING:
    import httpx

    from ..custody.stores import Store
    from ..http.network import ProxyGiven, Verify
    from ..oauth.logins import Kind, Login
    from ..oauth.protocol import Callback
    from ..regions import Region
    from ..runtime.clock import Clock
    from ..runtime.events import Hook


class WhiteBIT(Overview):
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
        refresh_interval: Seconds between two refreshes from this egress; the server accepts 1.
        transport: Makes the httpx transport of the sync pools, if it is not to be httpx's.
        async_transport: The same for ``AsyncWhiteBIT``, e.g. of ``httpx-aiohttp``.
        spill: A directory on a disk of this machine for a one-time response, encrypted, that the
            store does not accept; the user's next call there, or ``maintain()``, stores it.
        cache_for: Seconds for which a read may reuse the user's row as it was last read, and so
            act for a connection that the user has replaced; with 0 each attempt reads it.
        login_lifetime: Seconds in which a user must return from WhiteBIT, after which the login
            expires. Raise it where users have to prove their identity there first.
        journal_retention: Seconds for which new entries of the journal are kept.
        verify: ``True`` for the authorities of ``certifi``, the path of a PEM file with others, or
            an ``ssl.SSLContext``. ``False`` is accepted for a loopback server only.
        proxy: The URL of an HTTP or SOCKS proxy, or an ``httpx.Proxy``.
        trust_env: Use proxy and authorities of the environment where they are not given; if off,
            the environment is ignored.
        on_event: Functions to call with each event (docs/events.md): in the thread that did the
            work, which may be the event loop's. Each returns quickly and does not call the
            partner object. ``None`` logs them, ``[]`` is silent.
        identify: Give events the partner's own user ids instead of pseudonyms.
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
        login_lifetime: float = 600.0,
        journal_retention: float = 31_536_000.0,
        verify: Verify = True,
        proxy: ProxyGiven = None,
        trust_env: bool = False,
        on_event: Sequence[Hook] | None = None,
        identify: bool = False,
        clock: Clock | None = None,
    ) -> None:
        # The parts of a partner are imported with the first partner, not with the package.
        from ..settings.arguments import Settings
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
                login_lifetime=login_lifetime,
                journal_retention=journal_retention,
                verify=verify,
                proxy=proxy,
                trust_env=trust_env,
                on_event=on_event,
                identify=identify,
                clock=clock,
            )
        )

    @classmethod
    @rim
    def from_env(cls, **overrides: Any) -> Self:
        """Return a partner that the ``WHITEBIT_OAUTH_*`` variables describe (docs/environment.md).

        Args:
            overrides: Arguments of this class, which take precedence; ``region``, ``store`` and
                ``encryption_keys`` may have the form of their variables. A store that is opened
                here is closed with the partner.

        Raises:
            InvalidArgument: variables are missing, which are all named, or have invalid values.
        """
        from ..settings.environment import arguments

        given, close = arguments(overrides)
        try:
            partner = cls(**given)
        except InvalidArgument:
            if close is not None:
                close()
            raise
        partner._engine.close_store = close
        return partner

    @property
    def base_url(self) -> str:
        """The address of the server of this partner."""
        return self._engine.server.base_url

    @property
    def region(self) -> Region:
        """The region of the server."""
        return self._engine.server.region

    @property
    def redirect_uri(self) -> str:
        """The registered redirect URI."""
        return self._engine.redirect_uri

    def __repr__(self) -> str:
        engine = getattr(self, "_engine", None)  # an object with rejected arguments has none
        where = f" {engine.server.region.value} {engine.server.base_url}" if engine else ""
        return f"<{type(self).__name__}{where}>"

    @rim
    def authorize(self, user_id: str, *, kind: Kind = "web") -> Login:
        """Start a login: send the browser to ``url``, keep ``binding`` in the browser session.

        Args:
            user_id: The partner's own id of the user who is signed in.
            kind: Where the login is finished: in a ``web`` application, or in a ``terminal``.
        """
        engine = self._engine
        check_user(user_id)
        check_kind(kind)
        return engine.waiting.work(engine.logins.start, user_id, kind)

    @rim
    def connect(
        self, callback: Callback, *, binding: str | None, user_id: str, kind: Kind = "web"
    ) -> User:
        """Finish a login: check the callback, exchange the code, store the tokens.

        Args:
            callback: The callback's URL, as a ``str`` or an object that converts to one, or its
                query parameters as a mapping.
            binding: What the browser session kept; remove it from the session for this.
            user_id: The partner's own id of the user who is signed in.
            kind: What ``authorize()`` was called with.

        Raises:
            LoginError: the callback does not finish a login of this user; nothing was stored.
            NotSent, RateLimited: the code was not used; the same callback can be tried again.
            ConnectionChanged: the user has finished a later login since.
        """
        from ..oauth.protocol import read_callback

        engine = self._engine
        check_user(user_id)
        check_binding(binding)
        check_kind(kind)
        proof = None if binding is None else Secret(binding)
        failing = functools.partial(engine.custody.events.failing, EventName.LOGIN_FAILED, user_id)
        with failing():  # here: a framework's object may be valid in this thread or task alone
            parameters = read_callback(callback)
        del callback, binding

        def finish() -> None:
            with failing():
                engine.logins.finish(parameters, proof, user_id, kind)

        engine.waiting.flight(engine.once_workers.submit(finish))
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

        Prefer ``user.disconnect()``: this leaves the API key active at WhiteBIT.
        """
        engine = self._engine
        check_user(user_id)
        engine.waiting.work(engine.erase, user_id)

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
