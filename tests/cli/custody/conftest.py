"""Fixtures of the tests of `whitebit-oauth custody`: a store with some users."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from whitebit_ext import Secret, SQLStore
from whitebit_ext.cli.store import KEYS_VARIABLE, STORE_VARIABLE
from whitebit_ext.custody.rows import Custody
from whitebit_ext.custody.sealing import Sealer
from whitebit_ext.runtime.clock import SystemClock

from ...looking import Standing, TokenPair, Verdict, put_key, put_pair
from .operating import DAY, OLD, SERVER


@pytest.fixture(name="environment", autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Begin without store and keys, on a screen that breaks no line."""
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    monkeypatch.delenv(KEYS_VARIABLE, raising=False)
    monkeypatch.setenv("COLUMNS", "400")
    return monkeypatch


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
        put_pair(custody, "alice", TokenPair(access, refresh, (), 1.7e9, 300.0, "login"))
        now = custody.now()
        for user, gone, since in (
            ("alice", False, now),
            ("bob [bold]é", False, now - 11 * DAY),
            ("carol", True, now),
        ):
            secret = Secret("api-secret-in-the-clear")
            standing = Standing.GONE if gone else Standing.USABLE
            id = f"key-{user[:3]}"
            put_key(custody, user, id, secret=secret, standing=standing, since=since)
        use = {
            "external_id": "key-ali",
            "at": now,
            "refused": {"": {"at": now, "status": 401, "code": 2}},
        }
        custody.write("use", ("alice",), use, None)
        for user, verdict in (("dora", Verdict.LOST), ("émile", Verdict.TAKEN)):
            put_key(custody, user, f"key-{user[:3]}", secret=None, verdict=verdict)
        yield custody
