"""`whitebit-oauth doctor`: nothing on a sound machine, and each fault of a broken one."""

from __future__ import annotations

import json
import re
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from whitebit_ext import Secret, SQLStore, WhiteBIT, generate_encryption_key
from whitebit_ext.cli.doctor.storage import file_system
from whitebit_ext.custody.pace import Pace
from whitebit_ext.custody.rows import Custody
from whitebit_ext.runtime.clock import SystemClock
from whitebit_ext.sandbox import Sandbox

from ..http.raw_server import RawServer, certificate, good
from ..looking import Verdict, custody_of, put_key
from .running import Pty, invoke

DAY = 86_400.0


class Machine:
    """A partner's machine: settings, a store with a connected user, and a doctor.

    Attributes:
        settings: The environment.
        file: The database.
        said: What the doctor said in this test.
    """

    def __init__(self, settings: dict[str, str], file: Path) -> None:
        self.settings, self.file = settings, file
        self.said = ""

    def set(self, **values: str) -> None:
        """Set variables."""
        self.settings |= {f"WHITEBIT_OAUTH_{name}": value for name, value in values.items()}

    def partner(self, monkeypatch: pytest.MonkeyPatch) -> WhiteBIT:
        """Return the partner of this machine."""
        for name, value in self.settings.items():
            monkeypatch.setenv(name, value)
        return WhiteBIT.from_env()

    def custody(self, store: SQLStore) -> Custody:
        """Return the rows from beside the partner."""
        name = "WHITEBIT_OAUTH_"
        return custody_of(
            store,
            [self.settings[f"{name}ENCRYPTION_KEYS"]],
            self.settings[f"{name}CLIENT_ID"],
            self.settings[f"{name}BASE_URL"],
        )

    def found(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Run the doctor, and return its findings by id."""
        result = invoke("doctor", "--json", *arguments, settings=self.settings)
        self.said += result.output
        findings = json.loads(result.stdout)["findings"]
        assert result.exit_code == (1 if findings else 0), result.output
        assert all(one["finding"] and one["remedy"] for one in findings)
        return {one["id"]: one for one in findings}


@pytest.fixture(name="sandbox", scope="module")
def running_sandbox() -> Iterator[Sandbox]:
    """Run one sandbox for the whole file."""
    with Sandbox(key_delay=0) as running:
        running.add_user("alice")
        yield running
        assert running.breaches == []


@pytest.fixture(scope="module")
def template(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Connect a user, retrieve the key, and let a worker run, once for the whole file."""
    client = sandbox.register_client(
        redirect_uris=["https://partner.example/callback"], region="both"
    )
    file = tmp_path_factory.mktemp("template") / "rows.db"
    machine = Machine({}, file)
    machine.set(
        CLIENT_ID=client.client_id,
        CLIENT_SECRET=client.client_secret,
        REDIRECT_URI=client.redirect_uris[0],
        STORE=f"sqlite:///{file}",
        ENCRYPTION_KEYS=generate_encryption_key(),
        BASE_URL=sandbox.global_url,
    )
    with pytest.MonkeyPatch.context() as patched, machine.partner(patched) as partner:
        login = partner.authorize("alice")
        callback = sandbox.person("alice").approve(login.url)
        user = partner.connect(callback, binding=login.binding, user_id="alice")
        user.api_key.issue()
        partner.maintain()
    return machine


@pytest.fixture(name="machine")
def sound_machine(
    sandbox: Sandbox, template: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    """Return a machine on which nothing is wrong: a user with a key, and a worker that ran."""
    file = tmp_path / "rows.db"
    shutil.copyfile(template.file, file)
    file.chmod(0o600)
    (tmp_path / "spill").mkdir(mode=0o700)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
    machine = Machine(dict(template.settings), file)
    machine.set(STORE=f"sqlite:///{file}", SPILL=str(tmp_path / "spill"))
    yield machine
    secrets = [*sandbox.issued_values(), template.settings["WHITEBIT_OAUTH_ENCRYPTION_KEYS"]]
    assert not [secret for secret in secrets if secret in machine.said]


def test_a_sound_machine(sandbox: Sandbox, machine: Machine) -> None:
    """Nothing is found, online neither; what cannot be checked is said, and nothing is left."""
    assert machine.found() == {}
    sandbox.forget_requests()
    assert machine.found("--online") == {}
    assert {request.operation for request in sandbox.requests} == {"get_server_time"}
    with sqlite3.connect(machine.file) as rows:
        kinds = {kind for (kind,) in rows.execute("SELECT kind FROM whitebit_oauth_rows")}
    rows.close()
    assert "doctor" not in kinds
    assert list(Path(machine.settings["WHITEBIT_OAUTH_SPILL"]).iterdir()) == []


@pytest.mark.parametrize("columns", [40, 80])
def test_at_a_terminal(machine: Machine, columns: int) -> None:
    """The text fits into the terminal, also in the C locale, and without colours on request."""
    machine.set(REDIRECT_URI="https://partner.example/callback#there", SPILL="/no/such/é")
    with Pty(
        *("doctor",), settings=machine.settings, columns=columns, LC_ALL="C", NO_COLOR="1"
    ) as shell:
        code, _ = shell.end()
    assert code == 1
    assert not re.search(r"\x1b\[[0-9;]*[34][0-9]", shell.shown)  # bold is no colour
    shown = re.sub(r"\x1b\[[0-9;]*m", "", shell.shown)
    assert "redirect-uri: " in shown
    assert "must not have a fragment" in " ".join(shown.split())
    assert "/no/such/é" in "".join(shown.split())
    assert "Not checked:" in shown
    assert max(map(len, shown.splitlines())) <= columns


def wrong_key(machine: Machine) -> None:
    """Give another encryption key."""
    machine.set(ENCRYPTION_KEYS=generate_encryption_key())


def changed_row(machine: Machine) -> None:
    """Change a row behind the library's back."""
    with SQLStore(machine.settings["WHITEBIT_OAUTH_STORE"]) as store:
        (id,) = store.scan("connection")
        row = store.get("connection", id)
        assert row is not None
        store.put("connection", id, row.data[:-1] + b"\x00\x00", row.version)


def unpublished_schema(machine: Machine) -> None:
    """Have the tables of a version that is not read any more."""
    with sqlite3.connect(machine.file) as rows:
        rows.execute("ALTER TABLE whitebit_oauth_schema DROP COLUMN oldest")
    rows.close()


def earlier_schema(machine: Machine) -> None:
    """Have the tables of an earlier version."""
    with sqlite3.connect(machine.file) as rows:
        rows.execute("UPDATE whitebit_oauth_schema SET version = 0, oldest = 0")
    rows.close()


def no_tables(machine: Machine) -> None:
    """Name a file that is not there."""
    machine.set(STORE=f"sqlite:///{machine.file}.other")


def open_file(machine: Machine) -> None:
    """Let other users read the database."""
    machine.file.chmod(0o644)


def wrong_region(machine: Machine) -> None:
    """Configure another server than the users are connected to."""
    machine.set(REGION="eu", BASE_URL="")


def nowhere(machine: Machine) -> None:
    """Configure a region that does not exist."""
    machine.set(REGION="asia")


def other_regions_server(machine: Machine) -> None:
    """Give the server of the other region."""
    machine.set(BASE_URL="https://whitebit.eu")


def fragment(machine: Machine) -> None:
    """Give a redirect URI with a fragment."""
    machine.set(REDIRECT_URI="https://partner.example/callback#x")


def clear_redirect(machine: Machine) -> None:
    """Give a redirect URI over plain http."""
    machine.set(REDIRECT_URI="http://partner.example/callback")


def proxy_variable(machine: Machine) -> None:
    """Have a proxy variable, which is not used, towards a server that is not on loopback."""
    machine.set(BASE_URL="")
    machine.settings["HTTPS_PROXY"] = "http://proxy.example:3128"


def missing(machine: Machine) -> None:
    """Lack a variable."""
    del machine.settings["WHITEBIT_OAUTH_CLIENT_SECRET"]


def mistyped(machine: Machine) -> None:
    """Mistype a variable that has a default."""
    machine.set(EGRES="office")


def bad_key(machine: Machine) -> None:
    """Cut an encryption key."""
    machine.set(ENCRYPTION_KEYS="short")


def no_spill(machine: Machine) -> None:
    """Name a spill directory that does not exist."""
    machine.set(SPILL=str(machine.file.with_name("none")))


def spilled(machine: Machine) -> None:
    """Have a response in the spill directory."""
    (Path(machine.settings["WHITEBIT_OAUTH_SPILL"]) / "a-1.sealed").write_bytes(b"x")


def loss(machine: Machine) -> None:
    """Have lost a secret."""
    with SQLStore(machine.settings["WHITEBIT_OAUTH_STORE"]) as store:
        put_key(machine.custody(store), "bob", "k", secret=None, verdict=Verdict.TAKEN)


def old_key(machine: Machine) -> None:
    """Have a key that nobody used for two weeks."""
    with SQLStore(machine.settings["WHITEBIT_OAUTH_STORE"]) as store:
        custody = machine.custody(store)
        put_key(custody, "bob", "k", secret=Secret("s"), since=custody.now() - 15 * DAY)


def spill_file(machine: Machine) -> None:
    """Name a file as the spill directory."""
    machine.set(SPILL=str(machine.file))


def no_authorities(machine: Machine) -> None:
    """Name a file of authorities that does not exist."""
    machine.set(CA_FILE=str(machine.file.with_name("none")))


def long_egress(machine: Machine) -> None:
    """Give a label that no partner can be made with."""
    machine.set(EGRESS="x" * 300)


def two_paces(machine: Machine) -> None:
    """Have two processes of one address that pause for different times."""
    with SQLStore(machine.settings["WHITEBIT_OAUTH_STORE"]) as store:
        for interval in (0.01, 0.02):
            pace = Pace(machine.custody(store), SystemClock(), interval=interval, egress="default")
            pace.wait(lambda: None)


def not_a_database(machine: Machine) -> None:
    """Name a file that is no database."""
    machine.file.write_text("no database", "utf-8")


Break = Callable[[Machine], None]
FAULTS: dict[Break, tuple[str, str]] = {
    wrong_key: ("encryption-key-missing", "Add it after the first key"),
    changed_row: ("row-changed", "custody check"),
    unpublished_schema: ("store", "table_prefix"),
    earlier_schema: ("store", "custody init"),
    no_tables: ("store", "custody init"),
    open_file: ("store", "chmod 600"),
    wrong_region: ("other-registration", "Check region"),
    nowhere: ("server", "argument"),
    other_regions_server: ("server", "argument"),
    fragment: ("redirect-uri", "exactly"),
    clear_redirect: ("redirect-uri", "https"),
    proxy_variable: ("proxy-ignored", "WHITEBIT_OAUTH_PROXY"),
    missing: ("variable-missing", "_FILE"),
    mistyped: ("variable-unknown", "WHITEBIT_OAUTH_EGRESS"),
    bad_key: ("encryption-key", "generate_encryption_key"),
    no_spill: ("spill", "mkdir"),
    spilled: ("spill-left", "maintain"),
    loss: ("secret-taken", "Alarm"),
    old_key: ("key-expired", "dashboard"),
    spill_file: ("spill", "is not a directory"),
    no_authorities: ("server", "Correct WHITEBIT_OAUTH_CA_FILE"),
    long_egress: ("variable", "255"),
    two_paces: ("pace-differs", "the same refresh_interval"),
    not_a_database: ("store", "custody init"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_each_fault_is_found(machine: Machine, fault: Break) -> None:
    """A machine with one fault: it is found with its remedy, and no unrelated one."""
    fault(machine)
    id, remedy = FAULTS[fault]
    found = machine.found()
    assert remedy in f"{found[id]['finding']} {found[id]['remedy']}"
    # Without its base URL the machine is also one of another server.
    along = {"other-registration"} if fault is proxy_variable else set()
    assert set(found) == {id} | along


def test_no_worker(sandbox: Sandbox, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whose key is awaited while no worker runs is named."""
    sandbox.add_user("bob")
    with SQLStore(machine.settings["WHITEBIT_OAUTH_STORE"]) as store:
        row = store.get("worker", next(iter(store.scan("worker"))))
        assert row is not None
        store.delete("worker", next(iter(store.scan("worker"))), row.version)
    with machine.partner(monkeypatch) as partner:
        login = partner.authorize("bob")
        callback = sandbox.person("bob").approve(login.url)
        partner.connect(callback, binding=login.binding, user_id="bob")
        found = machine.found()
        assert "bob" in found["worker"]["finding"]
        assert "whitebit-oauth worker" in found["worker"]["remedy"]
        partner.maintain()
    assert machine.found() == {}


STORES = """
import itertools
from whitebit_ext import MemoryStore, SQLStore

class ReadOnly(SQLStore):
    def put(self, kind, id, data, expect):
        raise OSError(30, "Read-only file system")

class Blind(SQLStore):
    def put(self, kind, id, data, expect):
        found = self.get(kind, id)
        return super().put(kind, id, data, found.version if found else None)

def read_only(): return ReadOnly(URL)
def blind(): return Blind(URL)
def memory(): return MemoryStore()
"""


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("read_only", {"store-write"}),
        ("blind", {"store-compare-and-swap"}),
        ("memory", {"store-volatile", "store-shared"}),
    ],
)
def test_broken_stores(
    machine: Machine,
    name: str,
    ids: set[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A store that cannot be written, compares nothing, or is not shared is found by trying."""
    text = STORES.replace("URL", repr(machine.settings["WHITEBIT_OAUTH_STORE"]))
    (tmp_path / "broken_stores.py").write_text(text, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken_stores", raising=False)
    machine.set(STORE=f"broken_stores:{name}")
    assert set(machine.found()) == ids


def test_network_file_system(tmp_path: Path) -> None:
    """A SQLite file on NFS is found by the table of mounts, with the innermost mount deciding."""
    with SQLStore(f"sqlite:///{tmp_path}/rows.db") as store:
        mounts = f"disk / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n"
        (found,) = file_system(store, mounts)
        assert (found.id, "nfs4" in found.finding) == ("store-network-file", True)
        assert list(file_system(store, f"server:/ / nfs rw 0 0\nd {tmp_path} ext4 rw 0 0\n")) == []


def test_the_clock(machine: Machine) -> None:
    """A clock that is off is found within the limit of signatures and beyond it."""
    del machine.settings["WHITEBIT_OAUTH_STORE"]
    with Sandbox() as sandbox:
        machine.set(BASE_URL=sandbox.global_url)
        sandbox.clock.advance(4)
        found = machine.found("--online")
        assert set(found) == {"clock", "variable-missing"}
        assert "behind the server's: 5 seconds are refused" in found["clock"]["finding"]
        sandbox.clock.advance(26)
        found = machine.found("--online")
        assert "signed requests are refused" in found["clock"]["finding"]
        assert "NTP" in found["clock"]["remedy"]


def test_the_network(
    sandbox: Sandbox, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No name, no connection, no trusted certificate and an answer of another server are told."""
    del machine.settings["WHITEBIT_OAUTH_STORE"]

    def at(url: str) -> set[str]:
        return set(machine.found("--online", "--base-url", url)) - {"variable-missing"}

    sandbox.faults.add("get_server_time", kind="html", times=2)
    assert at(sandbox.global_url) == {"server"}
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
    assert at(closed) == {"network"}

    monkeypatch.setenv("SSL_CERT_FILE", "/etc/company.pem")
    with RawServer(good, tls=certificate(tmp_path)) as secure:
        assert at(secure.url) == {"tls"}

    def unknown(*given: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert at("https://proxy.example") == {"dns"}
