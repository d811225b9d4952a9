"""What a SQL store does when PostgreSQL's standbys hang, answer, or are promoted."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
import sqlalchemy as sa

from whitebit_ext.custody.stores import CommitUnknown, SQLStore
from whitebit_ext.custody.stores.conformance.opening import must_get
from whitebit_ext.errors import StoreUnavailable

from ..ports import free_port
from .postgres_server import PostgresServer

PATIENCE = 30.0


# One pair for all tests, since making it takes a while; the test that promotes comes last.


@pytest.fixture(scope="module")
def primary() -> Iterator[PostgresServer]:
    """Run a primary of these tests' own."""
    with PostgresServer(free_port()) as server:
        yield server


@pytest.fixture(scope="module")
def standby(primary: PostgresServer) -> Iterator[PostgresServer]:
    """Run a synchronous standby of the primary."""
    with PostgresServer(free_port(), primary) as server:
        tell(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        tell(primary, "SELECT pg_reload_conf()")
        until(lambda: tell(primary, "SELECT sync_state FROM pg_stat_replication") == "sync")
        yield server


@pytest.fixture
def database(primary: PostgresServer, standby: PostgresServer) -> str:
    """Return the name of a new, empty database of the primary, while there is a standby."""
    return primary.database()


def tell(server: PostgresServer, statement: str) -> object:
    """Run a statement of the administrator's; return the first value of its answer."""
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    last = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < last
        time.sleep(0.02)


@contextmanager
def frozen(standby: PostgresServer) -> Iterator[None]:
    """Stop the process that receives what the primary commits."""
    receiver = tell(standby, "SELECT pid FROM pg_stat_wal_receiver")
    assert isinstance(receiver, int)
    os.kill(receiver, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(receiver, signal.SIGCONT)


def both(database: str, *servers: PostgresServer) -> str:
    """Return the URL that names several servers and wants the one that takes writes."""
    hosts = "&".join(f"host=127.0.0.1:{server.port}" for server in servers)
    wanted = "target_session_attrs=read-write&connect_timeout=2"
    return f"postgresql+psycopg://postgres@/{database}?{hosts}&{wanted}"


def test_commit_without_its_standby_is_unknown(
    primary: PostgresServer, standby: PostgresServer, database: str
) -> None:
    """A synchronous standby that hangs costs a write its time and no more, and is no success."""
    with SQLStore(primary.url(database), timeout=1) as store:
        assert store.put("kind", "id", b"first", None)
        first = must_get(store, "kind", "id")
        with frozen(standby):
            began = time.monotonic()
            with pytest.raises(CommitUnknown, match="synchronous replication"):
                store.put("kind", "id", b"second", first.version)
            assert 0.9 < time.monotonic() - began < 20
            # It is there, and still only here: writing it again proves that.
            row = must_get(store, "kind", "id")
            assert row.data == b"second"
            with pytest.raises(CommitUnknown):
                store.put("kind", "id", row.data, row.version)
            with pytest.raises(CommitUnknown):
                store.delete("kind", "id", must_get(store, "kind", "id").version)
            assert store.get("kind", "id") is None
        assert store.put("kind", "id", b"third", None)


def test_hanging_writers_do_not_keep_readers_out(
    primary: PostgresServer, standby: PostgresServer, database: str
) -> None:
    """As many writers as there are connections hang, and are gone when their time is over."""
    with SQLStore(primary.url(database), timeout=1) as store, ThreadPoolExecutor(4) as threads:
        store.put("kind", "id", b"data", None)
        with frozen(standby):
            writers = [
                threads.submit(store.put, "kind", f"new-{number}", b"data", None)
                for number in range(4)
            ]
            failures = [writer.exception(PATIENCE) for writer in writers]
            assert [type(failure) for failure in failures] == [CommitUnknown] * 4
            assert must_get(store, "kind", "id").data == b"data"
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            assert tell(primary, waiting) == 0


@pytest.mark.parametrize("how", ["pg_cancel_backend", "pg_terminate_backend"])
def test_wait_that_somebody_ends_is_unknown(
    primary: PostgresServer, standby: PostgresServer, database: str, how: str
) -> None:
    """A commit whose wait for the standby an administrator ends is no success either."""
    with SQLStore(primary.url(database)) as store, ThreadPoolExecutor(1) as thread:
        store.put("kind", "id", b"data", None)
        with frozen(standby):
            writer = thread.submit(store.put, "kind", "new", b"data", None)
            waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            until(lambda: tell(primary, f"SELECT count(*) {waiting}") == 1)
            tell(primary, f"SELECT {how}(pid) {waiting}")
            assert type(writer.exception(PATIENCE)) is CommitUnknown


def test_standby_is_refused(
    primary: PostgresServer, standby: PostgresServer, database: str
) -> None:
    """A standby's answer is not believed, whether it has the row or not, and nothing is written."""
    with SQLStore(primary.url(database)) as store:
        store.put("kind", "id", b"data", None)
    replayed = "SELECT replay_lsn >= pg_current_wal_lsn() FROM pg_stat_replication"
    until(lambda: tell(primary, replayed) is True)
    uses: list[Callable[[SQLStore], object]] = [
        lambda store: store.get("kind", "id"),
        lambda store: store.get("kind", "nobody"),
        lambda store: store.page("kind", None, 10),
        lambda store: list(store.scan("kind")),
        lambda store: store.put("kind", "id", b"data", None),
        lambda store: store.delete("kind", "id", 1),
    ]
    engine = sa.create_engine(standby.url(database))
    for given in (standby.url(database), engine):
        with SQLStore(given) as store:
            for use in uses:
                with pytest.raises(StoreUnavailable, match="standby") as refused:
                    use(store)
                assert "target_session_attrs=read-write" in refused.value.hint
    engine.dispose()


def test_promoted_standby_takes_over(
    primary: PostgresServer, standby: PostgresServer, database: str
) -> None:
    """With both servers in the URL, what was acknowledged is there after a failover."""
    with SQLStore(both(database, standby, primary), timeout=2) as store:
        assert store.put("kind", "id", b"first", None)
        row = store.get("kind", "id")
        primary.stop()
        try:
            with pytest.raises(sa.exc.OperationalError):
                store.get("kind", "id")
            assert tell(standby, "SELECT pg_promote()") is True
            assert store.get("kind", "id") == row
            assert row is not None
            assert store.put("kind", "id", b"second", row.version)
        finally:
            primary.start()  # so that it can be stopped as ever
