"""Who is refused at the operations of API keys, and with what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.judging import INFO, message, rules
from whitebit_ext.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner


ABSENT = "3f0f2f5e-6c1d-4c43-9b52-7a3f2f8f3b11"
"""The id of no key; constant, so that the tests have the same names in every process."""


def test_disabled_key_in_the_matrix(partner: Partner, sandbox: Sandbox) -> None:
    """A disabled key is reported with its permissions, gives no secret and cannot be deleted."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    sandbox.disable_key(external_id)
    info = partner.bearer("GET", INFO, token).json()["data"]
    assert (info["exists"], info["isEnabled"]) == (True, False)
    assert info["externalId"] == external_id
    assert info["permissions"]
    answer = partner.secret(external_id, token)
    assert answer.status_code == 403
    assert answer.json() == message("Forbidden.")
    answer = partner.bearer("DELETE", f"/oauth2/api-key/{external_id}", token)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", INFO),
        ("GET", "/oauth2/api-key/{}/secret"),
        ("DELETE", "/oauth2/api-key/{}"),
    ],
)
@pytest.mark.parametrize("token", ["", "Bearer nonsense", "refresh", "Basic eDp5", "two"])
def test_without_a_good_token_it_is_401(
    partner: Partner, method: str, path: str, token: str
) -> None:
    """Every key operation answers 401 to a missing, unknown or wrong kind of token."""
    pair = partner.tokens()
    path = path.format(partner.key(pair["access_token"]))
    header = {
        "refresh": [("Authorization", f"Bearer {pair['refresh_token']}")],
        "two": [("Authorization", f"Bearer {pair['access_token']}")] * 2,
        "": [],
    }.get(token, [("Authorization", token)])
    answer = partner.http.request(method, partner.base + path, headers=header)
    assert answer.status_code == 401
    assert answer.json() == message("Unauthorized.")


@pytest.mark.parametrize(
    ("missing", "method", "path"),
    [
        ("apikeys.read", "GET", INFO),
        ("apikeys.read", "GET", "/oauth2/api-key/{}/secret"),
        ("apikeys.delete", "DELETE", "/oauth2/api-key/{}"),
    ],
)
def test_missing_scope_is_401_or_403(
    partner: Partner, sandbox: Sandbox, missing: str, method: str, path: str
) -> None:
    """A token without the operation's scope is unauthorized, or forbidden as a setting says."""
    scopes = {"apikeys.create", "apikeys.read", "apikeys.delete"} - {missing}
    partner.client = sandbox.register_client(
        redirect_uris=partner.client.redirect_uris, scopes=sorted(scopes)
    )
    token = partner.tokens()["access_token"]
    sandbox.clock.advance(2)
    for status, text in ((401, "Unauthorized."), (403, "Forbidden.")):
        sandbox.settings.scope_as_403 = status == 403
        answer = partner.bearer(method, path.format(sandbox.keys[0].external_id), token)
        assert (answer.status_code, answer.json()) == (status, message(text))
        assert partner.bearer(method, path.format(ABSENT), "nonsense").status_code == 401


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_key_that_is_not_the_callers(partner: Partner, sandbox: Sandbox, method: str) -> None:
    """Another user's key is 404, the same user's key of another client 403, nonsense 404."""
    token = partner.tokens()["access_token"]
    other = sandbox.register_client()
    end = "/secret" if method == "GET" else ""
    for external_id, status, text in (
        (sandbox.add_key("bob", partner.client).external_id, 404, "Key not found."),
        (sandbox.add_key("alice", other).external_id, 403, "Forbidden."),
        (ABSENT, 404, "Key not found."),
        ("nonsense", 404, "Key not found."),
    ):
        answer = partner.bearer(method, f"/oauth2/api-key/{external_id}{end}", token)
        assert answer.status_code == status
        assert answer.json() == message(text)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", INFO),
        ("GET", f"/oauth2/api-key/{ABSENT}/secret"),
        ("DELETE", f"/oauth2/api-key/{ABSENT}"),
        ("GET", "/no/such/path"),
    ],
)
def test_eu_server_knows_no_api_keys(
    partner: Partner, sandbox: Sandbox, method: str, path: str
) -> None:
    """The EU server answers to key paths as to any unknown path: an HTML 404, and a breach."""
    answer = partner.http.request(method, sandbox.eu_url + path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert rules(sandbox) == ["unknown-path"]
