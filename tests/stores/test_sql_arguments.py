"""A SQL store is made without connecting, refuses what cannot hold rows, and shows no password."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
import sqlalchemy as sa

from whitebit_ext.custody.stores import SQLStore
from whitebit_ext.errors import InvalidArgument


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("sqlite://", "MemoryStore"),
        ("sqlite:///:memory:", "MemoryStore"),
        ("sqlite:///file:rows?mode=memory&uri=true", "MemoryStore"),
        ("sqlite+aiosqlite:///rows.db", "docs/stores.md"),
        ("postgresql+asyncpg://host/db", "docs/stores.md"),
        ("postgresql+psycopg2://host/db", "docs/stores.md"),
        ("mysql://host/db", "docs/stores.md"),
        ("oracle://user:hunter2@host/db", "docs/stores.md"),
    ],
)
def test_other_databases_are_refused(url: str, hint: str) -> None:
    """A database in memory, another product and another driver are refused before connecting."""
    with pytest.raises(InvalidArgument, match=r"^url: ") as refused:
        SQLStore(url)
    assert hint in refused.value.hint
    assert "hunter2" not in str(refused.value)


def test_engine_in_memory_is_refused() -> None:
    """An engine is looked at like a URL."""
    with pytest.raises(InvalidArgument, match="in memory"):
        SQLStore(sa.create_engine("sqlite://"))


@pytest.mark.parametrize(
    "url",
    [
        "user:hunter2@host/db",
        "postgresql+psycopg://user:hunter2@host:port/db",
        "mysql://user:hunter2@host/db",
    ],
)
def test_refused_url_is_not_shown(url: str) -> None:
    """What is refused may hold a password: neither the error nor a frame of ours shows it."""
    with pytest.raises(InvalidArgument, match=r"^url: ") as refused:
        SQLStore(url)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__context__ is None
    frames = traceback.walk_tb(refused.value.__traceback__)
    ours = [repr(frame.f_locals) for frame, _ in frames if frame.f_code.co_filename != __file__]
    assert len(ours) > 1
    assert "hunter2" not in "".join(ours)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("table_prefix", ""),
        ("table_prefix", "Rows"),
        ("table_prefix", 'x"; DROP TABLE y; --'),
        ("table_prefix", "x" * 41),
        ("timeout", 0),
        ("timeout", float("nan")),
        ("timeout", float("inf")),
        ("pool_size", 0),
    ],
)
def test_wrong_arguments_are_named(argument: str, value: object) -> None:
    """A wrong argument fails at the call, with its name."""
    with pytest.raises(InvalidArgument) as refused:
        SQLStore("sqlite:///rows.db", **{argument: value})  # type: ignore[arg-type]  # on purpose
    assert refused.value.argument == argument


def test_nothing_is_opened_before_use(tmp_path: Path) -> None:
    """Making a store makes no file and no connection."""
    SQLStore(f"sqlite:///{tmp_path / 'rows.db'}")
    SQLStore("postgresql+psycopg://user@127.0.0.1:1/nowhere")
    assert list(tmp_path.iterdir()) == []


def test_password_does_not_show() -> None:
    """Neither the store's repr nor a failing connection's error shows a password."""
    store = SQLStore("postgresql+psycopg://user:hunter2@127.0.0.1:1/db?sslpassword=hunter3")
    with pytest.raises(sa.exc.OperationalError) as failed:
        store.get("kind", "id")
    for text in (repr(store), str(failed.value), repr(failed.value)):
        assert "hunter" not in text


@pytest.mark.parametrize("given", ["url", "engine"])
def test_parameters_are_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, given: str
) -> None:
    """SQLAlchemy's log at its most talkative has statements, and no row's bytes or id."""
    url = f"sqlite:///{tmp_path / 'rows.db'}"
    caplog.set_level(logging.DEBUG, "sqlalchemy")
    with SQLStore(url if given == "url" else sa.create_engine(url)) as store:
        assert store.put("kind", "alice-id", b"canary-bytes", None)
        with sqlite3.connect(tmp_path / "rows.db") as other:
            other.execute("DROP TABLE whitebit_oauth_rows")
        other.close()
        with pytest.raises(sa.exc.OperationalError) as failed:
            store.put("kind", "alice-id", b"canary-bytes", None)
    assert "INSERT INTO whitebit_oauth_rows" in caplog.text
    for text in (caplog.text, str(failed.value)):
        assert "alice-id" not in text
        assert "canary-bytes" not in text


def test_closed_store_says_so(tmp_path: Path) -> None:
    """A closed store is not opened again behind its user's back."""
    with SQLStore(f"sqlite:///{tmp_path / 'rows.db'}") as store:
        store.get("kind", "id")
    with pytest.raises(InvalidArgument, match="closed"):
        store.get("kind", "id")


def test_engine_stays_its_owners(tmp_path: Path) -> None:
    """An engine that was given is used, left with its settings, and not disposed of."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'rows.db'}")
    pool = engine.pool
    with SQLStore(engine, table_prefix="mine_") as store:
        assert store.put("kind", "id", b"data", None)
    assert engine.pool is pool
    assert engine.hide_parameters is False
    with engine.connect() as connection:
        connection.exec_driver_sql("INSERT INTO mine_schema VALUES (7, 7)")
        connection.rollback()
        assert sa.inspect(connection).get_table_names() == ["mine_rows", "mine_schema"]
        versions = connection.exec_driver_sql("SELECT version FROM mine_schema").scalars().all()
    assert versions == [1]
    engine.dispose()


def run(code: str) -> str:
    """Run a program in a fresh interpreter and return what it printed last."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_sqlalchemy_loads_on_use() -> None:
    """The stores load without SQLAlchemy, and `SQLStore` brings it."""
    said = run(
        "import sys, whitebit_ext.custody.stores as stores\n"
        "before = 'sqlalchemy' in sys.modules\n"
        "stores.SQLStore\n"
        "print(before, 'sqlalchemy' in sys.modules)"
    )
    assert said == "False True"


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ("sqlalchemy", "from whitebit_ext.custody.stores import SQLStore"),
        (
            "psycopg",
            "from whitebit_ext.custody.stores import SQLStore; SQLStore('postgresql://u:hunter2@h/d')",
        ),
    ],
)
def test_missing_extra_is_named(missing: str, code: str) -> None:
    """Without SQLAlchemy or psycopg, the error says which extra to install."""
    said = run(
        f"import sys\nsys.modules[{missing!r}] = None\n"
        f"try:\n    {code}\nexcept ModuleNotFoundError as error:\n    print(error)"
    )
    assert "pip install 'whitebit-oauth[sql]'" in said
    assert "hunter2" not in said


def test_unknown_names_stay_unknown() -> None:
    """The lazy name does not turn other misspellings into something."""
    import whitebit_ext.custody.stores

    with pytest.raises(AttributeError, match="NoSuchStore"):
        whitebit_ext.custody.stores.NoSuchStore  # noqa: B018  # the look-up is the test
