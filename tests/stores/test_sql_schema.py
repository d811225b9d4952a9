"""The tables are made once, migrated forward in one step, and never used when they are newer."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from whitebit_ext.custody.stores import SQLStore, schema
from whitebit_ext.custody.stores.conformance.processes import Child, needs_fork
from whitebit_ext.errors import InvalidArgument, StoreUnavailable

from ..looking import read_by


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'rows.db'}"
    server = request.getfixturevalue("postgres")
    made: str = server.url(request.getfixturevalue("database"))
    return made


def keep_private(url: str) -> None:
    """Make the file with the rights that a store wants, where it is a file."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        path.touch(mode=0o600)


def ask(url: str, *statements: str) -> list[object]:
    """Run statements on a connection of the test's own, and return the last one's first column."""
    keep_private(url)
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
            return bool(store.put("kind", f"id-{number}", b"data", None))

    children = [Child(lambda number=number: start(number)) for number in range(8)]  # type: ignore[misc]  # mypy cannot infer a default
    assert [child.result() for child in children] == [True] * 8
    assert ask(url, "SELECT version FROM whitebit_oauth_schema") == [schema.CURRENT]
    assert ask(url, "SELECT count(*) FROM whitebit_oauth_rows") == [8]


def test_prefixes_are_apart(url: str) -> None:
    """Two prefixes in one database are two stores."""
    with SQLStore(url, table_prefix="one_") as one, SQLStore(url, table_prefix="two_") as two:
        one.put("kind", "id", b"data", None)
        assert two.get("kind", "id") is None


def newer(url: str, oldest: int) -> None:
    """Let the database look as a newer release leaves it."""
    with SQLStore(url) as store:
        store.put("kind", "id", b"data", None)
    ask(url, "ALTER TABLE whitebit_oauth_rows ADD COLUMN added INTEGER")
    ask(url, f"UPDATE whitebit_oauth_schema SET version = 99, oldest = {oldest}")  # noqa: S608  # a test's own number


def test_newer_schema_that_is_too_new_is_refused(url: str) -> None:
    """A database that needs a newer release is neither read nor written."""
    newer(url, oldest=98)
    with SQLStore(url) as store:
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="version 99, which needs") as refused:
                store.get("kind", "id")
            assert "update this installation" in refused.value.hint
        with pytest.raises(StoreUnavailable):
            store.put("kind", "other", b"data", None)
    assert ask(url, "SELECT version FROM whitebit_oauth_schema") == [99]


@needs_fork
def test_old_and_new_release_run_side_by_side(url: str) -> None:
    """A newer schema that this release can work with costs nothing, also when it starts late."""
    with SQLStore(url) as before:
        assert before.put("kind", "first", b"data", None)
        newer(url, oldest=1)
        assert before.put("kind", "second", b"data", None)

        def late() -> bool:
            with SQLStore(url) as after:
                return bool(after.put("kind", "third", b"data", None))

        assert Child(late).result() is True
        assert sorted(before.scan("kind")) == ["first", "id", "second", "third"]
    assert ask(url, "SELECT version FROM whitebit_oauth_schema") == [99]


def test_tables_of_the_unpublished_release_are_refused(url: str) -> None:
    """Tables of 0.1.0 are left as they are, and the error says what to do."""
    ask(
        url,
        "CREATE TABLE whitebit_oauth_schema (version INTEGER NOT NULL)",
        "INSERT INTO whitebit_oauth_schema VALUES (1)",
    )
    with SQLStore(url) as store, pytest.raises(StoreUnavailable, match=r"0\.1\.0") as refused:
        store.get("kind", "id")
    assert "drop whitebit_oauth_schema and whitebit_oauth_rows" in refused.value.hint


def _next(*statements: str, oldest: int = 1) -> tuple[schema.Step, ...]:
    """Return the steps of a release to come."""
    by_dialect = dict.fromkeys(("postgresql", "sqlite"), statements)
    return (*schema._STEPS, schema.Step(oldest, by_dialect))


ADD = "ALTER TABLE {prefix}rows ADD COLUMN noted INTEGER"


def test_older_schema_is_migrated(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next release migrates on first use, and the rows stay."""
    with SQLStore(url) as store:
        store.put("kind", "id", b"data", None)
        before = store.get("kind", "id")
    monkeypatch.setattr(schema, "_STEPS", _next(ADD))
    monkeypatch.setattr(schema, "CURRENT", 2)
    with SQLStore(url) as store:
        assert store.get("kind", "id") == before
        assert store.schema_version() == 2
    assert ask(url, "SELECT oldest FROM whitebit_oauth_schema") == [1]
    assert ask(url, "SELECT noted FROM whitebit_oauth_rows") == [None]


@needs_fork
def test_a_new_release_migrates_under_old_processes(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the next release has migrated, old processes go on, one that starts late too."""

    def new() -> bool:
        with monkeypatch.context() as patched, SQLStore(url) as store:
            patched.setattr(schema, "_STEPS", _next(ADD))
            patched.setattr(schema, "CURRENT", 2)
            row = store.get("kind", "old")
            assert row is not None
            return bool(
                store.put("kind", "new", b"new", None)
                and store.put("kind", "old", b"new", row.version)
                and store.schema_version() == 2
            )

    def late() -> bool:
        with SQLStore(url) as store:
            row = store.get("kind", "new")
            assert row is not None
            return bool(row.data == b"new" and store.put("kind", "new", b"late", row.version))

    with SQLStore(url) as old:
        version = old.put("kind", "old", b"old", None)
        assert Child(new).result() is True
        assert old.put("kind", "old", b"stale", version) is None
        row = old.get("kind", "old")
        assert row is not None
        assert old.put("kind", "old", b"again", row.version)
        assert Child(late).result() is True
        assert sorted(old.scan("kind")) == ["new", "old"]
    assert ask(url, "SELECT version FROM whitebit_oauth_schema") == [2]
    assert ask(url, "SELECT noted FROM whitebit_oauth_rows") == [None, None]


def test_failed_migration_leaves_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration that fails half-way raises, and leaves the older schema whole."""
    with SQLStore(url) as store:
        store.put("kind", "id", b"data", None)
        before = store.get("kind", "id")
    with monkeypatch.context() as patched:
        broken = _next(ADD, "ALTER TABLE no_such_table ADD COLUMN x INTEGER")
        patched.setattr(schema, "_STEPS", broken)
        patched.setattr(schema, "CURRENT", 2)
        with SQLStore(url) as store, pytest.raises(sa.exc.DBAPIError):
            store.get("kind", "id")
    assert ask(url, "SELECT version FROM whitebit_oauth_schema") == [1]
    with pytest.raises(sa.exc.DBAPIError):
        ask(url, "SELECT noted FROM whitebit_oauth_rows")
    with SQLStore(url) as store:
        assert store.get("kind", "id") == before


def test_tables_are_not_made_where_that_is_forbidden(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`migrate=False` refuses absent and older tables, and works when somebody has made them."""
    with SQLStore(url, migrate=False) as store:
        assert store.schema_version() == 0
        with pytest.raises(StoreUnavailable, match="is missing") as refused:
            store.get("kind", "id")
        assert "custody migrate" in refused.value.hint
        store.migrate()
        assert store.put("kind", "id", b"data", None)
    monkeypatch.setattr(schema, "_STEPS", _next(ADD))
    monkeypatch.setattr(schema, "CURRENT", 2)
    with (
        SQLStore(url, migrate=False) as store,
        pytest.raises(StoreUnavailable, match="has version 1, this release needs version 2"),
    ):
        store.get("kind", "id")


def test_printed_statements_do_what_the_store_does(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `ddl` prints makes the tables, and later migrates them, without the store."""
    dialect = url.partition(":")[0].partition("+")[0]
    run(url, schema.ddl(dialect, "mine_"))
    with SQLStore(url, table_prefix="mine_", migrate=False) as store:
        assert store.put("kind", "id", b"data", None)
    assert schema.ddl(dialect, "mine_", since=schema.CURRENT) == ""
    monkeypatch.setattr(schema, "_STEPS", _next(ADD))
    monkeypatch.setattr(schema, "CURRENT", 2)
    run(url, schema.ddl(dialect, "mine_", since=1))
    with SQLStore(url, table_prefix="mine_", migrate=False) as store:
        assert list(store.scan("kind")) == ["id"]


@pytest.mark.parametrize(
    ("argument", "values"),
    [
        ("dialect", ("oracle", "x_", 0)),
        ("since", ("sqlite", "x_", -1)),
        ("table_prefix", ("sqlite", "X", 0)),
    ],
)
def test_wrong_arguments_of_the_statements(argument: str, values: tuple[str, str, int]) -> None:
    """A dialect, version or prefix that there cannot be is named."""
    dialect, prefix, since = values
    with pytest.raises(InvalidArgument) as refused:
        schema.ddl(dialect, prefix, since=since)
    assert refused.value.argument == argument


def run(url: str, script: str) -> None:
    """Run a script of statements as an administrator would."""
    keep_private(url)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in script.split(";\n"):
            connection.exec_driver_sql(statement)
    engine.dispose()


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
        query = read_by(store)
    if url.startswith("sqlite"):
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
        engine.dispose()
        assert len(plan) == 1
        assert "USING INDEX" in plan[0]
        assert "(kind=? AND id=?)" in plan[0]
    else:
        lines = ask(
            url, "SET enable_seqscan = off", "SET enable_bitmapscan = off", f"EXPLAIN {query}"
        )
        assert "Index Scan using whitebit_oauth_rows_pkey" in str(lines)
