"""What tests of `whitebit-oauth custody` share: a store with some users, and a run over it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from whitebit_ext import ApiKey, Region, Secret, SQLStore, generate_encryption_key
from whitebit_ext.cli.app import app
from whitebit_ext.cli.custody_store import KEYS_VARIABLE, STORE_VARIABLE
from whitebit_ext.custody.rows import Custody, StoredKey
from whitebit_ext.custody.sealing import Sealer
from whitebit_ext.keys.claims import Claim
from whitebit_ext.oauth.protocol import TokenPair
from whitebit_ext.regions import Server
from whitebit_ext.runtime.clock import SystemClock

OLD, NEW = generate_encryption_key(), generate_encryption_key()
SERVER = Server.of(Region.GLOBAL)
DAY = 86_400.0
COMMANDS = ("rotate", "list", "lost", "check")


@pytest.fixture(name="environment", autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Begin without store and keys, on a screen that breaks no line."""
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    monkeypatch.delenv(KEYS_VARIABLE, raising=False)
    monkeypatch.setenv("COLUMNS", "400")
    return monkeypatch


def run(*arguments: str) -> Result:
    """Run a command over a store."""
    result = CliRunner().invoke(app, ["custody", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return result


def told(*arguments: str, code: int = 0) -> dict[str, Any]:
    """Run a command and return the one JSON object that it prints."""
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    (line,) = result.stdout.splitlines()
    value: dict[str, Any] = json.loads(line)
    return value


@pytest.fixture(name="file")
def database_file(tmp_path: Path) -> Path:
    """Return where the database is to be."""
    return tmp_path / "custody.db"


@pytest.fixture(name="custody")
def filled_custody(file: Path, environment: pytest.MonkeyPatch) -> Iterator[Custody]:
    """Return custody with some users over a file that the commands look after."""
    environment.setenv(STORE_VARIABLE, f"sqlite:///{file}")
    environment.setenv(KEYS_VARIABLE, OLD)
    with SQLStore(f"sqlite:///{file}") as store:
        custody = Custody(store, Sealer([OLD]), SERVER, "partner", SystemClock())
        access, refresh = Secret("access-in-the-clear"), Secret("refresh-in-the-clear")
        custody.put_pair("alice", TokenPair(access, refresh, (), 1.7e9, 300.0, "login"))
        now = custody.now()
        for user, gone, since in (
            ("alice", False, now),
            ("bob [bold]é", False, now - 11 * DAY),
            ("carol", True, now),
        ):
            secret = Secret("api-secret-in-the-clear")
            key = ApiKey(user, f"key-{user[:3]}", f"key-{user[:3]}", secret, SERVER.origin)
            custody.put_key(StoredKey(key, "login", gone, since))
        use = {
            "external_id": "key-ali",
            "at": now,
            "refused": {"at": now, "status": 401, "code": 2},
        }
        custody.write("use", ("alice",), use, None)
        for user, state in (("dora", "lost"), ("émile", "taken"), ("fritz", "stored")):
            Claim(custody, user, f"key-{user[:3]}").close(state)
        yield custody
