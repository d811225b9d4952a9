"""Run other people's clients against the sandbox, and print call by call what passed.

Each client runs in an environment of its own, whose interpreter is given as NAME=PYTHON. `nox -s
clients` makes these environments.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests.beside.given import given_answers, rows_to_find
from whitebit_ext.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
REDIRECT_URI = "https://partner.example/callback"

PROGRAMS = {
    "ccxt": "ccxt_calls",
    "whitebit-python-sdk==1.1.17": "sdk_signed",
    "whitebit-python-sdk==1.1.12": "sdk_bearer",
    "authlib": "authlib_tokens",
}

_FLAT = (
    "WhiteBIT publishes one flat object for one ticker (the field table of balances); the SDK "
    "expects a map of tickers."
)
_LABEL = (
    "the SDK sends JSON that it labels as a form, without the code_verifier; the published body is "
    "a form."
)
# Calls that fail although WhiteBIT would answer like the sandbox, each with the reason.
FAULTS_OF_OTHERS = {
    ("ccxt", "fetch_orders()"): (
        "the synchronous class awaits two calls with asyncio.gather, which it cannot."
    ),
    ("ccxt", "fetch_closed_orders(), none"): (
        "WhiteBIT sends an empty order history as `[]`; ccxt asks the list for its keys."
    ),
    ("whitebit-python-sdk==1.1.17", "main_account.get_main_balance(ticker)"): _FLAT,
    ("whitebit-python-sdk==1.1.17", "spot_trading.trade_account_balance(ticker)"): _FLAT,
    ("whitebit-python-sdk==1.1.12", "authentication.get_access_token()"): _LABEL,
    ("whitebit-python-sdk==1.1.12", "authentication.refresh_token()"): _LABEL,
}


def facts_of(sandbox: Sandbox) -> dict[str, Any]:
    """Make an account with rows and two logins of its own, and return what a client is told."""
    user = secrets.token_hex(4)
    sandbox.add_user(user, spot_balances={"BTC": ("0.123", "0.01"), "USDT": ("1000.001", "0")})
    sandbox.seed_history(user, transactions=60, orders=60, deals=60, converts=20)
    client = sandbox.register_client(redirect_uris=[REDIRECT_URI])
    credentials = {"client_id": client.client_id, "client_secret": client.client_secret}
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    fields = {
        "clientId": client.client_id,
        "redirect_uri": REDIRECT_URI,
        "state": "a-state",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    url = f"{sandbox.global_url}/auth/login?{urlencode(fields)}"
    codes = [
        parse_qs(urlsplit(sandbox.person(user).approve(url)).query)["code"][0] for _ in range(2)
    ]
    form = {**credentials, "code": codes[0], "code_verifier": verifier}
    pair = httpx.post(f"{sandbox.global_url}/oauth2/token", data=form, trust_env=False).json()
    key = sandbox.key(user, client)
    assert key is not None
    return {
        "base_url": sandbox.global_url,
        "redirect_uri": REDIRECT_URI,
        "code": codes[1],
        "verifier": verifier,
        "public_key": key.public_key,
        "secret": key.secret,
        **credentials,
        **pair["data"],
        **rows_to_find(sandbox, user),
    }


def run(sandbox: Sandbox, name: str, python: str) -> bool:
    """Run one client, print its calls, and return whether all went as they should."""
    facts = facts_of(sandbox)
    sandbox.forget_requests()
    done = subprocess.run(
        [python, "-m", f"tests.beside.{PROGRAMS[name]}"],
        input=json.dumps(facts),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    calls = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    print(f"\n{name}: {sum(call['ok'] for call in calls)} of {len(calls)} calls passed")
    right = bool(calls) and done.returncode == 0
    for call in calls:
        reason = FAULTS_OF_OTHERS.get((name, call["call"].removeprefix("nonceWindow: ")))
        if call["ok"] and reason is None:
            print(f"  passed  {call['call']}: {call['detail']}")
        elif call["ok"] or reason is None:
            right = False
            print(f"  WRONG   {call['call']}: {call['detail']}")
        else:
            print(f"  theirs  {call['call']}: {call['detail'].splitlines()[0]}\n          {reason}")
    if done.returncode:
        print(done.stderr)
    for record in sandbox.requests:
        if record.status is None or record.status >= 400:
            print(f"  refused {record.method} {record.path}: {record.status}")
    for breach in sandbox.breaches:
        print(f"  breach  {breach.path}: {breach.rule}: {breach.detail}")
    noted = sorted({f"{note.path}: {note.detail}" for note in sandbox.notes})
    for line in noted:
        print(f"  noted   {line}")
    return right and not sandbox.breaches


def main(arguments: list[str]) -> int:
    """Run the clients that are named, and return the exit code."""
    pythons = dict(argument.rsplit("=", 1) for argument in arguments)
    with Sandbox(key_delay=0) as sandbox:
        given_answers(sandbox)
        results = [run(sandbox, name, python) for name, python in pythons.items()]
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
