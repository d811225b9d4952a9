"""What tests of `whitebit-oauth account` share: a user with histories, and a run for that user."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import pytest
from typer.testing import CliRunner, Result

from whitebit_ext import Region, SQLStore, WhiteBIT, generate_encryption_key
from whitebit_ext.cli.account import account
from whitebit_ext.cli.custody_store import KEYS_VARIABLE
from whitebit_ext.sandbox import HistoryName, Sandbox

READS: tuple[HistoryName, ...] = get_args(HistoryName)
COUNT = 230
SAID: list[str] = []
"""What the commands of a test printed."""
PAGE = ("--page-size", "50")
OPERATIONS: Mapping[str, str] = {
    "transactions": "list_main_account_history",
    "orders": "list_trade_account_order_history",
    "deals": "list_trade_account_executed_history",
    "converts": "list_convert_history",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    """Run a sandbox whose clock is the machine's, as the command's is."""
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
            keys=[key],
        ) as partner,
    ):
        login = partner.authorize("alice")
        callback = server.person("alice").approve(login.url)
        partner.connect(callback, state=login.state, user_id="alice").api_keys.issue()
    return {
        "WHITEBIT_OAUTH_STORE": store,
        "WHITEBIT_OAUTH_KEYS": key,
        "WHITEBIT_OAUTH_CLIENT_ID": client.client_id,
        "WHITEBIT_OAUTH_CLIENT_SECRET": client.client_secret,
        "WHITEBIT_OAUTH_REDIRECT_URI": client.redirect_uris[0],
        "WHITEBIT_OAUTH_REGION": "global",
        "WHITEBIT_OAUTH_BASE_URL": server.global_url,
    }


@pytest.fixture(name="sandbox", autouse=True)
def fresh_sandbox(
    server: Sandbox, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sandbox]:
    """Return the sandbox with fresh histories, and with the environment of its partner."""
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


def run(*arguments: str, code: int = 0) -> Result:
    """Run a command for alice; nothing that it says holds a secret."""
    result = CliRunner().invoke(account, [*arguments, "--user", "alice"])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    SAID.append(result.output)
    return result


def name_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what tells an exported row from all others of its history."""
    if "transaction_id" in row:
        return row["method"], row["transaction_id"]
    return row.get("market"), str(row["id"]), row.get("role")


def wire_names(sandbox: Sandbox, read: HistoryName) -> list[tuple[Any, ...]]:
    """Return the same of the sandbox's own rows, newest first."""
    return [
        name_of({**row, "transaction_id": row["transactionId"]} if "method" in row else row)
        for row in sandbox.history("alice").rows(read)
    ]


def lines_of(text: str) -> list[dict[str, Any]]:
    """Return the objects of JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def fail(sandbox: Sandbox, read: str, nth: int, times: int = 1) -> None:
    """Have the nth page refused, which is not tried again, and so many in all."""
    body = {"code": 4, "message": "This API Key is not authorized to perform this action."}
    sandbox.faults.add(
        OPERATIONS[read], kind="status", status=403, body=json.dumps(body), nth=nth, times=times
    )
