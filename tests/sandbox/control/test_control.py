from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from whitebit_ext.sandbox import Sandbox
from whitebit_ext.sandbox.control.controls import CONTROLS

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner

Control = Callable[..., Any]


@pytest.fixture
def control(sandbox: Sandbox, http: httpx.Client) -> Control:
    """Return a function that runs a control with JSON, and returns its result."""

    def run(path: str, /, **arguments: Any) -> Any:
        answer = http.post(f"{sandbox.global_url}/sandbox/{path}", json=arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return run


def test_client_can_be_registered_and_used(
    control: Control, sandbox: Sandbox, partner: Partner
) -> None:
    """A client that was registered over HTTP logs in like any other."""
    told = control("clients", redirect_uris=list(partner.client.redirect_uris), region="both")
    client = next(each for each in sandbox.clients if each.client_id == told["client_id"])
    assert told["client_secret"] == client.client_secret
    assert told["regions"] == ["global", "eu"]
    partner.client = client
    assert partner.tokens()["access_token"]


def test_users(control: Control, sandbox: Sandbox) -> None:
    """Users can be added, changed, and made to confirm."""
    told = control(
        "users", name="carol", main_balances={"BTC": "1"}, spot_balances={"BTC": ["1", "0"]}
    )
    assert told["spot_balances"] == {"BTC": ["1", "0"]}
    assert sandbox.user("carol").spot_balances == {"BTC": ("1", "0")}
    control("users/change", user="carol", verified=False, choosing_time="inf")
    assert sandbox.user("carol").verified is False
    assert sandbox.user("carol").choosing_time == float("inf")
    control("users/change", user="carol", choosing_time=None)
    assert sandbox.user("carol").choosing_time is None


def test_user_finishes_choosing(control: Control, sandbox: Sandbox, partner: Partner) -> None:
    """A user who never confirms can be made to confirm."""
    control("users/change", user="alice", choosing_time="inf")
    partner.tokens()
    assert control("users/finish-choosing", user="alice") == {"keys": 1}
    assert sandbox.key("alice", partner.client) is not None


def test_clock(control: Control, sandbox: Sandbox) -> None:
    """The clock can be moved, resumed and frozen."""
    before = sandbox.clock.now()
    told = control("clock", advance=90)
    assert (told["now"], told["frozen"]) == (before + 90, True)
    assert told["ahead"] == pytest.approx(before + 90 - time.time(), abs=60)
    assert control("clock", frozen=False)["frozen"] is False
    assert control("clock", frozen=True)["frozen"] is True
    assert sandbox.clock.frozen


def test_switches(control: Control, sandbox: Sandbox) -> None:
    """Settings, oddities and limits take the values of their type."""
    told = control("settings", key_delay="inf", access_lifetime=30, refusal="no_callback")
    assert told["key_delay"] == "inf"
    assert sandbox.settings.access_lifetime == 30
    assert sandbox.settings.refusal == "no_callback"
    assert control("traps", unknown_fields=True, v4_envelope="older")["unknown_fields"] is True
    assert sandbox.traps.v4_envelope == "older"
    assert control("limits", refresh_enabled=False)["refresh_enabled"] is False
    assert not sandbox.limits.refresh_enabled


def test_faults(control: Control, sandbox: Sandbox, partner: Partner) -> None:
    """Faults can be added with all that they take, and removed by number or all at once."""
    told = control("faults", route="get_server_time", kind="status", status=500, nth=2, times=None)
    url = f"{partner.base}/api/v4/public/time"
    assert [partner.http.get(url).status_code for _ in range(3)] == [200, 500, 500]
    control("faults/remove", number=told["number"])
    assert partner.http.get(url).status_code == 200
    control("faults", route="get_server_time", kind="body", body="{}", headers={"x-own": "1"})
    assert partner.http.get(url).headers["x-own"] == "1"
    control("faults", route="get_server_time", kind="html")
    control("faults/remove")
    assert sandbox.faults.all() == []


def test_keys(control: Control, sandbox: Sandbox, partner: Partner) -> None:
    """Keys can be made, granted, locked, disabled, deleted and revoked."""
    token = partner.tokens()["access_token"]
    external_id = control(
        "keys", user="alice", client=partner.client.client_id, permissions=["trading"]
    )["external_id"]
    key = sandbox.keys[0]
    assert key.grants.keys() == {"trading"}
    control("keys/grant", external_id=external_id, permissions={"convert": []})
    assert key.grants == {"convert": set()}
    control("keys/lock", external_id=external_id, seconds=5)
    assert partner.secret(external_id, token).status_code == 423
    control("keys/disable", external_id=external_id)
    assert not key.enabled
    control("keys/delete", external_id=external_id, reason="system")
    assert key.deleted == "system"


@pytest.mark.parametrize(("tokens_only", "left"), [(True, True), (False, False)])
def test_revoking(
    control: Control, sandbox: Sandbox, partner: Partner, tokens_only: bool, left: bool
) -> None:
    """A withdrawal ends the tokens, and the key unless it is about the tokens alone."""
    token = partner.tokens()["access_token"]
    partner.key(token)
    arguments = {"user": "alice", "client": partner.client.client_id}
    control("revoke/tokens" if tokens_only else "revoke", **arguments)
    assert partner.bearer("GET", "/oauth2/api-key/info", token).status_code == 401
    assert (sandbox.key("alice", partner.client) is not None) is left


def test_state_and_log_can_be_asked(
    control: Control, sandbox: Sandbox, partner: Partner, http: httpx.Client
) -> None:
    """State, requests and breaches are available as JSON, without secret values."""
    pair = partner.tokens()
    external_id = partner.key(pair["access_token"])
    partner.secret(external_id, pair["access_token"])
    http.get(f"{partner.base}/nothing")
    control("faults", route="refresh_token", kind="html")
    answers = {
        name: http.get(f"{sandbox.eu_url}/sandbox/{name}")
        for name in ("state", "requests", "breaches", "")
    }
    state = answers["state"].json()
    assert [key["external_id"] for key in state["keys"]] == [external_id]
    assert state["keys"][0]["secret_taken"] is True
    assert [user["name"] for user in state["users"]] == ["alice", "bob"]
    assert len(answers["requests"].json()) == state["requests"] == len(sandbox.requests)
    assert [breach["rule"] for breach in answers["breaches"].json()] == ["unknown-path"]
    for answer in answers.values():
        assert [value for value in sandbox.issued_values() if value in answer.text] == []
    control("requests/forget")
    assert sandbox.requests == []


def test_reset(control: Control, sandbox: Sandbox) -> None:
    """Everything can be forgotten over HTTP."""
    control("reset")
    assert sandbox.users == []


def test_controls_are_not_in_the_log(control: Control, sandbox: Sandbox) -> None:
    """Controls are not recorded as requests of a partner."""
    control("clock", advance=1)
    assert sandbox.requests == []


def test_every_control_refuses_what_it_does_not_take(sandbox: Sandbox, http: httpx.Client) -> None:
    """An argument that a control does not know is 400 with its name, and changes nothing."""
    for name in CONTROLS:
        answer = http.post(f"{sandbox.global_url}/sandbox/{name}", json={"colour": "red"})
        assert answer.status_code == 400
        assert answer.json()["error"].startswith("colour:")
    assert len(sandbox.users) == 2


@pytest.mark.parametrize(
    ("name", "arguments", "argument"),
    [
        ("clients", {"redirect_uris": 5}, "redirect_uris"),
        ("clients", {"redirect_uris": ["/cb"]}, "redirect_uris"),
        ("clients", {"require_pkce": "perhaps"}, "require_pkce"),
        ("clients", {"client_id": 5}, "client_id"),
        ("users", {}, "name"),
        ("users", {"name": "alice"}, "name"),
        ("users", {"name": "x", "main_balances": ["BTC"]}, "main_balances"),
        ("users", {"name": "x", "main_balances": {"BTC": 1}}, "main_balances"),
        ("users", {"name": "x", "spot_balances": {"BTC": "12"}}, "spot_balances"),
        ("users/change", {"user": "nobody"}, "user"),
        ("users/change", {"user": "alice", "verified": False, "eligible": 7}, "eligible"),
        (
            "users/change",
            {"user": "alice", "verified": False, "choosing_time": -1},
            "choosing_time",
        ),
        ("clock", {"advance": "inf"}, "seconds"),
        ("clock", {"advance": "soon"}, "advance"),
        ("clock", {"advance": True}, "advance"),
        ("settings", {"key_delay": 5, "refusal": "shout"}, "refusal"),
        ("settings", {"access_lifetime": 1.5}, "access_lifetime"),
        ("traps", {"v4_envelope": 1}, "v4_envelope"),
        ("limits", {"enabled": None}, "enabled"),
        ("faults", {"kind": "html"}, "route"),
        ("faults", {"route": "get_server_time", "kind": "earthquake"}, "kind"),
        ("faults/remove", {"number": 99}, "number"),
        ("keys", {"user": "alice", "client": "nobody"}, "client"),
        ("keys/grant", {"external_id": "x"}, "permissions"),
        ("keys/delete", {"external_id": "x", "reason": "user"}, "external_id"),
        ("revoke", {"user": "nobody", "client": "x"}, "user"),
    ],
)
def test_wrong_argument_is_named_and_changes_nothing(
    sandbox: Sandbox, http: httpx.Client, name: str, arguments: dict[str, Any], argument: str
) -> None:
    """A control with a wrong argument says which one, and leaves everything as it was."""
    before = http.get(f"{sandbox.global_url}/sandbox/state").json()
    answer = http.post(f"{sandbox.global_url}/sandbox/{name}", json=arguments)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"{argument}:")
    assert http.get(f"{sandbox.global_url}/sandbox/state").json() == before


def test_wrong_reason_and_region_are_named(sandbox: Sandbox, partner: Partner) -> None:
    """The values that Python's types would have caught are caught over HTTP too."""
    key = sandbox.add_key("alice", partner.client)
    base = f"{sandbox.global_url}/sandbox"
    answer = partner.http.post(
        f"{base}/keys/delete", json={"external_id": key.external_id, "reason": "boredom"}
    )
    assert answer.json()["error"].startswith("reason:")
    answer = partner.http.post(
        f"{base}/keys",
        json={"user": "bob", "client": partner.client.client_id, "region": "moon"},
    )
    assert answer.json()["error"].startswith("region:")
    assert len(sandbox.keys) == 1


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        ("{}", {"Content-Type": "application/json", "Host": "evil.example"}, 403),
        ("{}", {"Content-Type": "application/json", "Origin": "https://evil.example"}, 403),
        ("{}", {"Content-Type": "application/json", "Origin": "null"}, 403),
        ("{}", {"Content-Type": "text/plain"}, 415),
        ("{}", {}, 415),
        ("[]", {"Content-Type": "application/json"}, 400),
        ("{", {"Content-Type": "application/json"}, 400),
        ("\xff", {"Content-Type": "application/json"}, 400),
    ],
)
def test_pages_of_other_sites_have_no_say(
    sandbox: Sandbox, http: httpx.Client, content: str, headers: dict[str, str], status: int
) -> None:
    """A control answers this machine alone, and bodies of its own types alone."""
    url = f"{sandbox.global_url}/sandbox/reset"
    answer = http.post(url, content=content.encode("latin-1"), headers=headers)
    assert answer.status_code == status
    assert len(sandbox.users) == 2


def test_state_is_not_told_to_another_name(sandbox: Sandbox, http: httpx.Client) -> None:
    """A name that was made to point at this machine reads nothing."""
    for path in ("", "state", "requests", "breaches"):
        answer = http.get(f"{sandbox.global_url}/sandbox/{path}", headers={"Host": "evil.example"})
        assert answer.status_code == 403


def test_unknown_control_is_404(sandbox: Sandbox, http: httpx.Client) -> None:
    """An unknown control is an error."""
    assert http.post(f"{sandbox.global_url}/sandbox/nothing", json={}).status_code == 404
