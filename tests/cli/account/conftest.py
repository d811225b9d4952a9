"""Fixtures of the tests of `whitebit-oauth account`: a sandbox, and a user with histories."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from whitebit_ext import Region, SQLStore, WhiteBIT, generate_encryption_key
from whitebit_ext.cli.store import KEYS_VARIABLE
from whitebit_ext.sandbox import Sandbox

from .exporting import COUNT, SAID


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    """Run a sandbox in real time."""
    with Sandbox(key_delay=0) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def settings(server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Connect a user with a key, and return the environment of a partner."""
    client = server.register_client(redirect_uris=("https://partner.example/whitebit/callback",))
    server.add_user(
        "alice",
        main_balances={"BTC": "0.0013929494020316", "USDT": "20", "ETH": "0"},
        spot_balances={"BTC": ("0.00100000", "0.5"), "XLM": ("0", "7")},
    )
    key = generate_encryption_key()
    store = f"sqlite:///{tmp_path_factory.mktemp('store') / 'custody.db'}"
    with (
        SQLStore(store) as opened,
        WhiteBIT(
            client_id=client.client_id,
            client_secret=client.client_secret,
            redirect_uri=client.redirect_uris[0],
            region=Region.GLOBAL,
            base_url=server.global_url,
            store=opened,
            encryption_keys=[key],
        ) as partner,
    ):
        login = partner.authorize("alice")
        callback = server.person("alice").approve(login.url)
        partner.connect(callback, binding=login.binding, user_id="alice").api_key.issue()
    return {
        "WHITEBIT_OAUTH_STORE": store,
        "WHITEBIT_OAUTH_ENCRYPTION_KEYS": key,
        "WHITEBIT_OAUTH_CLIENT_ID": client.client_id,
        "WHITEBIT_OAUTH_CLIENT_SECRET": client.client_secret,
        "WHITEBIT_OAUTH_REDIRECT_URI": client.redirect_uris[0],
        "WHITEBIT_OAUTH_REGION": "global",
        "WHITEBIT_OAUTH_BASE_URL": server.global_url,
    }


@pytest.fixture(name="sandbox")
def fresh_sandbox(
    server: Sandbox, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sandbox]:
    """Return the sandbox with new histories, and set the environment of its partner."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    server.seed_history("alice", transactions=COUNT, orders=COUNT, deals=COUNT, converts=COUNT)
    server.forget_requests()
    SAID.clear()
    yield server
    server.faults.clear()
    said = "".join(SAID)
    assert not [
        secret for secret in (*server.issued_values(), settings[KEYS_VARIABLE]) if secret in said
    ]
    assert server.breaches == []
