"""The store and the keys of `whitebit-oauth custody`, and errors when they are invalid."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import types
from pathlib import Path

import pytest

from whitebit_ext import Row, SQLStore
from whitebit_ext.cli import store as cli_store
from whitebit_ext.cli.store import KEYS_VARIABLE, STORE_VARIABLE
from whitebit_ext.custody.rows import Custody

from ...looking import key_of
from .operating import (
    COMMANDS,
    NEW,
    OLD,
    run,
    told,
)


@pytest.mark.parametrize("command", ["init", *COMMANDS])
def test_no_store(command: str, environment: pytest.MonkeyPatch) -> None:
    """Without a store, each command says how to set one, and exits with 2."""
    environment.setenv(KEYS_VARIABLE, OLD)
    result = run(command)
    assert result.exit_code == 2
    assert f"set {STORE_VARIABLE}" in result.stderr


@pytest.mark.usefixtures("custody")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("keys", ["", " ,\n"])
def test_no_key(command: str, keys: str, environment: pytest.MonkeyPatch) -> None:
    """Without a key, each command says how to set one, and exits with 2."""
    environment.setenv(KEYS_VARIABLE, keys)
    result = run(command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"no encryption key in {KEYS_VARIABLE}" in result.stderr


@pytest.mark.usefixtures("custody")
def test_invalid_key(environment: pytest.MonkeyPatch) -> None:
    """An invalid key is not printed."""
    environment.setenv(KEYS_VARIABLE, f"{OLD},{NEW[:-3]}")
    result = run("check")
    assert result.exit_code == 2
    assert "32 bytes" in result.stderr
    assert NEW[:8] not in result.output


@pytest.mark.usefixtures("custody")
def test_keys_file(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    """Keys can be read from a private file; two sources of keys are an error."""
    keys = tmp_path / "keys"
    keys.write_text(f"{OLD}\n{NEW}\n", "ascii")
    keys.chmod(0o600)
    assert "and --keys-file" in run("check", "--keys-file", str(keys)).stderr
    environment.delenv(KEYS_VARIABLE)
    assert told("check", "--keys-file", str(keys))["rows"] == 6
    keys.write_text("", "ascii")
    assert f"no encryption key in {keys}" in run("check", "--keys-file", str(keys)).stderr


@pytest.mark.usefixtures("custody")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_keys_file_that_others_can_read(
    mode: int, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    """A file that others can read is refused before its keys are used."""
    environment.delenv(KEYS_VARIABLE)
    keys = tmp_path / "keys"
    keys.write_text(OLD, "ascii")
    keys.chmod(mode)
    result = run("check", "--keys-file", str(keys))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"mode {mode:04o}" in result.stderr


@pytest.mark.usefixtures("custody")
@pytest.mark.parametrize("name", ["nothing", "."])
def test_invalid_keys_file(name: str, tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    """A missing file or a directory is an error, with exit code 2."""
    environment.delenv(KEYS_VARIABLE)
    result = run("check", "--keys-file", str(tmp_path / name))
    assert result.exit_code == 2
    assert "cannot read the keys file" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_only_init_creates_a_store(
    command: str, file: Path, environment: pytest.MonkeyPatch
) -> None:
    """Every command but `init` reports a missing file or table, and creates nothing."""
    environment.setenv(KEYS_VARIABLE, OLD)
    result = run(command, "--store", f"sqlite:///{file}")
    assert result.exit_code == 2
    assert f"the file {file} does not exist" in result.stderr
    assert not file.exists()
    sqlite3.connect(file).close()
    file.touch(0o600)
    result = run(command, "--store", f"sqlite:///{file}")
    assert result.exit_code == 2
    assert "the table whitebit_oauth_schema does not exist" in result.stderr
    assert file.read_bytes() == b""


def test_table_prefix(file: Path, environment: pytest.MonkeyPatch) -> None:
    """Tables with another prefix are another store."""
    environment.setenv(KEYS_VARIABLE, OLD)
    store = ("--store", f"sqlite:///{file}")
    assert run("init", *store, "--table-prefix", "other_").exit_code == 0
    assert told("check", *store, "--table-prefix", "other_")["rows"] == 0
    assert run("check", *store).exit_code == 2


@pytest.mark.parametrize("command", ["init", "check"])
def test_unreachable_database(command: str, environment: pytest.MonkeyPatch) -> None:
    """The error of the driver is printed in one line, without the password of the URL."""
    environment.setenv(KEYS_VARIABLE, OLD)
    url = "postgresql+psycopg://somebody:pass-in-the-clear@127.0.0.1:1/none"
    result = run(command, "--store", url)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot open the store: " in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "pass-in-the-clear" not in result.stderr


@pytest.mark.parametrize("url", ["mysql://me:pass-in-the-clear@db/x", "what is this", "sqlite://"])
def test_invalid_url(url: str, environment: pytest.MonkeyPatch) -> None:
    """An invalid URL is refused, and not printed."""
    environment.setenv(KEYS_VARIABLE, OLD)
    result = run("check", "--store", url)
    assert result.exit_code == 2
    assert "pass-in-the-clear" not in result.output


def test_file_without_a_database(file: Path, environment: pytest.MonkeyPatch) -> None:
    """A file of another format is reported with the error of the database."""
    environment.setenv(KEYS_VARIABLE, OLD)
    file.write_text("no database" * 100, "ascii")
    file.chmod(0o600)
    result = run("check", "--store", f"sqlite:///{file}")
    assert result.exit_code == 2
    assert "file is not a database" in result.stderr


@pytest.mark.usefixtures("custody")
def test_sqlalchemy_is_missing(environment: pytest.MonkeyPatch) -> None:
    """Without SQLAlchemy, the extra to install is named, with exit code 2."""
    unset: types.ModuleType | None = None
    environment.setitem(sys.modules, "sqlalchemy", unset)
    result = run("check")
    assert result.exit_code == 2
    assert "pip install 'whitebit-oauth[cli,sql]'" in result.stderr


@pytest.mark.usefixtures("custody")
def test_store_that_fails_later(environment: pytest.MonkeyPatch) -> None:
    """An error of the store after its opening ends the command with exit code 1."""

    def fail(self: SQLStore, kind: str, after: str | None, limit: int) -> list[tuple[str, Row]]:
        raise ConnectionError("away")

    environment.setattr(SQLStore, "page", fail)
    result = run("check")
    assert result.exit_code == 1
    assert "the store did not scan a connection (ConnectionError)" in result.stderr


def test_custom_store(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    """A custom store is specified by the function that returns it."""
    (tmp_path / "partner_custody.py").write_text(
        "from whitebit_ext import MemoryStore\n"
        "def open_store(): return MemoryStore()\n"
        "def open_nothing(): return 5\n",
        "utf-8",
    )
    environment.syspath_prepend(tmp_path)
    environment.setenv(KEYS_VARIABLE, OLD)
    environment.setenv(STORE_VARIABLE, "partner_custody:open_store")
    assert run("init").exit_code == 0
    assert told("check")["rows"] == 0
    for wrong in ("partner_custody:open_nothing", "partner_custody:none", "no_module_of_that:name"):
        result = run("check", "--store", wrong)
        assert result.exit_code == 2
        assert f"{wrong} does not return a store" in result.stderr


def test_as_a_process(custody: Custody) -> None:
    """As a separate process, it prints no warnings, and does not need the sandbox."""
    code = (
        "import sys\n"
        "for name in ('starlette', 'uvicorn'): sys.modules[name] = None\n"
        "from whitebit_ext.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print([n for n in sys.modules if n.startswith('whitebit_ext.sandbox')])\n"
    )
    assert key_of(custody, "alice") is not None
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, "custody", "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["All 6 rows can be decrypted.", "[]"]


def test_the_store_is_closed(file: Path, environment: pytest.MonkeyPatch) -> None:
    """A command closes its store, even after an error."""
    closed: list[SQLStore] = []

    class Closing(SQLStore):
        def close(self) -> None:
            closed.append(self)
            super().close()

    environment.setattr("whitebit_ext.custody.stores.sql.SQLStore", Closing)
    with cli_store.opened(f"sqlite:///{file}", "p_", make=True) as store:
        assert closed == []
    assert closed == [store]

    def fail() -> None:
        with cli_store.opened(f"sqlite:///{file}", "p_"):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert len(closed) == 2
