"""`whitebit-oauth custody`: what it does to a store, what it tells, and what it never shows."""

from __future__ import annotations

import io
import json
import sqlite3
import stat
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from whitebit_ext import ApiKey, Region, Secret, SQLStore, generate_encryption_key
from whitebit_ext.claims import Claim
from whitebit_ext.cli import custody_store
from whitebit_ext.cli.app import app
from whitebit_ext.cli.custody_display import Report
from whitebit_ext.cli.custody_store import KEYS_VARIABLE, STORE_VARIABLE
from whitebit_ext.clock import SystemClock
from whitebit_ext.custody import Custody, StoredKey
from whitebit_ext.maintenance import Finding, Place, Rotation
from whitebit_ext.oauth import TokenPair
from whitebit_ext.regions import Server
from whitebit_ext.sealing import Sealer

from .test_demo import encodings

OLD, NEW = generate_encryption_key(), generate_encryption_key()
SERVER = Server.of(Region.GLOBAL)
DAY = 86_400.0
COMMANDS = ("rotate", "list", "lost", "check")
SECRETS = ("access-in-the-clear", "refresh-in-the-clear", "api-secret-in-the-clear", OLD, NEW)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the database is to be."""
    return tmp_path / "custody.db"


@pytest.fixture
def custody(file: Path, environment: pytest.MonkeyPatch) -> Iterator[Custody]:
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


def test_init_makes_the_schema(file: Path) -> None:
    """The file is there with mode 0600 and its tables, and no key was made."""
    for _ in range(2):
        result = run("init", "--store", f"sqlite:///{file}")
        assert result.exit_code == 0, result.output
        assert result.stdout == f"<SQLStore sqlite {file}> is ready.\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with sqlite3.connect(file) as database:
        found = database.execute("SELECT version FROM whitebit_oauth_schema").fetchall()
    database.close()
    assert found == [(1,)]


def test_init_makes_a_key_when_told_to(file: Path) -> None:
    """`--new-key` prints a key on standard output alone, another each time, and where it goes."""
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
    """A program is told whether it is ready, and the key if it asked for one."""
    made = told("init", "--store", f"sqlite:///{file}")
    assert made == {"store": f"<SQLStore sqlite {file}>", "ready": True}
    Sealer([told("init", "--store", f"sqlite:///{file}", "--new-key")["new_key"]])


# list


@pytest.mark.usefixtures("custody")
def test_list_as_json() -> None:
    """It has the kinds with their numbers, the key ids of the seals, and each user's key."""
    found = told("list")
    assert found["kinds"] == {"pair": 1, "key": 3, "claim": 3, "use": 1}
    assert found["sealed_with"] == {Sealer([OLD]).writes_with: 8}
    alice, bob, carol = found["users"]
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
def test_list_for_a_person() -> None:
    """A person reads users with conditions in words, and a user id is never taken for markup."""
    result = run("list")
    assert result.exit_code == 0
    assert "refused (401, code 2)" in result.stdout
    (bob,) = [line for line in result.stdout.splitlines() if "bob [bold]é" in line]
    assert "neglected" in bob
    assert "8 rows are sealed with encryption key" in result.stdout


def test_list_shows_what_does_not_open(custody: Custody, file: Path) -> None:
    """A key that does not open is shown as such, with exit code 1; the others are judged."""
    flip(file, "key")
    assert custody.pair("alice") is not None
    result = run("list")
    assert result.exit_code == 1
    assert "does not open" in result.stdout
    assert "Rows of 3 users do not open" in result.stdout
    alice = told("list", code=1)["users"][0]
    assert alice["key"] is None
    assert alice["has_tokens"] is True
    assert [found["kind"] for found in alice["not_opened"]] == ["key"]


def test_list_of_an_empty_store(file: Path, environment: pytest.MonkeyPatch) -> None:
    """An empty store has no users."""
    run("init", "--store", f"sqlite:///{file}")
    environment.setenv(KEYS_VARIABLE, OLD)
    assert "No users." in run("list", "--store", f"sqlite:///{file}").stdout


# lost


@pytest.mark.usefixtures("custody")
def test_lost() -> None:
    """It lists what was lost and what was taken, oldest first, and nothing that was stored."""
    found = told("lost")["lost"]
    assert [(loss["user_id"], loss["outcome"]) for loss in found] == [
        ("dora", "lost"),
        ("émile", "taken"),
    ]
    assert found[0]["external_id"] == "key-dor"
    shown = run("lost").stdout
    assert "an alarm" in shown
    assert "fritz" not in shown


@pytest.mark.usefixtures("custody")
def test_lost_never_hides_a_row_that_does_not_open(file: Path) -> None:
    """A claim that does not open may be a loss: it ends the list with exit code 1."""
    flip(file, "claim")
    result = run("lost")
    assert result.exit_code == 1
    assert "the claim row does not open" in result.stderr
    assert "No secret was lost" not in result.output


# check


@pytest.mark.usefixtures("custody")
def test_check() -> None:
    """Every row is opened, and counted."""
    assert told("check") == {"rows": 8, "not_opened": []}
    assert run("check").stdout == "All 8 rows open.\n"


@pytest.mark.usefixtures("custody")
def test_check_finds_a_changed_row(file: Path) -> None:
    """A flipped bit is found, told with its place, and the exit code is 1."""
    flip(file, "pair")
    found = told("check", code=1)
    assert found["rows"] == 8
    (finding,) = found["not_opened"]
    assert (finding["kind"], finding["subject"], finding["lacks_key"]) == ("pair", ["alice"], False)
    result = run("check")
    assert result.exit_code == 1
    assert "treat it as tampering" in result.stdout


@pytest.mark.usefixtures("custody")
def test_check_finds_a_moved_row(file: Path) -> None:
    """A row that was copied to another user does not open there."""
    with sqlite3.connect(file) as database:
        database.execute(
            "UPDATE whitebit_oauth_rows SET data = (SELECT data FROM whitebit_oauth_rows"
            " WHERE kind = 'key' AND id LIKE '%carol%') WHERE kind = 'key' AND id LIKE '%alice%'"
        )
    database.close()
    (finding,) = told("check", code=1)["not_opened"]
    assert (finding["kind"], finding["subject"]) == ("key", ["alice"])


@pytest.mark.usefixtures("custody")
@pytest.mark.parametrize("id", ["not ours", "[1,2,3]", '["a","b"]', "{}"])
def test_check_finds_a_row_that_is_not_ours(file: Path, id: str) -> None:
    """A row under an id that this library did not make is found, and ends nothing."""
    with sqlite3.connect(file) as database:
        database.execute(
            "INSERT INTO whitebit_oauth_rows VALUES ('key', ?, ?, 1)", [id, b"\x01" * 80]
        )
    database.close()
    found = told("check", code=1)
    assert (found["rows"], [row["subject"] for row in found["not_opened"]]) == (9, [[id]])


@pytest.mark.usefixtures("custody")
@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_key(command: str, environment: pytest.MonkeyPatch) -> None:
    """With a key that is not the store's, each command says which key is missing, and exits 1."""
    environment.setenv(KEYS_VARIABLE, NEW)
    result = run(command)
    assert result.exit_code == 1
    words = result.output if command != "list" else json.dumps(told("list", code=1))
    assert f"was sealed with key {Sealer([OLD]).writes_with}, which was not given" in words


# rotate


def test_rotate(custody: Custody, environment: pytest.MonkeyPatch) -> None:
    """Every row is sealed with the first key, and opens without the old one; once is enough."""
    environment.setenv(KEYS_VARIABLE, f"{NEW},{OLD}")
    expected = {"rotated": 8, "current": 0, "finished": True, "not_opened": []}
    assert told("rotate") == expected
    assert told("rotate") == expected | {"rotated": 0, "current": 8}
    assert "8 had the first key" in run("rotate").stdout
    environment.setenv(KEYS_VARIABLE, NEW)
    assert told("check") == {"rows": 8, "not_opened": []}
    key = Custody(custody.store, Sealer([NEW]), SERVER, "partner", SystemClock()).key("bob [bold]é")
    assert key is not None
    assert key.key.secret.reveal() == "api-secret-in-the-clear"


@pytest.mark.usefixtures("custody")
def test_rotate_goes_on_where_it_was_stopped(environment: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends it with exit code 1 and a word of it, and the next run does the rest."""
    environment.setenv(KEYS_VARIABLE, f"{NEW} {OLD}")
    turns = iter(range(3))

    def stop(self: Report) -> None:
        if next(turns, None) is None:
            raise KeyboardInterrupt

    with environment.context() as stopping:
        stopping.setattr(Report, "advance", stop)
        result = run("rotate")
    assert result.exit_code == 1
    assert "4 rows sealed anew" in result.stdout
    assert "Run it again" in result.stdout
    assert told("check")["not_opened"] == []
    again = told("rotate")
    assert (again["rotated"], again["current"]) == (4, 4)


@pytest.mark.usefixtures("custody")
def test_rotate_leaves_what_does_not_open(file: Path, environment: pytest.MonkeyPatch) -> None:
    """A broken row is told and keeps no other row from the new key; the exit code is 1."""
    flip(file, "pair")
    environment.setenv(KEYS_VARIABLE, f"{NEW}\n{OLD}\n")
    found = told("rotate", code=1)
    assert (found["rotated"], found["finished"]) == (7, True)
    assert [row["kind"] for row in found["not_opened"]] == ["pair"]
    assert "7 had the first key" in run("rotate").stdout


# What it never shows


@pytest.mark.usefixtures("custody")
@pytest.mark.parametrize("command", COMMANDS)
def test_no_secret_is_shown(command: str, file: Path, environment: pytest.MonkeyPatch) -> None:
    """No command prints a stored value or an encryption key, whole or broken, in any encoding."""
    environment.setenv(KEYS_VARIABLE, f"{NEW},{OLD}")
    shown = run(command).output + run(command, "--json").output
    environment.setenv(KEYS_VARIABLE, NEW)
    shown += run(command).output
    flip(file, "key")
    shown += run(command, "--json").output
    assert shown
    for value in SECRETS:
        assert not [form for form in encodings(value) if form in shown]


# What it begins with


@pytest.mark.parametrize("command", ["init", *COMMANDS])
def test_no_store(command: str, environment: pytest.MonkeyPatch) -> None:
    """Without a store each command says how to name one, and exits with 2."""
    environment.setenv(KEYS_VARIABLE, OLD)
    result = run(command)
    assert result.exit_code == 2
    assert f"set {STORE_VARIABLE}" in result.stderr


@pytest.mark.usefixtures("custody")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("keys", ["", " ,\n"])
def test_no_key(command: str, keys: str, environment: pytest.MonkeyPatch) -> None:
    """Without a key each command says where it comes from, and exits with 2."""
    environment.setenv(KEYS_VARIABLE, keys)
    result = run(command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"no encryption key in {KEYS_VARIABLE}" in result.stderr


@pytest.mark.usefixtures("custody")
def test_what_is_no_key(environment: pytest.MonkeyPatch) -> None:
    """A text that is no key is not repeated."""
    environment.setenv(KEYS_VARIABLE, f"{OLD},{NEW[:-3]}")
    result = run("check")
    assert result.exit_code == 2
    assert "32 bytes" in result.stderr
    assert NEW[:8] not in result.output


@pytest.mark.usefixtures("custody")
def test_keys_file(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    """Keys may come from a file that nobody else can read; two sources are one too many."""
    keys = tmp_path / "keys"
    keys.write_text(f"{OLD}\n{NEW}\n", "ascii")
    keys.chmod(0o600)
    assert "in --keys-file" in run("check", "--keys-file", str(keys)).stderr
    environment.delenv(KEYS_VARIABLE)
    assert told("check", "--keys-file", str(keys))["rows"] == 8
    keys.write_text("", "ascii")
    assert f"no encryption key in {keys}" in run("check", "--keys-file", str(keys)).stderr


@pytest.mark.usefixtures("custody")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_keys_file_of_many(mode: int, tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    """A file that others can open is refused before its keys are used."""
    environment.delenv(KEYS_VARIABLE)
    keys = tmp_path / "keys"
    keys.write_text(OLD, "ascii")
    keys.chmod(mode)
    result = run("check", "--keys-file", str(keys))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"mode {mode:04o}" in result.stderr


@pytest.mark.usefixtures("custody")
@pytest.mark.parametrize("name", ["nothing", "."])
def test_keys_file_that_is_none(name: str, tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    """What is missing, or is no file, is told, with exit code 2."""
    environment.delenv(KEYS_VARIABLE)
    result = run("check", "--keys-file", str(tmp_path / name))
    assert result.exit_code == 2
    assert "was not read" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_mistyped_store_is_not_an_empty_one(
    command: str, file: Path, environment: pytest.MonkeyPatch
) -> None:
    """But for `init`, no command makes a file or a table; that one is missing is said."""
    environment.setenv(KEYS_VARIABLE, OLD)
    result = run(command, "--store", f"sqlite:///{file}")
    assert result.exit_code == 2
    assert f"there is no file {file}" in result.stderr
    assert not file.exists()
    sqlite3.connect(file).close()
    file.touch(0o600)
    result = run(command, "--store", f"sqlite:///{file}")
    assert result.exit_code == 2
    assert "there is no table whitebit_oauth_schema" in result.stderr
    assert file.read_bytes() == b""


def test_table_prefix(file: Path, environment: pytest.MonkeyPatch) -> None:
    """Tables of another prefix are another store."""
    environment.setenv(KEYS_VARIABLE, OLD)
    store = ("--store", f"sqlite:///{file}")
    assert run("init", *store, "--table-prefix", "other_").exit_code == 0
    assert told("check", *store, "--table-prefix", "other_")["rows"] == 0
    assert run("check", *store).exit_code == 2


@pytest.mark.parametrize("command", ["init", "check"])
def test_a_database_that_is_away(command: str, environment: pytest.MonkeyPatch) -> None:
    """What the database's driver says is told in a line, without the password of the URL."""
    environment.setenv(KEYS_VARIABLE, OLD)
    url = "postgresql+psycopg://somebody:pass-in-the-clear@127.0.0.1:1/none"
    result = run(command, "--store", url)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "the store cannot be opened: " in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "pass-in-the-clear" not in result.stderr


@pytest.mark.parametrize("url", ["mysql://me:pass-in-the-clear@db/x", "what is this", "sqlite://"])
def test_what_is_no_store(url: str, environment: pytest.MonkeyPatch) -> None:
    """A URL of no known kind is refused, and not repeated."""
    environment.setenv(KEYS_VARIABLE, OLD)
    result = run("check", "--store", url)
    assert result.exit_code == 2
    assert "pass-in-the-clear" not in result.output


def test_file_without_a_database(file: Path, environment: pytest.MonkeyPatch) -> None:
    """A file of something else is told in the database's words."""
    environment.setenv(KEYS_VARIABLE, OLD)
    file.write_text("no database" * 100, "ascii")
    file.chmod(0o600)
    result = run("check", "--store", f"sqlite:///{file}")
    assert result.exit_code == 2
    assert "file is not a database" in result.stderr


@pytest.mark.usefixtures("custody")
def test_sqlalchemy_is_missing(environment: pytest.MonkeyPatch) -> None:
    """Without SQLAlchemy the extra is named, with exit code 2."""
    unset: types.ModuleType | None = None
    environment.setitem(sys.modules, "sqlalchemy", unset)
    result = run("check")
    assert result.exit_code == 2
    assert "pip install 'whitebit-oauth[cli,sql]'" in result.stderr


@pytest.mark.usefixtures("custody")
def test_store_that_fails_on_the_way(environment: pytest.MonkeyPatch) -> None:
    """A store that fails after it was opened ends the command with exit code 1."""

    def fail(self: SQLStore, kind: str) -> Iterator[str]:
        raise ConnectionError("away")

    environment.setattr(SQLStore, "scan", fail)
    result = run("check")
    assert result.exit_code == 1
    assert "the store did not scan a pair (ConnectionError)" in result.stderr


def test_a_store_of_ones_own(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    """A store that is no database of ours is named by the function that makes it."""
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
        assert f"{wrong} does not make a store" in result.stderr


# How it is shown


def finding(number: int) -> Finding:
    """Return a row that lacks its key."""
    return Finding(
        Place("key", "https://a:443", "partner", (f"user-{number}",), ""), "closed", True
    )


def test_many_findings_are_counted() -> None:
    """A person reads the first fifty, and how many more there are."""
    console = Console(record=True, width=200, file=io.StringIO())
    Report(console).check(80, [finding(number) for number in range(60)])
    shown = console.export_text()
    assert "60 rows do not open" in shown
    assert "user-49" in shown
    assert "user-50" not in shown
    assert "and 10 more" in shown
    assert "60 of them need a key that was not given" in shown


def test_progress_is_shown_on_a_terminal() -> None:
    """A bar counts the rows, on standard error's terminal, and the outcome stands elsewhere."""
    screen = Console(force_terminal=True, record=True, width=100, file=io.StringIO())
    report = Report(Console(file=io.StringIO()), screen)
    with report.progress("Rotating", 2):
        report.advance()
        report.advance()
    shown = screen.export_text()
    assert "Rotating" in shown
    assert "2/2" in shown


def test_findings_of_a_rotation_are_never_called_success() -> None:
    """A rotation that left rows behind does not say that every row has the first key."""
    console = Console(record=True, width=200, file=io.StringIO())
    Report(console).rotation(Rotation(5, 1, (finding(1),)), finished=True)
    assert "Every row" not in console.export_text()


def test_as_a_process(custody: Custody) -> None:
    """As a program of its own it warns of nothing, and needs nothing of the sandbox."""
    code = (
        "import sys\n"
        "for name in ('starlette', 'uvicorn'): sys.modules[name] = None\n"
        "from whitebit_ext.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print([n for n in sys.modules if n.startswith('whitebit_ext.sandbox')])\n"
    )
    assert custody.key("alice") is not None
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, "custody", "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["All 8 rows open.", "[]"]


def test_the_store_is_closed(file: Path, environment: pytest.MonkeyPatch) -> None:
    """A command closes what it opened, also where it ends in an error."""
    closed: list[SQLStore] = []

    class Closing(SQLStore):
        def close(self) -> None:
            closed.append(self)
            super().close()

    environment.setattr("whitebit_ext.stores.sql.SQLStore", Closing)
    with custody_store.opened(f"sqlite:///{file}", "p_", make=True) as store:
        assert closed == []
    assert closed == [store]

    def fail() -> None:
        with custody_store.opened(f"sqlite:///{file}", "p_"):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert len(closed) == 2
