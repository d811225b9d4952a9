from __future__ import annotations

from typing import TYPE_CHECKING

from whitebit_ext.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner

import pytest


def everything(partner: Partner, sandbox: Sandbox) -> dict[str, str]:
    """Do the whole flow once, and return the secrets that the partner saw."""
    code = partner.code()
    pair = partner.post_token(code).json()["data"]
    external_id = partner.key(pair["access_token"])
    secret = partner.secret(external_id, pair["access_token"]).json()["data"]["apiSecret"]
    partner.signed("/api/v4/main-account/balance", external_id, secret)
    new = partner.refresh(pair["refresh_token"]).json()["data"]
    return {
        "client_secret": partner.client.client_secret,
        "code": code,
        "access_token": pair["access_token"],
        "refresh_token": new["refresh_token"],
        "api_secret": secret,
        "code_verifier": partner.verifier,
    }


def test_requests_are_logged_in_order(partner: Partner, sandbox: Sandbox) -> None:
    """Every request is there with its ordinal, time, operation, status and credentials."""
    began = sandbox.clock.now()
    everything(partner, sandbox)
    log = sandbox.requests
    assert [record.ordinal for record in log] == list(range(1, len(log) + 1))
    assert [(record.operation, record.status) for record in log] == [
        ("authorize", 302),
        ("exchange_code", 200),
        ("get_api_key_info", 200),
        ("get_api_key_secret", 200),
        ("get_main_account_balance", 200),
        ("refresh_token", 200),
    ]
    assert [record.time - began for record in log] == [0, 0, 2, 2, 2, 2]
    assert {record.region for record in log} == {"global"}
    assert "authorization" in log[2].header_names
    assert [record.credentials for record in log] == [
        (),
        ("client_secret", "code"),
        ("access_token of alice",),
        ("access_token of alice",),
        ("api_key of alice",),
        ("client_secret", "refresh_token of alice"),
    ]


def test_issued_values_are_all_remembered(partner: Partner, sandbox: Sandbox) -> None:
    """Every secret that a partner can see is among the issued values, under its kind."""
    seen = everything(partner, sandbox)
    for kind, value in seen.items():
        assert value in sandbox.issued_values(kind)  # type: ignore[arg-type]  # keys are kinds
        assert value in sandbox.issued_values()
    with pytest.raises(ValueError, match="kind"):
        sandbox.issued_values("password")  # type: ignore[arg-type]  # wrong on purpose


def test_no_secret_is_printed(partner: Partner, sandbox: Sandbox) -> None:
    """Neither the log nor anything else of the sandbox shows a secret in its repr."""
    everything(partner, sandbox)
    sandbox.faults.add("refresh_token", kind="html")
    shown = repr(
        [
            sandbox,
            sandbox.requests,
            sandbox.breaches,
            sandbox.clients,
            sandbox.users,
            sandbox.keys,
            sandbox.settings,
            sandbox.traps,
            sandbox.limits,
            sandbox.faults.all(),
            sandbox._world,
        ]
    )
    values = sandbox.issued_values()
    assert len(values) >= 7
    assert [value for value in values if value in shown] == []


def test_counts(partner: Partner, sandbox: Sandbox) -> None:
    """Requests can be counted by method, path, template, operation, region and status."""
    everything(partner, sandbox)
    external_id = sandbox.keys[0].external_id
    assert sandbox.count() == 6
    assert sandbox.count("POST") == 3
    assert sandbox.count("POST", "/oauth2/token") == 1
    assert sandbox.count("GET", "/oauth2/token") == 0
    assert sandbox.count(path="get_api_key_secret") == 1
    assert sandbox.count(path="/oauth2/api-key/{externalId}/secret") == 1
    assert sandbox.count(path=f"/oauth2/api-key/{external_id}/secret") == 1
    assert sandbox.count(path="/nothing") == 0
    assert sandbox.count(region="eu") == 0
    assert sandbox.count(status=200) == 5


def test_forgetting_the_requests(partner: Partner, sandbox: Sandbox) -> None:
    """Clearing the log does not change the state."""
    partner.http.get(f"{partner.base}/nothing")
    assert len(sandbox.requests) == len(sandbox.breaches) == 1
    sandbox.forget_requests()
    assert sandbox.requests == []
    assert sandbox.breaches == []
    assert sandbox.connections() == 0
    assert sandbox.clients == [partner.client]


def test_connections_are_counted_by_region(sandbox: Sandbox, partner: Partner) -> None:
    """A connection counts for its port, with or without requests."""
    sandbox.forget_requests()
    partner.http.get(f"{sandbox.eu_url}/api/v4/public/time")
    assert sandbox.connections("eu") <= 1
    assert sandbox.connections("global") == 0


def test_request_is_in_the_log_before_its_answer(partner: Partner, sandbox: Sandbox) -> None:
    """A caller who has an answer finds its status in the log at once."""
    for n in range(1, 51):
        partner.http.get(f"{partner.base}/api/v4/public/time")
        assert sandbox.count(status=200) == n
