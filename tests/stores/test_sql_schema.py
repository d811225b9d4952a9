"""The tables are made once, migrated forward in one step, and never used when they are newer."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from whitebit_ext.custody.stores import SQLStore, schema
from whitebit_ext.custody.stores.conformance.processes import Child, needs_fork
from whitebit_ext.errors import StoreUnavailable


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'rows.db'}"
    server = request.getfixturevalue("postgres")
    made: str = server.url(request.getfixturevalue("database"))
    return made


def ask(url: str, *statements: str) -> list[object]:
    """Run statements on a connection of the test's own, and return the last one's first column."""
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement)
            return list(result.scalars()) if result.returns_rows else []
    finally:
        engine.dispose()


@needs_fork
def test_eight_processes_start_at_once(url: str) -> None:
    """8 processes meet an empty database, one makes the tables, and all go on."""

    def start(number: int) -> bool:
        with SQLStore(url) as store:
            return store.put("kind", f"id-{number}", b"data", None)

    children = [Child(lambda number=number: start(number)) for number in range(8)]  # type: ignore[misc]  # mypy cannot infer a default
    assert [child.result() for child in children] == [True] * 8
    assert ask(url, "SELECT version FROM whitebit_oauth_schema") == [schema.CURRENT]
    assert ask(url, "SELECT count(*) FROM whitebit_oauth_rows") == [8]


def test_prefixes_are_apart(url: str) -> None:
    """Two prefixes in one database are two stores."""
    with SQLStore(url, table_prefix="one_") as one, SQLStore(url, table_prefix="two_") as two:
        one.put("kind", "id", b"data", None)
        assert two.get("kind", "id") is None


def test_newer_schema_is_refused(url: str) -> None:
    """A database that a newer release has migrated is neither read nor written."""
    with SQLStore(url) as store:
        store.put("kind", "id", b"data", None)
    ask(url, "UPDATE whitebit_oauth_schema SET version = 99")
    with SQLStore(url) as store:
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="version 99") as refused:
                store.get("kind", "id")
            assert "update this installation" in refused.value.hint
        with pytest.raises(StoreUnavailable):
            store.put("kind", "other", b"data", None)
    assert ask(url, "SELECT version FROM whitebit_oauth_schema") == [99]


def _second(connection: sa.Connection, made: schema.Tables) -> None:
    connection.exec_driver_sql(f"ALTER TABLE {made.rows.name} ADD COLUMN noted INTEGER")


def _broken(connection: sa.Connection, made: schema.Tables) -> None:
    connection.exec_driver_sql(f"ALTER TABLE {made.rows.name} ADD COLUMN halfway INTEGER")
    connection.exec_driver_sql("ALTER TABLE no_such_table ADD COLUMN x INTEGER")


def test_older_schema_is_migrated(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next release migrates on first use, and the rows stay."""
    with SQLStore(url) as store:
        store.put("kind", "id", b"data", None)
        before = store.get("kind", "id")
    monkeypatch.setattr(schema, "_STEPS", (*schema._STEPS, _second))
    monkeypatch.setattr(schema, "CURRENT", 2)
    with SQLStore(url) as store:
        assert store.get("kind", "id") == before
    assert ask(url, "SELECT version FROM whitebit_oauth_schema") == [2]
    assert ask(url, "SELECT noted FROM whitebit_oauth_rows") == [None]


def test_failed_migration_leaves_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration that fails half-way raises, and leaves the older schema whole."""
    with SQLStore(url) as store:
        store.put("kind", "id", b"data", None)
        before = store.get("kind", "id")
    with monkeypatch.context() as patched:
        patched.setattr(schema, "_STEPS", (*schema._STEPS, _broken))
        patched.setattr(schema, "CURRENT", 2)
        with SQLStore(url) as store, pytest.raises(sa.exc.DBAPIError):
            store.get("kind", "id")
    assert ask(url, "SELECT version FROM whitebit_oauth_schema") == [1]
    with pytest.raises(sa.exc.DBAPIError):
        ask(url, "SELECT halfway FROM whitebit_oauth_rows")
    with SQLStore(url) as store:
        assert store.get("kind", "id") == before


def test_scan_goes_over_pages(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan that needs several queries lists each id once, also at the edge of a page."""
    monkeypatch.setattr("whitebit_ext.custody.stores.sql._PAGE", 5)
    with SQLStore(url) as store:
        for count in range(1, 17):
            store.put("kind", f"é{count:02}", b"", None)
            assert sorted(store.scan("kind")) == [f"é{n:02}" for n in range(1, count + 1)]


def test_first_read_is_one_look_up(url: str) -> None:
    """Reading a row searches the primary key, and no other row is looked at."""
    with SQLStore(url) as store:
        store.get("kind", "id")
    query = "SELECT data, version FROM whitebit_oauth_rows WHERE kind = 'a' AND id = 'b'"
    if url.startswith("sqlite"):
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
        engine.dispose()
        assert len(plan) == 1
        assert "USING INDEX" in plan[0]
        assert "(kind=? AND id=?)" in plan[0]
    else:
        lines = ask(url, "SET enable_seqscan = off", f"EXPLAIN {query}")
        assert "Index Scan using whitebit_oauth_rows_pkey" in str(lines[0])
