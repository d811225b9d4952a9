"""The parts of one partner, wired together for one process."""

from __future__ import annotations

from concurrent.futures import Future

from .._sync.tokens import Tokens as SyncTokens
from .._sync.transport import Transport as SyncTransport
from ..custody.connection import Pin, State
from ..custody.connections import Binding, Connections
from ..custody.key_changes import erase
from ..custody.leases import Leases
from ..custody.once import OneShots
from ..custody.pace import Pace
from ..custody.rows import Custody
from ..custody.spill import Spill
from ..custody.values import Asks
from ..errors import CustodyError
from ..http.budget import budget_of
from ..http.pools import Pools
from ..keys.guard import KeyGuard
from ..keys.health import KeyUse
from ..keys.leaving import Leaving
from ..keys.retrieval import Retrieval
from ..keys.secrets import Again, read_secret
from ..keys.stored import StoredKeys
from ..oauth.logins import Logins
from ..oauth.pairs import TokenPairs
from ..oauth.protocol import read_pair
from ..runtime.forks import watch_forks
from ..runtime.waiting import AsyncWaiting, Waiting
from ..runtime.workers import Flights, Workers
from ..settings import Settings
from ..signing import ApiKey
from .reading import AsyncReader
from .tokens import AsyncTokens
from .transport import AsyncTransport

_LONGEST_ONCE = 30.0
"""Seconds that one one-shot request may take: four leases and a deadline fit into the five minutes
by which a refresh token outlives its access token."""
_LEASE_OVER_TIMEOUTS = 5.0
"""Seconds that a lease outlasts two requests: no takeover while a request runs."""
_REFRESH_THREADS = 16
_ONCE_THREADS = 32
_STORE_THREADS = 16


class AsyncEngine:
    """The parts of one partner.

    One-shot requests (a code exchange, a refresh, a secret) are plain synchronous code: they use
    the sync transport and tokens, and run in threads of their own for both interfaces.

    Everything that belongs to a process (pools, threads, locks, cached rows) is created
    in ``_build``, and created again in a forked child; the parent's objects are left untouched, so
    that no socket of the parent is closed or used by the child.

    Args:
        settings: The settings of the partner object.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.server = settings.server
        self.clock = settings.clock
        self.custody = Custody(
            settings.store,
            settings.sealer,
            settings.server,
            settings.credentials.client_id,
            settings.clock,
        )
        self._spill = (
            None if settings.spill is None else Spill(settings.spill, settings.sealer, self.custody)
        )
        self._left_to_parent: list[object] = []
        self._build()
        watch_forks(self)

    def _build(self) -> None:
        settings, clock = self._settings, self._settings.clock
        self._pools = Pools(
            settings.server,
            timeout=settings.timeout,
            network=settings.network,
            sync_transport=settings.transport,
            async_transport=settings.async_transport,
        )
        self.once_workers = Workers(_ONCE_THREADS, "whitebit-once")
        self._refresh_workers = Workers(_REFRESH_THREADS, "whitebit-refresh")
        self._store_workers = Workers(_STORE_THREADS, "whitebit-store")
        self.waiting = AsyncWaiting(clock, self._store_workers)
        self.connections = Connections(self.custody, clock, cache_for=settings.cache_for)
        timeout = min(settings.timeout, _LONGEST_ONCE)
        leases = Leases(self.connections, clock, 2 * timeout + _LEASE_OVER_TIMEOUTS)
        sender = SyncTransport(self._pools, timeout)
        self.once = OneShots(
            connections=self.connections,
            sender=sender,
            readers={
                Asks.CODE: read_pair,
                Asks.REFRESH: read_pair,
                Asks.SECRET: read_secret,
            },
            clock=clock,
            leases=leases,
            spill=self._spill,
        )
        self.pairs = TokenPairs(
            credentials=settings.credentials,
            connections=self.connections,
            leases=leases,
            once=self.once,
            clock=clock,
            pace=Pace(
                self.custody,
                clock,
                interval=settings.refresh_interval,
                egress=settings.egress,
            ),
            flights=Flights(self._refresh_workers),
        )
        self.logins = Logins(
            credentials=settings.credentials,
            connections=self.connections,
            once=self.once,
            clock=clock,
        )
        self.use = KeyUse(self.connections)
        in_thread = Waiting(clock, self._store_workers)
        self.stored_keys = StoredKeys(
            self.connections,
            self.once,
            self.use,
            lambda binding: KeyGuard(self.connections, clock, self._store_workers, binding),
        )
        self._retrieval = Retrieval(
            connections=self.connections,
            tokens=SyncTokens(self.pairs, sender, in_thread, clock),
            leases=leases,
            once=self.once,
            stored_keys=self.stored_keys,
            clock=clock,
            spill=self._spill,
        )
        self.leaving = Leaving(self.connections, leases, self.once)
        self._secrets = Flights(self.once_workers)
        transport = AsyncTransport(self._pools, settings.timeout)
        self.tokens = AsyncTokens(self.pairs, transport, self.waiting, clock)
        self.reader = AsyncReader(
            connections=self.connections,
            transport=transport,
            tokens=self.tokens,
            pairs=self.pairs,
            keys=self.stored_keys,
            use=self.use,
            budget=budget_of(settings.server.origin, settings.egress, clock),
            waiting=self.waiting,
            clock=clock,
        )

    def after_fork(self) -> None:
        """Create the parts of the child; the parent's are kept alive, so that they stay open."""
        self._left_to_parent += [self._pools, self.pairs, self.reader]
        self._build()

    def secret_flight(
        self, binding: Binding, pin: Pin, external_id: str, seq: int
    ) -> Future[ApiKey | Again]:
        """Start, or join, the only attempt of this process to retrieve a secret."""
        user_id = binding.user_id
        return self._secrets.join(
            ("secret", user_id, external_id, pin),
            lambda: self._retrieval.attempt(user_id, pin, external_id, seq),
        )

    def erase(self, user_id: str) -> None:
        """Delete every row of a user, and the user's files in the spill directory."""
        self.connections.commit(user_id, erase)
        self.erase_rest(user_id)

    def erase_rest(self, user_id: str) -> None:
        """Delete the user's rows other than the connection row."""
        self.use.forget(user_id)
        self.logins.erase(user_id)
        self.once.forget(user_id)
        self.pairs.forget(user_id)

    def unfinished(self) -> list[str]:
        """Process the responses stored in any row, and return the users being disconnected."""
        found = []
        for (user_id,) in self.custody.subjects("connection"):
            try:
                held = self.connections.read(user_id)
                if held.row is not None and held.row.untaken:
                    held = self.once.tend(user_id, held)
            except CustodyError as error:  # one damaged row must not stop the others
                self.custody.log_trouble("a connection row was skipped", error)
                continue
            if held.row is not None and held.row.state is State.DISCONNECTING:
                found.append(user_id)
        return found

    async def aclose(self) -> None:
        """Let running one-shot requests finish, then close the pools."""
        closer = Workers(1, "whitebit-close")
        await AsyncWaiting(self.clock, closer).work(self._end_threads)
        closer.close()
        await self._pools.aclose()

    def _end_threads(self) -> None:
        for workers in (self.once_workers, self._refresh_workers, self._store_workers):
            workers.close()
