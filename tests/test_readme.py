"""The examples of the README, run as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import whitebit_ext
from whitebit_ext import SQLStore
from whitebit_ext.errors import NotConnected
from whitebit_ext.sandbox import PartnerClient, Sandbox

from .looking import lead_to

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"<!-- run by tests/test_readme\.py -->\n```python\n(.*?)```", README, re.DOTALL
)
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
    monkeypatch.setenv("WHITEBIT_CLIENT_ID", registered.client_id)
    monkeypatch.setenv("WHITEBIT_CLIENT_SECRET", registered.client_secret)
    monkeypatch.setenv("WHITEBIT_STORE_URL", f"sqlite:///{tmp_path}/whitebit.db")
    monkeypatch.setenv("WHITEBIT_STORE_KEY", whitebit_ext.generate_encryption_key())
    lead_to(monkeypatch, sandbox.global_url)
    return registered


def test_the_examples_are_there() -> None:
    """Three examples are marked to be run, so that no change of form empties the next test."""
    assert len(EXAMPLES) == 3
    assert README.count("```python") == len(EXAMPLES)


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the stores of the examples: a server has its own open for as long as it runs."""
    opened = list[SQLStore]()

    def opening(url: str) -> SQLStore:
        opened.append(SQLStore(url))
        return opened[-1]

    monkeypatch.setattr(whitebit_ext, "SQLStore", opening)
    yield
    assert opened
    for store in opened:
        store.close()


@pytest.mark.usefixtures("stores")
def test_the_examples_run(sandbox: Sandbox, client: PartnerClient) -> None:
    """All examples run in a row, in a web framework's clothes, and break no rule of the server."""
    request = SimpleNamespace(url="")

    def redirect(url: str) -> None:
        request.url = sandbox.person("alice").approve(url)

    names: dict[str, Any] = {
        "session": {},
        "request": request,
        "redirect": redirect,
    }
    for example in EXAMPLES[:2]:
        exec(compile(example, "README.md", "exec"), names)  # noqa: S102  # this is the test
    assert sandbox.breaches == []
    assert sandbox.count(None, "get_api_key_secret") == 1
    assert sandbox.count(None, "delete_api_key", status=200) == 1
    with pytest.raises(NotConnected):  # no signature leaves once the user is gone
        names["http"].post("/api/v4/trade-account/balance")
    names["http"].close()


def test_the_sandbox_example_runs() -> None:
    """The sandbox's example runs with nothing but the names of the first one."""
    names: dict[str, Any] = {
        "WhiteBIT": whitebit_ext.WhiteBIT,
        "Region": whitebit_ext.Region,
    }
    exec(compile(EXAMPLES[2], "README.md", "exec"), names)  # noqa: S102  # this is the test
    assert names["key"].user_id == "carol"
