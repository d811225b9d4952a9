"""The examples of the README and of the first pages of the documentation, run as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import whitebit_ext
from whitebit_ext.errors import NotConnected
from whitebit_ext.sandbox import PartnerClient, Sandbox

from .looking import lead_to

ROOT = Path(__file__).parents[1]
MARKED = re.compile(r"<!-- run by tests/test_readme\.py -->\n```python\n(.*?)```", re.DOTALL)


def examples(name: str, count: int) -> list[str]:
    """Return the examples of a page, all of which are marked."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = MARKED.findall(text)
    assert len(found) == text.count("```python") == count
    return found


REDIRECT_URI = "https://partner.example/whitebit/callback"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Return a sandbox with one user."""
    with Sandbox(key_delay=0) as running:
        running.add_user("alice", spot_balances={"BTC": ("0.123", "0.01")})
        yield running


@pytest.fixture
def client(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PartnerClient:
    """Return a partner's registration, with the public host names led to the sandbox."""
    registered = sandbox.register_client(redirect_uris=[REDIRECT_URI])
    monkeypatch.setenv("WHITEBIT_OAUTH_CLIENT_ID", registered.client_id)
    monkeypatch.setenv("WHITEBIT_OAUTH_CLIENT_SECRET", registered.client_secret)
    monkeypatch.setenv("WHITEBIT_OAUTH_STORE", f"sqlite:///{tmp_path}/whitebit.db")
    monkeypatch.setenv("WHITEBIT_OAUTH_ENCRYPTION_KEYS", whitebit_ext.generate_encryption_key())
    monkeypatch.setenv("WHITEBIT_OAUTH_REDIRECT_URI", REDIRECT_URI)
    lead_to(monkeypatch, sandbox.global_url)
    return registered


@pytest.fixture
def names(sandbox: Sandbox, client: PartnerClient) -> dict[str, Any]:
    """Return what a web framework gives to the examples."""
    request = SimpleNamespace(url="")

    def redirect(url: str) -> None:
        request.url = sandbox.person("alice").approve(url)

    return {"session": {}, "request": request, "redirect": redirect}


def run(example: str, names: dict[str, Any]) -> None:
    """Run an example."""
    exec(compile(example, "example", "exec"), names)  # noqa: S102  # this is the test


def test_the_readme_runs(sandbox: Sandbox, names: dict[str, Any]) -> None:
    """The lines of the README connect a user and read a balance."""
    (example,) = examples("README.md", 1)
    run(example, names)
    names["partner"].close()
    assert names["key"].user_id == "alice"
    assert sandbox.breaches == []


def test_connecting_users_runs(sandbox: Sandbox, names: dict[str, Any]) -> None:
    """The examples of the page run in a row, and break no rule of the server."""
    first, more = examples("docs/connecting-users.md", 2)
    assert more.endswith("partner.close()\n")
    run(first, names)
    run(more.removesuffix("partner.close()\n"), names)
    assert sandbox.breaches == []
    assert sandbox.count(None, "get_api_key_secret") == 1
    assert sandbox.count(None, "delete_api_key", status=200) == 1
    with pytest.raises(NotConnected):  # no signature leaves once the user is gone
        names["http"].post("/api/v4/trade-account/balance")
    names["partner"].close()
    names["http"].close()


def test_the_first_connection_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The example runs with nothing but the package."""
    (example,) = examples("docs/first-connection.md", 1)
    run(example, {})
    assert "BTC" in capsys.readouterr().out
