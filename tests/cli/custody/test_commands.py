"""The commands of `whitebit-oauth custody`."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.cli.leaking import encodings
from whitebit_ext.cli.custody import commands
from whitebit_ext.cli.store import KEYS_VARIABLE
from whitebit_ext.custody.rows import Custody
from whitebit_ext.custody.sealing import Sealer
from whitebit_ext.runtime.clock import SystemClock

from ...looking import key_of, pair_of
from .operating import (
    COMMANDS,
    DAY,
    NEW,
    OLD,
    SERVER,
    run,
    told,
)

SECRETS = ("access-in-the-clear", "refresh-in-the-clear", "api-secret-in-the-clear", OLD, NEW)


def flip(file: Path, kind: str) -> None:
    """Change one byte in the rows of a kind."""
    with sqlite3.connect(file) as database:
        rows = database.execute(
            "SELECT id, data FROM whitebit_oauth_rows WHERE kind = ?", [kind]
        ).fetchall()
        for id, data in rows:
            database.execute(
                "UPDATE whitebit_oauth_rows SET data = ? WHERE kind = ? AND id = ?",
                [data[:-1] + bytes([data[-1] ^ 1]), kind, id],
            )
    database.close()


# init


def test_init_creates_the_schema(file: Path) -> None:
    """`init` creates a file with mode 0600 and tables, but no key."""
    for _ in range(2):
        result = run("init", "--store", f"sqlite:///{file}")
        assert result.exit_code == 0, result.output
        assert result.stdout == f"<SQLStore sqlite {file}> is ready.\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with sqlite3.connect(file) as database:
        found = database.execute("SELECT version FROM whitebit_oauth_schema").fetchall()
    database.close()
    assert found == [(1,)]


def test_migrate_prints_and_makes_the_tables(file: Path) -> None:
    """`--sql` prints what an administrator runs, and changes nothing; without it, it is done."""
    store = ("--store", f"sqlite:///{file}")
    printed = run("migrate", *store, "--sql")
    assert printed.exit_code == 0, printed.output
    assert "CREATE TABLE" in printed.stdout
    assert not file.exists()
    done = run("migrate", *store)
    assert (done.exit_code, done.stdout) == (0, "The tables are migrated from version 0.\n")
    again = run("migrate", *store)
    assert (again.exit_code, again.stdout) == (0, "The tables are up to date already.\n")
    assert run("migrate", *store, "--sql").stdout == ""
    by_hand = file.with_name("by-hand.db")
    by_hand.touch(mode=0o600)
    with sqlite3.connect(by_hand, isolation_level=None) as database:
        database.executescript(printed.stdout)
    database.close()
    assert "up to date" in run("migrate", "--store", f"sqlite:///{by_hand}").stdout


def test_migrate_needs_a_database() -> None:
    """A store of one's own has no tables of ours: one line says so."""
    result = run("migrate", "--store", "partner.custody:open_store")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_init_with_a_new_key(file: Path) -> None:
    """`--new-key` prints a different key each time, to standard output only."""
    keys = set()
    for _ in range(2):
        result = run("init", "--store", f"sqlite:///{file}", "--new-key")
        (key,) = result.stdout.splitlines()
        Sealer([key])
        keys.add(key)
        assert "secret manager" in result.stderr
        assert key not in result.stderr
    assert len(keys) == 2


def test_init_as_json(file: Path) -> None:
    """With `--json`, the output has the state and, if requested, the new key."""
    made = told("init", "--store", f"sqlite:///{file}")
    assert made == {"store": f"<SQLStore sqlite {file}>", "ready": True}
    Sealer([told("init", "--store", f"sqlite:///{file}", "--new-key")["new_key"]])


# list


@pytest.mark.usefixtures("custody")
def test_list_as_json() -> None:
    """The output has the kinds of rows, the ids of encryption keys, and the key of each user."""
    found = told("list")
    assert found["kinds"] == {"connection": 5, "use": 1}
    assert found["sealed_with"] == {Sealer([OLD]).writes_with: 6}
    alice, bob, carol, dora, _ = found["users"]
    assert (dora["has_tokens"], dora["key"]) == (False, None)
    assert (alice["user_id"], alice["client_id"], alice["origin"]) == (
        "alice",
        "partner",
        "https://whitebit.com:443",
    )
    assert (alice["has_tokens"], bob["has_tokens"]) == (True, False)
    assert alice["key"]["external_id"] == "key-ali"
    assert (alice["key"]["status_code"], alice["key"]["code"]) == (401, 2)
    assert bob["key"]["unused_for"] == pytest.approx(11 * DAY, abs=60)
    conditions = [user["key"]["condition"] for user in (alice, bob, carol)]
    assert conditions == ["refused", "neglected", "gone"]


@pytest.mark.usefixtures("custody")
def test_list_as_text() -> None:
    """The text output has conditions in words, and user ids are not interpreted as markup."""
    result = run("list")
    assert result.exit_code == 0
    assert "refused (401, code 2)" in result.stdout
    (bob,) = [line for line in result.stdout.splitlines() if "bob [bold]é" in line]
    assert "neglected" in bob
    assert "6 rows are encrypted with key" in result.stdout


def test_list_shows_keys_that_cannot_be_decrypted(custody: Custody, file: Path) -> None:
    """A key that cannot be decrypted is marked, with exit code 1; the others are listed."""
    assert pair_of(custody, "alice") is not None
    flip(file, "connection")
    result = run("list")
    assert result.exit_code == 1
    assert "cannot be decrypted" in result.stdout
    assert "Rows of 5 users cannot be decrypted" in result.stdout
    alice = told("list", code=1)["users"][0]
    assert alice["key"] is None
    assert alice["has_tokens"] is False
    assert [found["kind"] for found in alice["not_opened"]] == ["connection"]


def test_list_of_an_empty_store(file: Path, environment: pytest.MonkeyPatch) -> None:
    """An empty store has no users."""
    run("init", "--store", f"sqlite:///{file}")
    environment.setenv(KEYS_VARIABLE, OLD)
    assert "No users." in run("list", "--store", f"sqlite:///{file}").stdout


# lost


@pytest.mark.usefixtures("custody")
def test_lost() -> None:
    """`lost` lists lost and taken secrets, oldest first, and no stored ones."""
    found = told("lost")["lost"]
    assert [(loss["user_id"], loss["outcome"]) for loss in found] == [
        ("dora", "lost"),
        ("émile", "taken"),
    ]
    assert found[0]["external_id"] == "key-dor"
    shown = run("lost").stdout
    assert "investigate who has it" in shown
    assert "fritz" not in shown


@pytest.mark.usefixtures("custody")
def test_lost_fails_if_a_row_cannot_be_decrypted(file: Path) -> None:
    """A row that cannot be decrypted could be a loss, so the exit code is 1."""
    flip(file, "connection")
    result = run("lost")
    assert result.exit_code == 1
    assert "unreadable" in result.stdout
    assert "the connection row does not open" in told("lost", code=1)["lost"][0]["problem"]
    assert "No secret was lost" not in result.output


# check


@pytest.mark.usefixtures("custody")
def test_check() -> None:
    """`check` decrypts and counts all rows."""
    assert told("check") == {"rows": 6, "not_opened": []}
    assert run("check").stdout == "All 6 rows can be decrypted.\n"


@pytest.mark.usefixtures("custody")
def test_check_finds_a_changed_row(file: Path) -> None:
    """A changed byte is reported with its row, and the exit code is 1."""
    flip(file, "use")
    found = told("check", code=1)
    assert found["rows"] == 6
    (finding,) = found["not_opened"]
    assert (finding["kind"], finding["subject"], finding["lacks_key"]) == (
        "use",
        ["alice"],
        False,
    )
    result = run("check")
    assert result.exit_code == 1
    assert "treat this as tampering" in result.stdout


@pytest.mark.usefixtures("custody")
def test_check_finds_a_moved_row(file: Path) -> None:
    """A row that was copied to another user cannot be decrypted there."""
    with sqlite3.connect(file) as database:
        database.execute(
            "UPDATE whitebit_oauth_rows SET data = (SELECT data FROM whitebit_oauth_rows"
            " WHERE kind = 'connection' AND id LIKE '%carol%')"
            " WHERE kind = 'connection' AND id LIKE '%alice%'"
        )
    database.close()
    (finding,) = told("check", code=1)["not_opened"]
    assert (finding["kind"], finding["subject"]) == ("connection", ["alice"])


@pytest.mark.usefixtures("custody")
@pytest.mark.parametrize("id", ["not ours", "[1,2,3]", '["a","b"]', "{}"])
def test_check_finds_a_row_that_is_not_ours(file: Path, id: str) -> None:
    """A row with a foreign id is reported, and does not stop the check."""
    with sqlite3.connect(file) as database:
        database.execute(
            "INSERT INTO whitebit_oauth_rows VALUES ('connection', ?, ?, 1, 0, NULL)",
            [id, b"\x01" * 80],
        )
    database.close()
    found = told("check", code=1)
    assert (found["rows"], [row["subject"] for row in found["not_opened"]]) == (7, [[id]])


@pytest.mark.usefixtures("custody")
@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_key(command: str, environment: pytest.MonkeyPatch) -> None:
    """With the wrong key, each command says which key is missing, and exits with 1."""
    environment.setenv(KEYS_VARIABLE, NEW)
    result = run(command)
    assert result.exit_code == 1
    shows_tables = command in ("list", "lost")
    words = json.dumps(told(command, code=1)) if shows_tables else result.output
    assert f"was sealed with key {Sealer([OLD]).writes_with}, which was not given" in words


# rotate


def test_rotate(custody: Custody, environment: pytest.MonkeyPatch) -> None:
    """Every row is sealed with the first key, and opens without the old one; once is enough."""
    environment.setenv(KEYS_VARIABLE, f"{NEW},{OLD}")
    expected = {"rotated": 6, "current": 0, "finished": True, "not_opened": []}
    assert told("rotate") == expected
    assert told("rotate") == expected | {"rotated": 0, "current": 6}
    assert "6 already had the first key" in run("rotate").stdout
    environment.setenv(KEYS_VARIABLE, NEW)
    assert told("check") == {"rows": 6, "not_opened": []}
    with_new = Custody(custody.store, Sealer([NEW]), SERVER, "partner", SystemClock())
    key = key_of(with_new, "bob [bold]é")
    assert key is not None
    assert key.secret is not None
    assert key.secret.reveal() == "api-secret-in-the-clear"


@pytest.mark.usefixtures("custody")
def test_rotate_continues_after_an_interruption(environment: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends it with exit code 130 and a word of it, and the next run does the rest."""
    environment.setenv(KEYS_VARIABLE, f"{NEW} {OLD}")
    turns = iter(range(3))

    def stop(rows: int, total: int | None) -> None:
        if next(turns, None) is None:
            raise KeyboardInterrupt

    with environment.context() as stopping:
        stopping.setattr(commands, "progress", lambda title, wanted: nullcontext(stop))
        result = run("rotate")
    assert result.exit_code == 130
    assert "4 rows encrypted again" in result.stdout
    assert "Run the command again" in result.stderr
    assert told("check")["not_opened"] == []
    again = told("rotate")
    assert (again["rotated"], again["current"]) == (2, 4)


@pytest.mark.usefixtures("custody")
def test_rotate_leaves_what_does_not_open(file: Path, environment: pytest.MonkeyPatch) -> None:
    """A broken row is told and keeps no other row from the new key; the exit code is 1."""
    flip(file, "use")
    environment.setenv(KEYS_VARIABLE, f"{NEW}\n{OLD}\n")
    found = told("rotate", code=1)
    assert (found["rotated"], found["finished"]) == (5, True)
    assert [row["kind"] for row in found["not_opened"]] == ["use"]
    assert "5 already had the first key" in run("rotate").stdout


# What it never shows


@pytest.mark.usefixtures("custody")
@pytest.mark.parametrize("command", COMMANDS)
def test_no_secret_is_shown(command: str, file: Path, environment: pytest.MonkeyPatch) -> None:
    """No command prints a stored value or an encryption key, whole or broken, in any encoding."""
    environment.setenv(KEYS_VARIABLE, f"{NEW},{OLD}")
    shown = run(command).output + run(command, "--json").output
    environment.setenv(KEYS_VARIABLE, NEW)
    shown += run(command).output
    flip(file, "connection")
    shown += run(command, "--json").output
    assert shown
    for value in SECRETS:
        assert not [form for form in encodings(value) if form in shown]
