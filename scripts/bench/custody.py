"""What custody adds to a call: nothing of the store where all is cached, one read at first use."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from whitebit_ext import MemoryStore, WhiteBIT
from whitebit_ext.custody.stores.sql import SQLStore
from whitebit_ext.steps import Steps

from .figures import Figure, spread_of
from .partners import PUBLIC_KEY, SECRET, USER, MovedClock, partner, raw_bearer, settings, times
from .rounds import Spread, in_turns

USERS = 10_000
_PROBES = 50


class CountingStore(MemoryStore):
    """A store in memory that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(volatile=True)
        self.asked: Counter[str] = Counter()

    def get(self, kind: str, id: str) -> Any:
        """Count, and read."""
        self.asked[kind] += 1
        return super().get(kind, id)

    def put(self, kind: str, id: str, data: bytes, expect: int | None) -> bool:
        """Count, and write."""
        self.asked[kind] += 1
        return super().put(kind, id, data, expect)


def cached(url: str, rounds: int, calls: int) -> list[Figure]:
    """Measure what finding a cached credential takes, as a share of a raw call."""
    store = CountingStore()
    # The clock of the others hurries, and with it what is cached would age.
    with (
        partner(url, store, clock=MovedClock()) as ours,
        httpx.Client(base_url=url) as client,
    ):
        user, engine = ours.user(USER), ours._engine
        user.bearer.account.balances.spot()
        user.signed.account.balances.spot()
        store.asked.clear()
        for _ in range(calls):
            user.bearer.account.balances.spot()
            user.signed.account.balances.spot()
        round_trips = store.asked.total()

        measured = in_turns(
            {
                "httpx": times(calls, lambda: raw_bearer(client)),
                "pair": times(calls, lambda: _drained(engine.tokens.pair(USER))),
                "key": times(calls, lambda: _drained(engine._reader._key(USER))),
            },
            "httpx",
            rounds,
        )
    name = "custody's part of a call whose {} is cached"
    figures = [
        Figure(
            name.format(what),
            *(2.0, measured.ratios[kind].median * 100, "%", spread_of(measured.ratios[kind], 100)),
        )
        for what, kind in (("token is fresh and", "pair"), ("key", "key"))
    ]
    return [
        *figures,
        Figure(f"store accesses of {2 * calls} such calls", 0, round_trips, ""),
    ]


def _drained(steps: Steps[Any]) -> Any:
    """Run steps that end without anything to wait for."""
    assert isinstance(steps, Generator)  # noqa: S101  # for the type checker
    try:
        next(steps)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the credential was not cached")


def first_use(url: str, database: str, users: int, name: str) -> list[Figure]:
    """Store so many users, then count and time what the first use of one reads.

    Args:
        url: The canned server.
        database: Where the store is.
        users: How many.
        name: Of the database, for the table.
    """
    store = SQLStore(database)
    made = settings(url, store)
    _fill(store, made, users)
    statements: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "whitebit_oauth_rows" in statement:
            statements.append((statement, parameters))

    seconds: list[float] = []
    probed: tuple[str, Any] = ("", ())
    before, after = 0, 0
    with WhiteBIT(**made) as ours:
        ours.user(_user(0)).signed.account.balances.spot()  # connections and imports
        sa.event.listen(store._engine, "before_cursor_execute", note)
        for probe in range(1, _PROBES + 1):
            user_id, engine = _user(probe * users // (_PROBES + 1)), ours._engine
            statements.clear()
            begun = time.perf_counter()
            engine.run(engine._reader._key(user_id))
            seconds.append(time.perf_counter() - begun)
            before += len(statements)
            probed = statements[0]
            statements.clear()
            ours.user(user_id).signed.account.balances.spot()
            after += len(statements)
        plan = _plan(store, *probed)
    store.close()
    spread = Spread.of(seconds)
    indexed = "SEARCH" in plan or "Index" in plan
    return [
        Figure(
            f"statements before the first signed request of one of {users} users, {name}",
            *(1, before / _PROBES, "", plan),
            reason="" if indexed else "no index",
        ),
        Figure(
            f"statements after its answer, {name}",
            *(None, after / _PROBES, ""),
            reason="the record of use: at the very first; then 2 in six hours and process",
        ),
        Figure(
            f"time of that read, opened and unsealed, {name}",
            *(None, spread.median * 1e6, "µs", spread_of(spread, 1e6, 0)),
        ),
    ]


def _fill(store: SQLStore, made: dict[str, Any], users: int) -> None:
    """Put the sealed keys of so many users into a database, in one transaction."""
    memory = MemoryStore(volatile=True)
    with WhiteBIT(**{**made, "store": memory}) as ours:
        for number in range(users):
            ours.adopt(_user(number), public_key=PUBLIC_KEY, secret=SECRET)
    store.get("key", "none")  # makes the tables
    rows = [
        {"kind": "key", "id": id, "data": row.data, "version": number}
        for number, id in enumerate(memory.scan("key"))
        if (row := memory.get("key", id)) is not None
    ]
    engine = store._engine.execution_options(isolation_level="SERIALIZABLE")
    with engine.begin() as connection:
        connection.execute(store._tables.rows.insert(), rows)
    with store._engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")


def _user(number: int) -> str:
    return f"user-{number:05d}"


def _plan(store: SQLStore, statement: str, parameters: Any) -> str:
    """Return how the database finds the row."""
    sqlite = store._engine.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    with store._engine.connect() as connection:
        rows = connection.exec_driver_sql(explain + statement, parameters).all()
    text = str(rows[0][-1])
    return text.partition("  (")[0].replace("whitebit_oauth_rows", "rows").replace("|", "/")


def databases(url: str, users: int) -> list[Figure]:
    """Measure first uses on SQLite, and on PostgreSQL where its server is installed."""
    with tempfile.TemporaryDirectory() as folder:
        sqlite = first_use(url, f"sqlite:///{Path(folder) / 'custody.db'}", users, "SQLite")
    try:
        from tests.stores.conftest import free_port
        from tests.stores.postgres_server import PostgresServer
    except ModuleNotFoundError as missing:
        name = f"reads at the first signed use of one of {users} users, PostgreSQL"
        return [*sqlite, Figure(name, 1, None, reason=f"{missing.name} is not installed")]
    with PostgresServer(free_port()) as server:
        database = server.url(server.database())
        return [*sqlite, *first_use(url, database, users, "PostgreSQL")]
