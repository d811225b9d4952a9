# Made from whitebit_ext/_async/engine.py by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""The parts of one partner, wired together for one process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from .._sync.tokens import Tokens as SyncTokens
from .._sync.transport import Transport as SyncTransport
from ..custody.connection import Connection, Pin
from ..custody.connections import Binding, Connections
from ..custody.heartbeat import Heartbeat
from ..custody.journal import note
from ..custody.leases import Leases
from ..custody.leaving_changes import erase
from ..custody.once import OneShots
from ..custody.outcomes import Change
from ..custody.pace import Pace
from ..custody.rows import Custody
from ..custody.spill import Spill
from ..custody.sweeping import Sweeper
from ..custody.values import Asks, Granted
from ..errors import CustodyError, StoreConflict, StoreUnavailable
from ..http.budget import budget_of
from ..http.pools import Pools
from ..http.signing import ApiKey
from ..keys.guard import KeyGuard
from ..keys.health import KeyUse
from ..keys.leaving import Leaving
from ..keys.permissions import Wanted
from ..keys.retrieval import Retrieval
from ..keys.secrets import Again, read_secret
from ..keys.status import LOGGING_IN, UserStatus, status_of
from ..keys.stored import StoredKeys
from ..keys.upkeep import Upkeep
from ..oauth.code_exchange import CodeExchange
from ..oauth.logins import Logins
from ..oauth.pairs import TokenPairs
from ..oauth.protocol import read_pair
from ..runtime.events import EventName, Events
from ..runtime.forks import watch_forks
from ..runtime.waiting import Waiting
from ..runtime.workers import Flights, Workers
from ..settings.arguments import Settings
from .reading import Reader
from .tokens import Tokens
from .transport import Transport

_LONGEST_ONCE = 30.0
"""Seconds that one one-shot request may take: four leases and a deadline fit into the five minutes
by which a refresh token outlives its access token."""
_LEASE_OVER_TIMEOUTS = 5.0
"""Seconds that a lease outlasts two requests: no takeover while a request runs."""
_REFRESH_THREADS = 16
_ONCE_THREADS = 32
_STORE_THREADS = 16


class Engine:
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
        self.redirect_uri = settings.credentials.redirect_uri
        # Closes the store, where the partner opened it itself.
        self.close_store: Callable[[], object] | None = None
        self.clock = settings.clock
        self.custody = Custody(
            settings.store,
            settings.sealer,
            settings.server,
            settings.credentials.client_id,
            settings.clock,
            settings.journal_retention,
            Events(
                settings.hooks,
                region=settings.server.region.value,
                client_id=settings.credentials.client_id,
                secret=settings.credentials.client_secret,
                identify=settings.identify,
                now=settings.clock.time,
            ),
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
        self.waiting = Waiting(clock, self._store_workers)
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
        self.sweeper = Sweeper(self.custody, ("login", "logins", "journal", "lost"))
        self.logins = Logins(
            credentials=settings.credentials,
            custody=self.custody,
            exchange=CodeExchange(
                credentials=settings.credentials,
                connections=self.connections,
                once=self.once,
                clock=clock,
            ),
            clock=clock,
            lifetime=settings.login_lifetime,
            patience=timeout,
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
        self.heartbeat = Heartbeat(self.custody, clock)
        self.upkeep = Upkeep(self.connections, self.once, self.stored_keys, self.use, leases, clock)
        self.leaving = Leaving(self.connections, leases, self.once)
        self._secrets = Flights(self.once_workers)
        transport = Transport(self._pools, settings.timeout)
        self.tokens = Tokens(self.pairs, transport, self.waiting, clock)
        self.reader = Reader(
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
        self, binding: Binding, pin: Pin, external_id: str, seq: int, granted: Granted | None
    ) -> Future[ApiKey | Again]:
        """Start, or join, the only attempt of this process to retrieve a secret."""
        user_id = binding.user_id
        return self._secrets.join(
            ("secret", user_id, external_id, pin),
            lambda: self._retrieval.attempt(user_id, pin, external_id, seq, granted),
        )

    def erase(self, user_id: str) -> None:
        """Delete every row of a user, and the user's files in the spill directory."""
        ended = list[str]()

        def change(row: Connection | None) -> Change:
            # The connection of a row that only lists keys ended earlier.
            ended[:] = [] if row is None or row.left else [row.incarnation]
            return erase(row)

        try:
            self.connections.commit(user_id, change)
        except (StoreUnavailable, StoreConflict):
            raise
        except CustodyError as error:  # what cannot be read is deleted as well
            self.custody.log_trouble("an unreadable connection row was erased", error)
            self.custody.remove("connection", user_id)
            self.connections.drop(user_id)
        self.erase_rest(user_id)
        for incarnation in ended:
            note(
                self.custody,
                EventName.CONNECTION_REMOVED,
                incarnation,
                user_id=user_id,
                outcome="erased",
            )

    def erase_rest(self, user_id: str) -> None:
        """Delete the user's rows other than the connection row."""
        self.use.forget(user_id)
        self.logins.erase(user_id)
        self.once.unsaved.forget(user_id)
        self.pairs.forget(user_id)
        self.custody.scrub()

    def status(self, user_id: str, wanted: Wanted) -> UserStatus:
        """Return the state of a user's connection, as the store has it."""
        row, now = self.connections.read(user_id).row, self.clock.time()
        status = status_of(row, now, wanted, has_keys=self.stored_keys.exist_here)
        if status.gives_way and self.logins.open(user_id):
            status = LOGGING_IN
        return status.seen_by_worker(self.heartbeat.seen_at())

    def store_spilled(self, budget: int = 100) -> int:
        """Store up to ``budget`` responses of any user in this machine's spill directory.

        Returns:
            How many were stored. The others stay where they are, and are logged.

        Raises:
            StoreUnavailable: the directory cannot be read.
        """
        stored = 0
        for response in self.once.unsaved.everyone(budget):
            try:
                self.once.store_late(response, spilled=True)
            except CustodyError as error:
                self.custody.log_trouble("a spilled response was not stored", error)
            else:
                stored += 1
        return stored

    def close(self) -> None:
        """Let running one-shot requests finish, then close the pools."""
        closer = Workers(1, "whitebit-close")
        Waiting(self.clock, closer).work(self._end_threads)
        closer.close()
        self._pools.close()

    def _end_threads(self) -> None:
        for workers in (self.once_workers, self._refresh_workers, self._store_workers):
            workers.close()
        if self.close_store is not None:
            self.close_store()
