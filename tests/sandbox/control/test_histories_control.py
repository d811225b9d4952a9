from __future__ import annotations

from typing import Any

import httpx
import pytest

from whitebit_ext.sandbox import Sandbox


def post(sandbox: Sandbox, http: httpx.Client, control: str, **arguments: Any) -> httpx.Response:
    """Run a control."""
    return http.post(f"{sandbox.global_url}/sandbox/{control}", json=arguments)


def test_histories_are_made_over_http(sandbox: Sandbox, http: httpx.Client) -> None:
    """The control generates the same rows as the method, and the state has their number."""
    answer = post(
        sandbox, http, "histories", user="alice", deals=7, orders=2, seed=9, markets=["ETH_USDT"]
    )
    assert answer.json() == {"transactions": 0, "orders": 2, "deals": 7, "converts": 0}
    rows = sandbox.history("alice").rows("deals")
    assert rows == sandbox.seed_history("bob", deals=7, seed=9, markets=["ETH_USDT"]).rows("deals")
    state = http.get(f"{sandbox.global_url}/sandbox/state").json()
    assert state["users"][0]["histories"] == answer.json()


def test_rows_arrive_over_http(sandbox: Sandbox, http: httpx.Client) -> None:
    """New rows arrive at once, or as they are scheduled."""
    answer = post(sandbox, http, "histories/arrive", user="alice", name="deals", rows=3)
    assert answer.json()["deals"] == 3
    answer = post(
        sandbox, http, "histories/arrive", user="alice", name="deals", every=1, rows=2, total=3
    )
    assert answer.json()["deals"] == 3
    history = sandbox.history("alice")
    for _ in range(3):
        history.answered("deals")
    assert history.count("deals") == 6


@pytest.mark.parametrize(
    ("control", "arguments", "wrong"),
    [
        ("histories", {"user": "carol"}, "user"),
        ("histories", {"user": "alice", "deals": -1}, "deals"),
        ("histories", {"user": "alice", "trades": 1}, "trades"),
        ("histories/arrive", {"user": "alice", "name": "trades"}, "name"),
        ("histories/arrive", {"user": "alice", "name": "deals", "every": 0}, "every"),
    ],
)
def test_wrong_arguments(
    sandbox: Sandbox, http: httpx.Client, control: str, arguments: dict[str, Any], wrong: str
) -> None:
    """A wrong argument is 400 and named, and changes nothing."""
    sandbox.seed_history("alice", deals=4)
    answer = post(sandbox, http, control, **arguments)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"{wrong}: ")
    assert sandbox.history("alice").count("deals") == 4


def test_page_makes_histories(sandbox: Sandbox, http: httpx.Client) -> None:
    """The form of the state page fills a history."""
    http.post(f"{sandbox.global_url}/sandbox/histories", data={"user": "alice", "deals": "5"})
    assert sandbox.history("alice").count("deals") == 5
    assert 'action="/sandbox/histories"' in http.get(f"{sandbox.global_url}/sandbox/").text
