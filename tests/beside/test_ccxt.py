"""The short form of `nox -s clients`: ccxt's reads and orders against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.beside.ccxt_calls import calls, exchange, more
from tests.beside.given import given_answers, rows_to_find
from whitebit_ext import ApiKey, NonceMode, Secret
from whitebit_ext.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Return a sandbox on the real clock, as ccxt is, with an account of some rows."""
    with Sandbox() as running:
        running.add_user("alice")
        running.seed_history("alice", transactions=60, orders=60, deals=60, converts=20)
        given_answers(running)
        yield running


@pytest.mark.parametrize("options", [{}, {"nonceWindow": True}], ids=["growing", "window"])
def test_ccxt(sandbox: Sandbox, options: dict[str, Any]) -> None:
    """All thirteen signed reads of ccxt pass, with both kinds of nonce, and so do its orders."""
    key = sandbox.add_key("alice", sandbox.register_client())
    client = exchange(sandbox.global_url, key.public_key, key.secret, **options)
    made = calls(client, **rows_to_find(sandbox, "alice"))
    for call in made.values():
        assert call()
    assert sandbox.count("POST") == len(made) - 2 == 13
    orders = more(client)
    assert orders["create_order()"]()["id"]
    (order,) = orders["fetch_open_orders()"]()
    assert order["symbol"] == "BTC/USDT"
    assert [record for record in sandbox.requests if record.status not in (200, 201)] == []
    assert sandbox.breaches == []


@pytest.mark.parametrize("window", [False, True], ids=["growing", "window"])
@pytest.mark.parametrize("ours", list(NonceMode))
def test_one_key_signs_in_turns_here_and_in_ccxt(
    sandbox: Sandbox, window: bool, ours: NonceMode
) -> None:
    """Requests of this library and of ccxt, one after the other, agree on the nonces of a key."""
    made = sandbox.add_key("alice", sandbox.register_client())
    base = sandbox.global_url
    key = ApiKey("alice", made.public_key, made.external_id, Secret(made.secret), base)
    other = exchange(base, key.public_key, key.secret.reveal(), nonceWindow=window)
    options: dict[str, Any] = {"base_url": base, "auth": key.auth(nonce=ours), "trust_env": False}
    with httpx.Client(**options) as client:
        for _ in range(3):
            assert client.post("/api/v4/trade-account/balance", json={}).status_code == 200
            assert other.fetch_balance()["BTC"]["free"] > 0
    assert sandbox.count("POST", status=200) == 6
    assert sandbox.breaches == []
