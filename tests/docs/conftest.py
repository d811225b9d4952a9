"""A partner with a connected user, for the code and the commands of the texts."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from whitebit_ext import WhiteBIT, generate_encryption_key
from whitebit_ext.sandbox import Sandbox


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Run one sandbox for all texts; alice has histories."""
    with Sandbox(key_delay=0) as running:
        for name in ("alice", "bob", "carol"):
            running.add_user(name, spot_balances={"BTC": ("1.5", "0")})
        running.seed_history("alice", transactions=300, orders=300, deals=300, converts=300)
        yield running
        assert running.breaches == []


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Set the variables of a new partner, and return them."""
    redirect_uri = f"http://127.0.0.1:{free_port()}/whitebit/callback"
    client = sandbox.register_client(redirect_uris=[redirect_uri])
    settings = {
        "WHITEBIT_OAUTH_CLIENT_ID": client.client_id,
        "WHITEBIT_OAUTH_CLIENT_SECRET": client.client_secret,
        "WHITEBIT_OAUTH_REDIRECT_URI": redirect_uri,
        "WHITEBIT_OAUTH_STORE": f"sqlite:///{tmp_path}/custody.db",
        "WHITEBIT_OAUTH_ENCRYPTION_KEYS": generate_encryption_key(),
        "WHITEBIT_OAUTH_BASE_URL": sandbox.global_url,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.fixture
def partner(sandbox: Sandbox, settings: dict[str, str]) -> Iterator[WhiteBIT]:
    """Return the partner, to whom alice is connected."""
    with WhiteBIT.from_env() as partner:
        login = partner.authorize("alice")
        callback = sandbox.person("alice").approve(login.url)
        partner.connect(callback, binding=login.binding, user_id="alice").api_key.issue()
        yield partner
