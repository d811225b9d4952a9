"""Store accesses of a call: none if everything is cached, one read on first use."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from tests.looking import custody_of, key_of, read_by
from whitebit_ext import MemoryStore, WhiteBIT
from whitebit_ext.custody.stores import SQLStore

from .calls import DELAY
from .figures import Figure, spread_of
from .partners import PUBLIC_KEY, SECRET, USER, MovedClock, partner, settings
from .rounds import Spread
from .server import BEARER_PATH, CannedServer

USERS = 10_000
_PROBES = 50


class CountingStore(MemoryStore):
    """A store in memory that counts its calls."""

    def __init__(self) -> None:
        super().__init__(volatile=True)
        self.asked: Counter[str] = Counter()

    def get(self, kind: str, id: str) -> Any:
        """Count the call, and read."""
        self.asked[kind] += 1
        return super().get(kind, id)

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> int | None:
        """Count, and write."""
        self.asked[kind] += 1
        return super().put(kind, id, data, expect, expires_at=expires_at)


class CountingSQLStore(SQLStore):
    """A store in a database that counts its calls; a read is one statement, a write two."""

    calls = 0

    def get(self, kind: str, id: str) -> Any:
        """Count the call, and read."""
        self.calls += 1
        return super().get(kind, id)

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> int | None:
        """Count, and write."""
        self.calls += 1
        return super().put(kind, id, data, expect, expires_at=expires_at)


def cached(url: str, calls: int) -> list[Figure]:
    """Count the store accesses of calls while their credential is cached."""
    store = CountingStore()
    # Not the accelerated clock of the other benchmarks: cached values would expire.
    with partner(url, store, clock=MovedClock()) as ours:
        user = ours.user(USER)
        user.bearer.account.balances.spot()
        user.signed.account.balances.spot()
        store.asked.clear()
        for _ in range(calls):
            user.bearer.account.balances.spot()
            user.signed.account.balances.spot()
        round_trips = store.asked.total()
    return [
        Figure(
            f"store accesses of {2 * calls} calls within `cache_for`",
            0,
            round_trips,
            "",
        )
    ]


class Leaving(httpx.HTTPTransport):
    """A transport that calls a function before each request is sent."""

    def __init__(self, leaves: Callable[[], None]) -> None:
        super().__init__()
        self._leaves = leaves

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request."""
        self._leaves()
        return super().handle_request(request)


def first_use(url: str, database: str, users: int, name: str) -> list[Figure]:
    """Store users, then count and time the store calls of the first use of one of them.

    Args:
        url: The URL of the canned server.
        database: The URL of the database.
        users: Number of users.
        name: The database's name, for the table.
    """
    store = CountingSQLStore(database)
    made = settings(url, store)
    _fill(store, database, made, users)
    seconds: list[float] = []
    before, after, left = 0, 0, 0

    def leaves() -> None:
        nonlocal left
        left = store.calls

    custody = custody_of(store, made["encryption_keys"], made["client_id"], url)
    with WhiteBIT(**made, transport=lambda: Leaving(leaves)) as ours:
        ours.user(_user(0)).signed.account.balances.spot()  # connections and imports
        for probe in range(1, _PROBES + 1):
            user_id = _user(probe * users // (_PROBES + 1))
            begun = time.perf_counter()
            key_of(custody, user_id)
            seconds.append(time.perf_counter() - begun)
            store.calls = 0
            ours.user(user_id).signed.account.balances.spot()
            before += left
            after += store.calls - left
        plan = _plan(database, read_by(store))
    store.close()
    spread = Spread.of(seconds)
    indexed = "SEARCH" in plan or "Index" in plan
    return [
        Figure(
            f"store calls before the first signed request of one of {users} users, {name}",
            *(1, before / _PROBES, "", plan),
            reason="" if indexed else "no index",
        ),
        Figure(
            f"store calls after its response, {name}",
            *(None, after / _PROBES, ""),
            reason="the record of use: at the very first; then 2 in six hours and process",
        ),
        Figure(
            f"time of that read, opened and unsealed, {name}",
            *(None, spread.median * 1e6, "µs", spread_of(spread, 1e6, 0)),
        ),
        Figure(
            f"that read, as a share of a sync request to a server that takes 20 ms, {name}",
            *(3.0, 100 * spread.median / _distant_call(), "%"),
        ),
    ]


def _distant_call() -> float:
    """Return the median seconds of a raw httpx request to a server that takes 20 ms."""
    seconds: list[float] = []
    with CannedServer(DELAY) as server, httpx.Client(base_url=server.url) as client:
        for _ in range(_PROBES):
            begun = time.perf_counter()
            client.post(BEARER_PATH, json={}).raise_for_status()
            seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def _fill(store: SQLStore, database: str, made: dict[str, Any], users: int) -> None:
    """Insert the sealed keys of the users into a database, in one transaction."""
    memory = MemoryStore(volatile=True)
    with WhiteBIT(**{**made, "store": memory}) as ours:
        for number in range(users):
            ours.adopt(_user(number), public_key=PUBLIC_KEY, secret=SECRET)
    store.get("key", "none")  # creates the tables
    rows = [
        {
            "kind": "connection",
            "id": id,
            "data": row.data,
            "version": number,
            "written_at": time.time(),
        }
        for number, id in enumerate(memory.scan("connection"))
        if (row := memory.get("connection", id)) is not None
    ]
    with _engine(database) as engine:
        with engine.begin() as connection:
            connection.execute(
                sa.text(
                    "INSERT INTO whitebit_oauth_rows (kind, id, data, version, written_at)"
                    " VALUES (:kind, :id, :data, :version, :written_at)"
                ),
                rows,
            )
        with engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")


@contextmanager
def _engine(database: str) -> Iterator[sa.Engine]:
    """Yield an engine separate from the store's."""
    engine = sa.create_engine(database)
    yield engine
    engine.dispose()


def _user(number: int) -> str:
    return f"user-{number:05d}"


def _plan(database: str, statement: str) -> str:
    """Return the query plan of a statement."""
    explain = "EXPLAIN QUERY PLAN " if database.startswith("sqlite") else "EXPLAIN "
    with _engine(database) as engine, engine.connect() as connection:
        rows = connection.exec_driver_sql(explain + statement).all()
    text = str(rows[0][-1])
    return text.partition("  (")[0].replace("whitebit_oauth_rows", "rows").replace("|", "/")


def databases(url: str, users: int) -> list[Figure]:
    """Measure first uses on SQLite, and on PostgreSQL if its server is installed."""
    with tempfile.TemporaryDirectory() as folder:
        sqlite = first_use(url, f"sqlite:///{Path(folder) / 'custody.db'}", users, "SQLite")
    try:
        from tests.ports import free_port
        from tests.stores.postgres_server import PostgresServer
    except ModuleNotFoundError as missing:
        name = f"reads at the first signed use of one of {users} users, PostgreSQL"
        return [*sqlite, Figure(name, 1, None, reason=f"{missing.name} is not installed")]
    with PostgresServer(free_port()) as server:
        database = server.url(server.database())
        return [*sqlite, *first_use(url, database, users, "PostgreSQL")]
