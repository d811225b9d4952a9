"""What a SQL store does with PostgreSQL's connections, transactions and failures."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import psycopg
import pytest
import sqlalchemy as sa

from whitebit_ext.custody.stores import CommitUnknown, SQLStore
from whitebit_ext.custody.stores.conformance.opening import must_get
from whitebit_ext.custody.stores.conformance.processes import Child, needs_fork

from ..looking import connected_to, writing
from .cutting_proxy import CuttingProxy
from .postgres_server import PostgresServer


@pytest.fixture
def store(postgres: PostgresServer, database: str) -> Iterator[SQLStore]:
    """Return a store in an empty database."""
    with SQLStore(postgres.url(database)) as store:
        yield store


@pytest.fixture
def outside(postgres: PostgresServer, database: str) -> Iterator[psycopg.Connection]:
    """Return a connection of somebody else's to the same database."""
    with psycopg.connect(postgres.conninfo(database), autocommit=True) as connection:
        yield connection


TERMINATE = (
    "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
SPY = """
CREATE TABLE seen (commit text, statement text, idle text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO seen VALUES (current_setting('synchronous_commit'),
        current_setting('statement_timeout'),
        current_setting('idle_in_transaction_session_timeout'));
    RETURN NULL;
END $$;
CREATE TRIGGER spy AFTER INSERT OR UPDATE OR DELETE ON whitebit_oauth_rows
    FOR EACH STATEMENT EXECUTE FUNCTION note();
"""

WARNING = """
CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE WARNING 'mind the gap';
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER warning AFTER UPDATE ON whitebit_oauth_rows
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION warn();
"""


def test_every_write_is_durable_and_bounded(store: SQLStore, outside: psycopg.Connection) -> None:
    """Each write commits to the disk and has limits of time, although the server says otherwise."""
    assert store.get("kind", "id") is None
    assert outside.execute("SHOW synchronous_commit").fetchone() == ("off",)
    outside.execute(SPY)
    store.put("kind", "id", b"first", None)
    store.put("kind", "id", b"second", must_get(store, "kind", "id").version)
    store.delete("kind", "id", must_get(store, "kind", "id").version)
    assert outside.execute("SELECT * FROM seen").fetchall() == [("on", "10s", "10s")] * 3


def test_nothing_stays_with_the_session(postgres: PostgresServer, database: str) -> None:
    """A pooler's next client meets the server's own settings, and no prepared statement."""
    url = postgres.url(database)
    engine = sa.create_engine(url, pool_size=1, connect_args={"prepare_threshold": None})
    store = SQLStore(engine)
    with engine.connect() as connection:
        own = [_setting(connection, name) for name in _SETTINGS]
    for number in range(12):
        store.put("kind", f"id-{number}", b"data", None)
        store.get("kind", f"id-{number}")
    with engine.connect() as connection:
        assert [_setting(connection, name) for name in _SETTINGS] == own
        prepared = connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements")
        assert prepared.scalar_one() == 0
    engine.dispose()


_SETTINGS = ("synchronous_commit", "statement_timeout", "idle_in_transaction_session_timeout")


def _setting(connection: sa.Connection, name: str) -> object:
    return connection.exec_driver_sql(f"SHOW {name}").scalar_one()


def test_our_own_engine_prepares_nothing(store: SQLStore, outside: psycopg.Connection) -> None:
    """Of a URL, an engine is made that a transaction pooler can serve."""
    for _ in range(12):
        store.get("kind", "id")
    with connected_to(store) as connection:
        prepared = connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements")
        assert prepared.scalar_one() == 0
    name = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'whitebit-oauth'"
    assert outside.execute(name).fetchone() == (1,)


def test_lost_connections_cost_no_error(store: SQLStore, outside: psycopg.Connection) -> None:
    """After the server cut every connection, the next read, write and scan work as ever."""
    assert store.put("kind", "id", b"first", None)
    version = must_get(store, "kind", "id").version
    outside.execute(TERMINATE)
    assert must_get(store, "kind", "id").data == b"first"
    outside.execute(TERMINATE)
    assert store.put("kind", "id", b"second", version)
    outside.execute(TERMINATE)
    assert list(store.scan("kind")) == ["id"]
    outside.execute(TERMINATE)
    assert store.delete("kind", "id", must_get(store, "kind", "id").version) is True


def test_restarted_server_costs_no_error(database: str, postgres: PostgresServer) -> None:
    """While the server is down the database's error is raised; after it, nothing is left of it."""
    with SQLStore(postgres.url(database)) as store:
        assert store.put("kind", "id", b"data", None)
        row = store.get("kind", "id")
        postgres.stop()
        try:
            for _ in range(2):
                with pytest.raises(sa.exc.OperationalError):
                    store.get("kind", "id")
            with pytest.raises(sa.exc.OperationalError):
                store.put("kind", "other", b"data", None)
        finally:
            postgres.start()
        assert store.get("kind", "id") == row
        assert store.get("kind", "other") is None


def test_commit_without_answer_is_unknown(postgres: PostgresServer, database: str) -> None:
    """A commit that was carried out and not answered is unknown, and settled by another one."""
    with (
        CuttingProxy(postgres.port, "after") as proxy,
        SQLStore(postgres.url(database, port=proxy.port)) as store,
    ):
        store.put("kind", "other", b"data", None)
        proxy.is_armed = True
        with pytest.raises(CommitUnknown, match="not confirmed"):
            store.put("kind", "id", b"data", None)
        row = None
        for _ in range(10_000):  # the server may still be at it
            row = row or store.get("kind", "id")
        assert row is not None
        assert row.data == b"data"
        assert store.put("kind", "id", row.data, row.version)


def test_commit_that_never_arrived_is_unknown(postgres: PostgresServer, database: str) -> None:
    """A commit that did not reach the server is unknown as well, and leaves nothing behind."""
    with (
        CuttingProxy(postgres.port, "before") as proxy,
        SQLStore(postgres.url(database, port=proxy.port)) as store,
    ):
        store.put("kind", "id", b"first", None)
        row = must_get(store, "kind", "id")
        proxy.is_armed = True
        with pytest.raises(CommitUnknown):
            store.put("kind", "id", b"second", row.version)
        assert store.get("kind", "id") == row
        assert store.put("kind", "id", b"third", row.version)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_delete_without_answer_is_unknown(
    postgres: PostgresServer, database: str, cut: str
) -> None:
    """A delete whose commit was not answered never says who did it."""
    with (
        CuttingProxy(postgres.port, "before" if cut == "before" else "after") as proxy,
        SQLStore(postgres.url(database, port=proxy.port)) as store,
    ):
        store.put("kind", "id", b"data", None)
        version = must_get(store, "kind", "id").version
        proxy.is_armed = True
        with pytest.raises(CommitUnknown):
            store.delete("kind", "id", version)


def test_locked_row_does_not_hang(
    postgres: PostgresServer, database: str, outside: psycopg.Connection
) -> None:
    """Who holds a row locked costs a write an error and a read nothing, for as long as he does."""
    with SQLStore(postgres.url(database), timeout=0.1) as store:
        store.put("kind", "id", b"first", None)
        row = must_get(store, "kind", "id")
        with outside.transaction():
            outside.execute("SELECT 1 FROM whitebit_oauth_rows FOR UPDATE")
            with pytest.raises(sa.exc.OperationalError) as failed:
                store.put("kind", "id", b"second", row.version)
            assert isinstance(failed.value.orig, psycopg.errors.QueryCanceled)
            assert store.get("kind", "id") == row
        assert store.put("kind", "id", b"third", row.version)


def test_locked_table_does_not_hang(
    postgres: PostgresServer, database: str, outside: psycopg.Connection
) -> None:
    """A read that waits for somebody's lock ends, also on the server, and the next one works."""
    with SQLStore(postgres.url(database), timeout=0.1) as store:
        store.put("kind", "id", b"data", None)
        with outside.transaction():
            outside.execute("LOCK TABLE whitebit_oauth_rows IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(sa.exc.OperationalError) as failed:
                store.get("kind", "id")
            assert isinstance(failed.value.orig, psycopg.errors.QueryCanceled)
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            assert outside.execute(waiting).fetchone() == (0,)
        assert must_get(store, "kind", "id").data == b"data"


def test_frozen_server_does_not_hang(
    postgres: PostgresServer, database: str, outside: psycopg.Connection
) -> None:
    """A server process that answers nothing at all costs a read and a write their time, no more."""
    with SQLStore(postgres.url(database), timeout=0.1, pool_size=1) as store:
        store.put("kind", "id", b"data", None)
        others = "SELECT pid FROM pg_stat_activity WHERE application_name = 'whitebit-oauth'"
        uses: list[Callable[[str, str], object]] = [
            store.get,
            lambda kind, id: store.put(kind, id, b"data", None),
        ]
        for use in uses:
            store.get("kind", "id")
            frozen = [pid for (pid,) in outside.execute(others).fetchall()]
            for pid in frozen:
                os.kill(pid, signal.SIGSTOP)
            try:
                with pytest.raises(sa.exc.OperationalError, match="no answer"):
                    use("kind", "id")
            finally:
                for pid in frozen:
                    os.kill(pid, signal.SIGCONT)
        assert must_get(store, "kind", "id").data == b"data"


def test_read_is_one_round_trip(store: SQLStore, outside: psycopg.Connection) -> None:
    """A read is one statement and nothing around it, whether a row is there or not."""
    store.put("kind", "id", b"data", None)
    (backend,) = outside.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'whitebit-oauth'"
    ).fetchall()[0]
    last = "SELECT query, state FROM pg_stat_activity WHERE pid = %s"
    for id in ("id", "nobody"):
        store.get("kind", id)
        query, state = outside.execute(last, [backend]).fetchall()[0]
        assert query.startswith("SELECT answer.*, pg_is_in_recovery()")
        assert state == "idle"


def test_warning_of_a_commit_is_not_silenced(store: SQLStore, outside: psycopg.Connection) -> None:
    """A warning during COMMIT makes its outcome unknown, also where warnings are switched off."""
    store.put("kind", "id", b"first", None)
    outside.execute("ALTER ROLE postgres SET client_min_messages = 'error'")
    outside.execute(WARNING)
    try:
        outside.execute(TERMINATE)
        row = must_get(store, "kind", "id")
        with pytest.raises(CommitUnknown, match="mind the gap"):
            store.put("kind", "id", b"second", row.version)
    finally:
        outside.execute("ALTER ROLE postgres RESET client_min_messages")


def test_engine_of_the_partner_prepares_nothing(postgres: PostgresServer, database: str) -> None:
    """An engine that says nothing of prepared statements can be used behind a pooler as well."""
    engine = sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(postgres.conninfo(database)),
        pool_size=1,
        max_overflow=0,
    )
    store = SQLStore(engine)
    for number in range(12):
        store.put("kind", f"id-{number}", b"data", None)
        store.get("kind", f"id-{number}")
    with engine.connect() as connection:
        prepared = connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements")
        assert prepared.scalar_one() == 0
    engine.dispose()


def test_lost_race_is_no_error(store: SQLStore, outside: psycopg.Connection) -> None:
    """Servers whose default is serializable answer a lost race by `False` as well."""
    outside.execute("ALTER ROLE postgres SET default_transaction_isolation = 'serializable'")
    try:
        outside.execute(TERMINATE)
        store.put("kind", "id", b"first", None)
        version = must_get(store, "kind", "id").version
        assert store.put("kind", "id", b"second", version)
        assert not store.put("kind", "id", b"third", version)
        with writing(store) as connection:
            level = connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()
        assert level == "read committed"
    finally:
        outside.execute("ALTER ROLE postgres RESET default_transaction_isolation")


@needs_fork
def test_no_socket_is_shared_over_a_fork(store: SQLStore) -> None:
    """A child asks on a connection of its own, and the parent's outlives it."""

    def backend() -> int:
        with connected_to(store) as connection:
            return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())

    store.put("kind", "id", b"data", None)
    mine = backend()
    child = Child(lambda: (os.getpid(), must_get(store, "kind", "id").data, backend()))
    pid, data, theirs = child.result()
    assert (pid != os.getpid(), data, theirs != mine) == (True, b"data", True)
    assert backend() == mine
