"""`whitebit-oauth login` as a person and as a program runs it."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from whitebit_ext import SQLStore, generate_encryption_key
from whitebit_ext.sandbox import Sandbox

from ..ports import free_port
from .running import Pty, invoke, run

URL = r"http://127\.0\.0\.1:\d+/auth/login\?\S+"


@pytest.fixture(name="settings")
def partner_settings(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """Return the variables of a partner whose callback comes to this machine."""
    redirect_uri = f"http://127.0.0.1:{free_port()}/callback"
    client = sandbox.register_client(redirect_uris=[redirect_uri])
    url = f"sqlite:///{tmp_path}/rows.db"
    with SQLStore(url) as store:
        store.get("connection", "")  # creates the tables
    return {
        "WHITEBIT_OAUTH_CLIENT_ID": client.client_id,
        "WHITEBIT_OAUTH_CLIENT_SECRET": client.client_secret,
        "WHITEBIT_OAUTH_REDIRECT_URI": redirect_uri,
        "WHITEBIT_OAUTH_STORE": url,
        "WHITEBIT_OAUTH_ENCRYPTION_KEYS": generate_encryption_key(),
        "WHITEBIT_OAUTH_BASE_URL": sandbox.global_url,
    }


@pytest.mark.parametrize(
    ("columns", "locale"), [(40, "C"), (80, "C.UTF-8"), (200, "C")], ids=["40", "80", "200"]
)
def test_an_address_is_pasted(
    sandbox: Sandbox, settings: dict[str, str], columns: int, locale: str
) -> None:
    """Whatever the width and locale: the URL is whole, the paste hidden, the result on stdout."""
    with Pty(
        *("login", "--user", "alice", "--no-browser"),
        settings=settings,
        columns=columns,
        pipes_output=True,
        LC_ALL=locale,
    ) as shell:
        url = shell.wait_for(URL + "\n").strip()
        shell.wait_for("press Enter:\n")
        assert not shell.echoes()
        shell.paste("https://elsewhere.example/?state=forged&code=1")
        shell.wait_for("Ignored: ")
        callback = sandbox.person("alice").approve(url)
        shell.paste(callback)
        code, stdout = shell.end()
        assert shell.echoes()
    assert code == 0, shell.shown
    assert re.search(r"^key +\S+$", stdout, re.M)
    assert "code=" not in shell.shown + stdout
    assert "alice is connected." in shell.shown


def test_a_browser_brings_it(sandbox: Sandbox, settings: dict[str, str]) -> None:
    """While an address could be pasted, the callback of a browser is taken as well."""
    with Pty("login", "--user", "alice", "--no-key", settings=settings) as shell:
        url = shell.wait_for(URL + "\n").strip()
        page = httpx.get(sandbox.person("alice").approve(url))
        assert page.status_code == 200
        code, _ = shell.end()
        assert (code, shell.echoes()) == (0, True)
    assert sandbox.count("GET", "/oauth2/api-key/info") == 0


@pytest.mark.parametrize("arguments", [(), ("--paste",)], ids=["listening", "pasting"])
@pytest.mark.parametrize("how", [None, signal.SIGTERM, signal.SIGHUP], ids=str)
def test_it_is_stopped(
    settings: dict[str, str], arguments: tuple[str, ...], how: signal.Signals | None
) -> None:
    """Ctrl-C ends it with 130 and a line, with the terminal as it was; so does another signal."""
    with Pty("login", "--user", "alice", *arguments, settings=settings) as shell:
        shell.wait_for("press Enter:\n")
        assert not shell.echoes()
        if how is None:
            shell.press("C")
        else:
            shell.signal(how)
        code, _ = shell.end()
        assert (code, shell.echoes()) == (130 if how is None else 128 + how, True)
    assert shell.shown.endswith("whitebit-oauth login: interrupted. Nothing was connected.\n")


def test_ctrl_z(settings: dict[str, str]) -> None:
    """The shell gets its terminal back as it was, and after `fg` nothing is shown again."""
    script = '"$@"; echo paused; read line; fg'
    with Pty("login", "--user", "alice", settings=settings, script=script) as shell:
        shell.wait_for("press Enter:\n")
        shell.press("Z")
        shell.wait_for("paused\n")
        assert shell.echoes()
        shell.paste("go on")
        until = time.monotonic() + 20
        while shell.echoes() and time.monotonic() < until:
            time.sleep(0.01)
        assert not shell.echoes()
        shell.press("C")
        code, _ = shell.end()
        assert (code, shell.echoes()) == (130, True)


def test_ctrl_c_after_the_callback(sandbox: Sandbox, settings: dict[str, str]) -> None:
    """Ctrl-C while the key is awaited says what is kept, and the next command goes on."""
    sandbox.user("alice").choosing_time = 3_600.0
    with Pty("login", "--user", "alice", settings=settings) as shell:
        url = shell.wait_for(URL + "\n").strip()
        shell.wait_for("press Enter:\n")
        shell.paste(sandbox.person("alice").approve(url))
        shell.wait_for("Waiting for the API key")
        shell.press("C")
        code, _ = shell.end()
    assert code == 130
    assert "interrupted. alice is connected; `key issue` goes on." in shell.shown
    pending = invoke("key", "issue", "--user", "alice", "--timeout", "0", settings=settings)
    assert (pending.exit_code, pending.stdout) == (6, "")
    assert "key issue --user alice" in pending.stderr


def test_ctrl_c_during_the_exchange(sandbox: Sandbox, settings: dict[str, str]) -> None:
    """Ctrl-C while the code is exchanged denies nothing: the exchange is finished and stored."""
    sandbox.user("alice").choosing_time = 3_600.0
    with (
        sandbox.hold("exchange_code") as held,
        Pty("login", "--user", "alice", settings=settings) as shell,
    ):
        url = shell.wait_for(URL + "\n").strip()
        shell.wait_for("press Enter:\n")
        shell.paste(sandbox.person("alice").approve(url))
        held.wait(1, timeout=20)
        shell.press("C")
        time.sleep(0.2)  # so that the exchange does not end before the signal is handled
        held.release()
        code, _ = shell.end()
    assert code == 130
    said = r"interrupted\. (A callback had come: see the status of alice|alice is connected)"
    assert re.search(said, shell.shown)
    status = invoke("status", "--user", "alice", "--json", settings=settings)
    assert json.loads(status.stdout)["state"] == "choosing"


def test_begin_and_complete(sandbox: Sandbox, settings: dict[str, str]) -> None:
    """A program begins with --json, and completes with the callback and the binding."""
    begun = invoke("login", "--user", "alice", "--json", settings=settings)
    assert (begun.exit_code, begun.stderr) == (0, "")
    login = json.loads(begun.stdout)
    assert sorted(login) == ["binding", "expires_at", "url"]
    callback = sandbox.person("alice").approve(login["url"])
    complete = ("login", "--user", "alice", "--json", "--complete", "-")
    wrong = invoke(*complete, settings=settings, input=json.dumps({"callback": callback}))
    assert (wrong.exit_code, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)
    forged = invoke(*complete, settings=settings, input=f"{callback}\n{'x' * 43}\n")
    assert (forged.exit_code, forged.stdout) == (4, "")
    done = invoke(*complete, settings=settings, input=f"{callback}\n{login['binding']}\n")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["user"] == "alice"


def test_complete_at_a_terminal(sandbox: Sandbox, settings: dict[str, str]) -> None:
    """A person who pastes callback and binding sees neither of them."""
    login = json.loads(invoke("login", "--user", "alice", "--json", settings=settings).stdout)
    callback = sandbox.person("alice").approve(login["url"])
    with Pty("login", "--user", "alice", "--complete", "-", settings=settings) as shell:
        shell.wait_for("Address of the callback")
        shell.paste(callback)
        shell.wait_for("Binding")
        shell.paste(login["binding"])
        code, _ = shell.end()
    assert code == 0, shell.shown
    assert "code=" not in shell.shown
    assert login["binding"] not in shell.shown


def test_it_cannot_begin(settings: dict[str, str]) -> None:
    """A port in use, a pipe that ends, and nothing to paste into are one line and exit code 2."""
    port = int(settings["WHITEBIT_OAUTH_REDIRECT_URI"].split(":")[2].split("/")[0])
    with socket.create_server(("127.0.0.1", port)):
        taken = invoke("login", "--user", "alice", settings=settings)
    assert (taken.exit_code, taken.stderr.count("\n")) == (2, 1)
    assert f"port {port}" in taken.stderr
    assert "--paste" in taken.stderr
    ended = run("login", "--user", "alice", "--paste", settings=settings)
    assert ended.returncode == 2
    assert "the input ended" in ended.stderr.splitlines()[-1]
    elsewhere = invoke(
        *("login", "--user", "alice", "--redirect-uri", "https://partner.example/callback"),
        settings=settings,
    )
    assert elsewhere.exit_code == 2
    assert "--complete" in elsewhere.stderr


def test_time_out_and_no_network(settings: dict[str, str]) -> None:
    """The typed time-out is a matter of the user, an unreachable server one of the network."""
    late = invoke("login", "--user", "alice", "--timeout", "1", settings=settings)
    assert late.exit_code == 4
    assert "no callback came within 1 seconds" in late.stderr
    gone = {**settings, "WHITEBIT_OAUTH_BASE_URL": f"http://127.0.0.1:{free_port()}"}
    info = invoke("key", "info", "--user", "alice", settings=gone)
    assert (info.exit_code, info.stdout) == (4, "")  # not connected: nothing is sent


def test_all_of_it_in_a_sandbox(settings: dict[str, str]) -> None:
    """With --sandbox one command connects a user and shows balances, in 80 columns."""
    with Pty("login", "--sandbox", "--user", "alice", settings={}, pipes_output=True) as shell:
        code, stdout = shell.end()
    assert code == 0, shell.shown
    assert "0.123" in stdout
    found = invoke("login", "--sandbox", "--user", "alice", "--json", settings=settings)
    assert found.exit_code == 0, found.stderr
    assert json.loads(found.stdout)["stored"] is True
    again = invoke("login", "--sandbox", "--user", "alice", settings=settings)
    assert again.exit_code == 4
    assert "partner_key_active_exists" in again.stderr
    nobody = invoke("login", "--sandbox", "--user", "bob", settings=settings)
    assert "no such user" in nobody.stderr
