"""What both faces stand on: the parts, wired for one partner and one process."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from .api_keys import KeyFlows
from .balances import BalanceFlows
from .custody.leases import Leases, Pace
from .custody.rows import Custody, StoredKey
from .custody.sealing import Sealer
from .custody.spill import Spill
from .custody.stores import Store
from .errors import InvalidArgument
from .histories import HistoryFlows
from .http.budget import budget_of
from .http.pools import Pools
from .keys.health import KeyUse
from .keys.records import KeyHealth, Login
from .keys.retrieval import Retrieval
from .keys.signing import ApiKey
from .maintenance import Loss, Maintenance
from .oauth.logins import Logins
from .oauth.protocol import Callback
from .oauth.refresh import Credentials, Exchange
from .reading import Reader
from .regions import Region, Server
from .runtime.clock import Clock, SystemClock
from .runtime.forks import watch_forks
from .runtime.workers import Flights, Workers
from .secret import Secret
from .steps import Steps, arun, outcome_of, run, wait, work
from .tokens import Tokens
from .transport import Transport

T = TypeVar("T")

_LEASE_OVER_TIMEOUT = 15.0
"""Seconds that a lease outlasts a request: nobody is taken over while a request runs."""
_REFRESH_THREADS = 16
_EXCHANGE_THREADS = 32
_STORE_THREADS = 16
_LONGEST_ID = 255


class Engine:
    """The parts of one partner; ``run`` performs flows in this thread.

    Everything that belongs to a process (pools, threads, locks, cached pairs and keys) is made
    in ``_build`` and made anew in a forked child; what the parent had is left untouched, so that
    no socket of the parent is closed or used by the child.
    """

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: Secret,
        redirect_uri: str,
        region: Region,
        store: Store,
        keys: Sequence[str | bytes],
        base_url: str | None,
        timeout: float,
        egress: str,
        refresh_interval: float,
        sync_transport: Callable[[], httpx.BaseTransport] | None,
        async_transport: Callable[[], httpx.AsyncBaseTransport] | None,
        spill: str | os.PathLike[str] | None,
        clock: Clock | None,
    ) -> None:
        _check_text("client_id", client_id)
        _check_secret("client_secret", client_secret)
        _check_text("egress", egress)
        _check_redirect_uri(redirect_uri)
        _check_number("timeout", timeout, 0.1, 120.0)
        _check_number("refresh_interval", refresh_interval, 0.0, 60.0)
        given: object = store
        if not isinstance(given, Store) or isinstance(given, type):
            raise InvalidArgument("store", "expected a store, such as MemoryStore()")
        _check_factory("transport", sync_transport)
        _check_factory("async_transport", async_transport)
        self.server = Server.of(region, base_url)
        self.clock: Clock = clock or SystemClock()
        self._sealer = Sealer(keys)
        self.custody = Custody(store, self._sealer, self.server, client_id, self.clock)
        self._spill = None if spill is None else Spill(spill, self._sealer, self.custody)
        self._credentials = Credentials(client_id, client_secret, redirect_uri)
        self._timeout = float(timeout)
        self._egress = egress
        self._refresh_interval = float(refresh_interval)
        self._transports = (sync_transport, async_transport)
        self._left_to_parent: list[object] = []
        self._build()
        watch_forks(self)

    def _build(self) -> None:
        sync_transport, async_transport = self._transports
        self._pools = Pools(
            self.server,
            timeout=self._timeout,
            sync_transport=sync_transport,
            async_transport=async_transport,
        )
        self.transport = Transport(self._pools, timeout=self._timeout)
        self.store_workers = Workers(_STORE_THREADS, "whitebit-store")
        self._refresh_workers = Workers(_REFRESH_THREADS, "whitebit-refresh")
        self._exchange_workers = Workers(_EXCHANGE_THREADS, "whitebit-exchange")
        leases = Leases(self.custody, self.clock, self._timeout + _LEASE_OVER_TIMEOUT)
        exchange = Exchange(
            credentials=self._credentials,
            custody=self.custody,
            transport=self.transport,
            clock=self.clock,
            leases=leases,
            pace=Pace(
                self.custody, self.clock, interval=self._refresh_interval, egress=self._egress
            ),
            flights=Flights(self._refresh_workers),
        )
        self.tokens = Tokens(exchange, self.clock)
        self._logins = Logins(
            credentials=self._credentials,
            custody=self.custody,
            transport=self.transport,
            exchange=exchange,
            clock=self.clock,
        )
        retrieval = Retrieval(
            custody=self.custody,
            transport=self.transport,
            tokens=self.tokens,
            leases=leases,
            clock=self.clock,
            spill=self._spill,
        )
        self.use = KeyUse(self.custody)
        budget = budget_of(self.server.origin, self._egress, self.clock)
        self._reader = Reader(self.custody, self.tokens, self.clock, self.use, budget)
        self.balances = BalanceFlows(self._reader)
        self.histories = HistoryFlows(self._reader, self.balances)
        self.keys = KeyFlows(
            self.custody,
            self.tokens,
            retrieval,
            Flights(self._exchange_workers),
            self.clock,
            self._reader,
            self.use,
        )

    def after_fork(self) -> None:
        """Make the child's own parts; the parent's are kept alive, so that nothing closes them."""
        self._left_to_parent += [self._pools, self.tokens, self.keys]
        self._build()

    def run(self, steps: Steps[T]) -> T:
        """Perform a flow in this thread."""
        return run(steps, self.transport, self.clock)

    async def arun(self, steps: Steps[T]) -> T:
        """Perform a flow in this task, its store work in threads."""
        return await arun(steps, self.transport, self.clock, self.store_workers)

    # Flows of the partner itself

    def authorize(self, user_id: str) -> Steps[Login]:
        """Start a login."""
        user_id = self.check_user(user_id)
        return (yield from work(lambda: self._logins.start(user_id)))

    def connect(self, callback: Callback, state: str | None, user_id: str) -> Steps[None]:
        """Finish a login, in a thread that no cancellation reaches."""
        return self._connect(lambda: self._logins.finish(callback, state, user_id), state, user_id)

    def _connect(self, finish: Callable[[], None], state: object, user_id: str) -> Steps[None]:
        """Check the arguments, out of sight of the callback: an error shows this frame."""
        self.check_user(user_id)
        if state is not None and not isinstance(state, str):
            raise InvalidArgument("state", "expected the text that the browser session kept")
        yield from wait(self._exchange_workers.submit(finish))

    def adopt(
        self, user_id: str, public_key: str, secret: Secret, external_id: str | None
    ) -> Steps[None]:
        """Store a key that the partner already has."""
        user_id = self.check_user(user_id)
        _check_secret("secret", secret)
        for argument, value in (("public_key", public_key), ("external_id", external_id)):
            if value is None and argument == "external_id":
                continue
            _check_text(argument, value)
            if not str(value).isascii() or " " in str(value):  # it goes into a header, or a path
                raise InvalidArgument(argument, "it holds a character that no key id has")
        key = ApiKey(user_id, public_key, external_id or public_key, secret, self.server.origin)

        def store() -> None:
            pair = self.custody.pair(user_id)
            self.custody.put_key(StoredKey(key, pair.login if pair else None))
            self._reader.forget(user_id)

        yield from work(store)

    def forget(self, user_id: str) -> Steps[None]:
        """Delete what custody holds of a user."""
        user_id = self.check_user(user_id)

        def remove() -> None:
            self.custody.remove("pair", user_id)
            self.keys.forget(user_id)
            # Last: a read at this moment would put back what was forgotten before.
            self.tokens.forget(user_id)
            self._reader.forget(user_id)

        yield from work(remove)

    def lost(self) -> Steps[tuple[Loss, ...]]:
        """List the secrets that this partner's custody knows to be lost."""

        def look() -> tuple[Loss, ...]:
            origin, client_id = self.custody.place("claim", ())[1:]
            return tuple(Maintenance(self.custody.store, self._sealer).losses(origin, client_id))

        return (yield from work(look))

    def key_health(self) -> Steps[tuple[KeyHealth, ...]]:
        """Judge every stored key of this partner."""
        return (yield from work(lambda: tuple(self.use.all())))

    def check_user(self, user_id: str) -> str:
        """Return the user id if it can be one."""
        _check_text("user_id", user_id)
        return user_id

    # The end

    def close(self) -> None:
        """Let exchanges end, then close the sync pools."""
        self._end_threads()
        self._pools.close()

    async def aclose(self) -> None:
        """Let exchanges end without blocking the loop, then close its pool."""
        closer = Workers(1, "whitebit-close")
        await outcome_of(closer.submit(self._end_threads))
        closer.close()
        await self._pools.aclose()

    def _end_threads(self) -> None:
        for workers in (self._exchange_workers, self._refresh_workers, self.store_workers):
            workers.close()


def _check_secret(argument: str, secret: Secret) -> None:
    """Check a confidential text, with no frame that shows it when this raises."""
    problem = _text_problem(secret.reveal())
    if problem is not None:
        raise InvalidArgument(argument, problem)


def _text_problem(value: object) -> str | None:
    if not isinstance(value, str):
        return f"expected a str, got {type(value).__name__}"
    if not value.strip():
        return "it is empty"
    return None if value.isprintable() else "it holds a character that does not print"


def _check_text(argument: str, value: object) -> None:
    problem = _text_problem(value)
    if problem is not None or not isinstance(value, str):
        raise InvalidArgument(argument, problem or "expected a str")
    if argument in ("user_id", "client_id", "egress") and len(value) > _LONGEST_ID:
        raise InvalidArgument(argument, f"it is longer than {_LONGEST_ID} characters")


def _check_number(argument: str, value: object, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidArgument(argument, "expected seconds as a number")
    if not least <= value <= most:
        raise InvalidArgument(argument, f"expected {least:g} to {most:g} seconds")


def _check_factory(argument: str, factory: object) -> None:
    if factory is not None and not callable(factory):
        raise InvalidArgument(argument, "expected a function that makes an httpx transport")


def _check_redirect_uri(redirect_uri: str) -> None:
    _check_text("redirect_uri", redirect_uri)
    try:
        parts = urlsplit(redirect_uri)
        readable = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, a bracket too many
        readable = False
    if not readable:
        raise InvalidArgument("redirect_uri", "expected the registered https://… address")
    if parts.fragment:  # RFC 6749, section 3.1.2
        raise InvalidArgument("redirect_uri", "it must not have a fragment")
