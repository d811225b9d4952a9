"""The parts of one partner, wired together for one process."""

from __future__ import annotations

from concurrent.futures import Future

from .._sync.tokens import Tokens as SyncTokens
from .._sync.transport import Transport as SyncTransport
from ..custody.leases import Leases, Pace
from ..custody.rows import Custody
from ..custody.spill import Spill
from ..http.budget import budget_of
from ..http.pools import Pools
from ..keys.health import KeyUse
from ..keys.retrieval import Again, Retrieval
from ..keys.stored import StoredKeys
from ..oauth.logins import Logins
from ..oauth.pairs import TokenPairs
from ..runtime.forks import watch_forks
from ..runtime.waiting import AsyncWaiting, Waiting
from ..runtime.workers import Flights, Workers
from ..settings import Settings
from ..signing import ApiKey
from .reading import AsyncReader
from .tokens import AsyncTokens
from .transport import AsyncTransport

_LEASE_OVER_TIMEOUT = 15.0
"""Seconds that a lease outlasts a request: nobody is taken over while a request runs."""
_REFRESH_THREADS = 16
_ONCE_THREADS = 32
_STORE_THREADS = 16


class AsyncEngine:
    """The parts of one partner.

    What happens once (a code exchange, a refresh, a secret) is plain synchronous text: it is
    given the sync transport and tokens, and runs in threads of its own for both faces.

    Everything that belongs to a process (pools, threads, locks, cached pairs and keys) is made
    in ``_build`` and made anew in a forked child; what the parent had is left untouched, so that
    no socket of the parent is closed or used by the child.

    Args:
        settings: What the partner object was made with.
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
        leases = Leases(self.custody, clock, settings.timeout + _LEASE_OVER_TIMEOUT)
        sender = SyncTransport(self._pools, settings.timeout)
        self.pairs = TokenPairs(
            credentials=settings.credentials,
            custody=self.custody,
            sender=sender,
            clock=clock,
            leases=leases,
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
            custody=self.custody,
            sender=sender,
            pairs=self.pairs,
            clock=clock,
        )
        self.use = KeyUse(self.custody)
        in_thread = Waiting(clock, self._store_workers)
        self.stored_keys = StoredKeys(self.custody, self.use, self._spill)
        self._retrieval = Retrieval(
            custody=self.custody,
            tokens=SyncTokens(self.pairs, sender, in_thread, clock),
            leases=leases,
            clock=clock,
            spill=self._spill,
        )
        self._secrets = Flights(self.once_workers)
        transport = AsyncTransport(self._pools, settings.timeout)
        self.tokens = AsyncTokens(self.pairs, transport, self.waiting, clock)
        self.reader = AsyncReader(
            custody=self.custody,
            transport=transport,
            tokens=self.tokens,
            use=self.use,
            budget=budget_of(settings.server.origin, settings.egress, clock),
            waiting=self.waiting,
            clock=clock,
        )

    def after_fork(self) -> None:
        """Make the child's own parts; the parent's are kept alive, so that nothing closes them."""
        self._left_to_parent += [self._pools, self.pairs, self.reader]
        self._build()

    def secret_flight(self, user_id: str, external_id: str, login: str) -> Future[ApiKey | Again]:
        """Start, or join, the one attempt of this process at a secret."""
        return self._secrets.join(
            ("secret", user_id, external_id, login),
            lambda: self._retrieval.attempt(user_id, external_id, login),
        )

    async def aclose(self) -> None:
        """Let what happens once end, then close the pools."""
        closer = Workers(1, "whitebit-close")
        await AsyncWaiting(self.clock, closer).work(self._end_threads)
        closer.close()
        await self._pools.aclose()

    def _end_threads(self) -> None:
        for workers in (self.once_workers, self._refresh_workers, self._store_workers):
            workers.close()
