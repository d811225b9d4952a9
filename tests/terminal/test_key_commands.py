"""`whitebit-oauth key` and `disconnect`: results, questions and exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from whitebit_ext import SQLStore, WhiteBIT, generate_encryption_key
from whitebit_ext.sandbox import Sandbox

from .running import Pty, invoke


@pytest.fixture(name="settings")
def connected_settings(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """Connect a user whose key is not retrieved yet, and return the partner's variables."""
    client = sandbox.register_client(redirect_uris=["https://partner.example/callback"])
    url = f"sqlite:///{tmp_path}/rows.db"
    settings = {
        "WHITEBIT_OAUTH_CLIENT_ID": client.client_id,
        "WHITEBIT_OAUTH_CLIENT_SECRET": client.client_secret,
        "WHITEBIT_OAUTH_REDIRECT_URI": client.redirect_uris[0],
        "WHITEBIT_OAUTH_STORE": url,
        "WHITEBIT_OAUTH_ENCRYPTION_KEYS": generate_encryption_key(),
        "WHITEBIT_OAUTH_BASE_URL": sandbox.global_url,
    }
    with monkeypatch.context() as patched:
        for name, value in settings.items():
            patched.setenv(name, value)
        with SQLStore(url) as store, WhiteBIT.from_env(store=store) as partner:
            login = partner.authorize("alice")
            callback = sandbox.person("alice").approve(login.url, ["trading"])
            partner.connect(callback, binding=login.binding, user_id="alice")
    yield settings
    said = "".join(SAID)
    SAID.clear()
    assert not [secret for secret in sandbox.issued_values() if secret in said]


SAID: list[str] = []


def done(settings: dict[str, str], *arguments: str, code: int = 0, input: str = "") -> Any:
    """Run a command for alice, and return the JSON object that it prints."""
    result = invoke(*arguments, "--user", "alice", "--json", settings=settings, input=input)
    SAID.append(result.output)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout) if result.stdout else None


def test_issue_info_health_disconnect(sandbox: Sandbox, settings: dict[str, str]) -> None:
    """A key is issued, described, judged and deleted; each result is one JSON object."""
    assert done(settings, "status", code=6)["state"] == "choosing"
    lacking = done(settings, "key", "issue", "--require", "withdraw", code=4)
    assert lacking is None  # stored, and does not suit
    issued = done(settings, "key", "issue", "--require", "trading")
    connected = done(settings, "whoami", "--require", "trading")
    assert (connected["state"], connected["granted"]) == ("connected", ["trading"])
    insufficient = done(settings, "status", "--forbid", "trading", code=4)
    assert (insufficient["state"], insufficient["forbidden"]) == ("insufficient", ["trading"])
    info = done(settings, "key", "info")
    assert (info["state"], info["granted"], info["key"]) == ("active", ["trading"], issued["key"])
    assert done(settings, "key", "health")["condition"] == "in_use"
    shown = invoke("key", "health", "--user", "alice", settings=settings)
    assert "condition     in_use" in shown.stdout
    assert done(settings, "disconnect", code=2) is None  # it asks, and nobody is there
    gone = done(settings, "disconnect", "--yes")
    assert (gone["finished"], gone["deleted"], gone["left"]) == (True, [issued["key"]], [])
    assert done(settings, "key", "info", code=4) is None
    assert done(settings, "status", code=4)["state"] == "none"


def test_exit_codes(sandbox: Sandbox, settings: dict[str, str]) -> None:
    """Pending, rate limit, network, server and user: each has its own code and one line."""
    faults: tuple[tuple[int, dict[str, Any]], ...] = (
        (5, {"kind": "status", "status": 429}),
        (1, {"kind": "status", "status": 403}),
        (3, {"kind": "drop_before"}),
    )
    for code, fault in faults:
        sandbox.faults.add("get_api_key_info", times=9, **fault)
        result = invoke("key", "info", "--user", "alice", settings=settings)
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (code, "", 1)
        sandbox.faults.clear()
    stranger = invoke("key", "issue", "--user", "bob", settings=settings)
    assert stranger.exit_code == 4


def test_adopt(settings: dict[str, str]) -> None:
    """The secret of an adopted key is read from standard input, never from the arguments."""
    empty = done(settings, "key", "adopt", "--public-key", "4f0c9a72", code=2)
    assert empty is None
    adopted = done(settings, "key", "adopt", "--public-key", "4f0c9a72", input="in-the-clear\n")
    assert adopted == {"user": "alice", "key": "4f0c9a72", "stored": True}
    assert "in-the-clear" not in "".join(SAID)
    with Pty(
        *("key", "adopt", "--user", "alice", "--public-key", "4f0c9a73"), settings=settings
    ) as shell:
        shell.wait_for("not shown")
        assert not shell.echoes()
        shell.paste("in-the-clear")
        code, _ = shell.end()
    assert (code, "in-the-clear" in shell.shown) == (0, False)


def test_disconnect_asks(settings: dict[str, str]) -> None:
    """At a terminal the question is asked, and anything but yes deletes nothing."""
    with Pty("disconnect", "--user", "alice", settings=settings, columns=40) as shell:
        shell.wait_for(r"\[y/N\] ")
        shell.paste("no")
        code, _ = shell.end()
    assert (code, "nothing was deleted" in shell.shown) == (2, True)
