"""The tables of docs/migrations.md are ours, and the store of docs/own-store.md is short."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from whitebit_ext.custody.stores import SQLStore, schema

from ..docs.blocks import blocks_of, python
from .postgres_server import PostgresServer


def test_example_store_is_short() -> None:
    """The page's store has at most 50 lines."""
    (example,) = [code for code in python("own-store.md") if "class PartnerStore" in code]
    assert len(example.splitlines()) <= 51  # with the name of its file


def test_suite_says_what_it_lacks(tmp_path: Path) -> None:
    """Without a store to look at, the suite fails and names the variable to set."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--pyargs",
            "whitebit_ext.custody.stores.conformance",
            "-x",
        ],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "WHITEBIT_OAUTH_STORE"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "set WHITEBIT_OAUTH_STORE=module:function" in done.stdout


@pytest.fixture
def role(postgres: PostgresServer, database: str) -> str:
    """Return a role that may use tables and not make any."""
    name = f"app_{database}"
    with psycopg.connect(postgres.conninfo(database), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN".encode())
        rights = "SELECT, INSERT, UPDATE, DELETE"
        connection.execute(f"ALTER DEFAULT PRIVILEGES GRANT {rights} ON TABLES TO {name}".encode())
    return name


def test_tables_of_the_page_are_ours(postgres: PostgresServer, database: str, role: str) -> None:
    """With the tables that the page shows, a role that may create none can use the store."""
    (definition,) = [block.code for block in blocks_of("sql", page="docs/migrations.md")]
    assert definition == schema.ddl("postgresql")
    with psycopg.connect(postgres.conninfo(database), autocommit=True) as connection:
        connection.execute(definition.encode())
    theirs = postgres.url(database).replace("//postgres@", f"//{role}@")
    with SQLStore(theirs, migrate=False) as store:
        assert store.put("kind", "id", b"data", None)
