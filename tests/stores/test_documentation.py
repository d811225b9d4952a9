"""What docs/stores.md shows is true: its store conforms, and its tables are those that we make."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from whitebit_ext.custody.stores import SQLStore, schema

from .postgres_server import PostgresServer

PAGE = Path(__file__).parents[2] / "docs" / "stores.md"


def blocks(language: str) -> list[str]:
    """Return the page's code of one language, without the indentation of a list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGE.read_text("utf-8"), re.M | re.S)
    return [re.sub(rf"^{indent}", "", text, flags=re.M) for indent, text in found]


def test_example_store_conforms(tmp_path: Path) -> None:
    """The page's store, in at most 50 lines, passes the suite by the page's own command."""
    (example,) = [code for code in blocks("python") if "class PartnerStore" in code]
    assert len(example.splitlines()) <= 50
    (opening,) = [code for code in blocks("python") if code.startswith("def open_store")]
    opening = opening.replace("/tmp/conformance.db", str(tmp_path / "rows.db"))  # noqa: S108  # the page's own words
    (tmp_path / "partner_store.py").write_text(f"{example}\n\n{opening}", "utf-8")
    (command,) = [text for text in blocks("console") if "--pyargs" in text]
    variable, *words = command.removeprefix("$ ").split()
    name, _, value = variable.partition("=")
    assert words[0] == "pytest"
    done = subprocess.run(
        [sys.executable, "-m", *words, "-q", "-rs", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b[23]\d passed", done.stdout), done.stdout
    skipped = re.findall(r"^SKIPPED .*", done.stdout, re.M)
    assert [line for line in skipped if ": optional: the store" not in line] == []


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
    (definition,) = blocks("sql")
    assert definition == schema.ddl("postgresql")
    with psycopg.connect(postgres.conninfo(database), autocommit=True) as connection:
        connection.execute(definition.encode())
    theirs = postgres.url(database).replace("//postgres@", f"//{role}@")
    with SQLStore(theirs, migrate=False) as store:
        assert store.put("kind", "id", b"data", None)
