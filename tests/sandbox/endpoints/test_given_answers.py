"""Paths that a test answers itself: checked as the sandbox's own, answered as the test says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.sandbox.judging import SPOT, rules
from whitebit_ext.sandbox import ApiKey, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner

ORDER = "/api/v4/order/new"
ANSWER = {"orderId": 4180284841, "market": "BTC_USDT", "side": "buy", "status": "NEW"}


@pytest.fixture
def key(partner: Partner, sandbox: Sandbox) -> ApiKey:
    """Give a key of alice that may trade."""
    return sandbox.add_key("alice", partner.client, ["trading"])


def test_signed_path_is_answered(partner: Partner, sandbox: Sandbox, key: ApiKey) -> None:
    """A signed request gets the answer of the test, with its status."""
    assert partner.signed(ORDER, key.public_key, key.secret).status_code == 404
    sandbox.signed(ORDER, answer=ANSWER, permission="trading", status=201)
    sandbox.clock.advance(0.01)
    answer = partner.signed(ORDER, key.public_key, key.secret)
    assert (answer.status_code, answer.json()) == (201, ANSWER)
    assert rules(sandbox) == ["unknown-path"]
    assert sandbox.count("POST", ORDER, status=201) == 1


def test_signature_nonce_and_permission_are_checked(
    partner: Partner, sandbox: Sandbox, key: ApiKey
) -> None:
    """What is wrong with a request is refused as for the sandbox's own operations."""
    sandbox.signed(ORDER, answer=ANSWER, permission="trading")
    sandbox.signed("/api/v4/main-account/withdraw", answer={}, permission="main_account")
    codes = []
    for path, secret, nonce in (
        (ORDER, "0" * 32, 1),
        (ORDER, key.secret, 1),
        (ORDER, key.secret, 1),
        ("/api/v4/main-account/withdraw", key.secret, 2),
    ):
        answer = partner.signed(path, key.public_key, secret, nonce=nonce)
        codes.append((answer.status_code, answer.json().get("code")))
    assert codes == [(401, 10), (200, None), (429, 0), (403, 4)]


def test_answer_may_depend_on_the_parameters(
    partner: Partner, sandbox: Sandbox, key: ApiKey
) -> None:
    """A function gets the parameters without the envelope, and may replace a documented path."""
    seen: list[Any] = []

    def balance(parameters: Any) -> Any:
        seen.append(parameters)
        return {"available": "7", "freeze": "0"}

    sandbox.signed(SPOT, answer=balance)
    answer = partner.signed(SPOT, key.public_key, key.secret, ticker="BTC")
    assert answer.json()["available"] == "7"
    assert seen == [{"ticker": "BTC"}]


def test_public_path_is_answered(partner: Partner, sandbox: Sandbox, http: httpx.Client) -> None:
    """A path without credentials is answered too, with the parameters of its query."""
    sandbox.public("/api/v4/public/fee", answer=lambda query: query)
    answer = http.get(f"{partner.base}/api/v4/public/fee?ticker=BTC")
    assert answer.json() == {"ticker": "BTC"}
    assert sandbox.breaches == []


def test_faults_and_holds_name_the_route(partner: Partner, sandbox: Sandbox, key: ApiKey) -> None:
    """A given path can fail, be delayed and be held like the others."""
    sandbox.signed(ORDER, answer=ANSWER)
    sandbox.faults.add(f"POST {ORDER}", kind="status", status=503)
    assert partner.signed(ORDER, key.public_key, key.secret).status_code == 503
    with sandbox.hold(f"POST {ORDER}"):
        pass
    with pytest.raises(ValueError, match="no operation"):
        sandbox.faults.add("POST /api/v4/order/cancel", kind="empty")


def test_answer_can_be_given_over_http(
    partner: Partner, sandbox: Sandbox, http: httpx.Client, key: ApiKey
) -> None:
    """The controls do the same with JSON; a reset forgets the answers."""
    control = f"{partner.base}/sandbox/signed"
    http.post(control, json={"path": ORDER, "answer": [1], "permission": "trading"})
    assert partner.signed(ORDER, key.public_key, key.secret).json() == [1]
    http.post(f"{partner.base}/sandbox/public", json={"path": "/api/v4/a", "answer": None})
    state = http.get(f"{partner.base}/sandbox/state").json()
    assert state["given"] == [f"POST {ORDER}", "GET /api/v4/a"]
    assert http.post(control, json={"path": ORDER}).status_code == 400
    sandbox.reset()
    assert sandbox.given == []


@pytest.mark.parametrize(
    ("path", "arguments", "name"),
    [
        ("/oauth2/token", {}, "path"),
        ("/api/v4/a?b=1", {}, "path"),
        (ORDER, {"permission": "everything"}, "permission"),
        (ORDER, {"status": 99}, "status"),
        (ORDER, {"answer": object()}, "answer"),
        (ORDER, {"answer": float("nan")}, "answer"),
    ],
)
def test_wrong_arguments(sandbox: Sandbox, path: str, arguments: dict[str, Any], name: str) -> None:
    """A wrong argument is named, and nothing is answered."""
    with pytest.raises(ValueError, match=name):
        sandbox.signed(path, **{"answer": {}, **arguments})
    assert sandbox.given == []
