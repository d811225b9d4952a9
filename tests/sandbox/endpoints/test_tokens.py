from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.sandbox.judging import rules
from whitebit_ext.sandbox import DEFAULT_SCOPES, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner

INVALID_REQUEST = {"data": {"message": ["Invalid request"]}}
INVALID_TOKEN = {"data": {"token": ["Invalid token."]}}


def test_rotating_pair_is_what_the_contract_says(partner: Partner, sandbox: Sandbox) -> None:
    """An exchange answers 300 seconds, a refresh token and comma-separated scopes, under data."""
    answer = partner.post_token(partner.code())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    data = answer.json()["data"]
    assert list(data) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]
    assert data["expires_in"] == 300
    assert data["token_type"] == "Bearer"
    assert data["scope"].split(",") == list(DEFAULT_SCOPES)
    assert sandbox.breaches == []


def test_values_need_their_encoding(partner: Partner) -> None:
    """Codes and tokens hold the characters that form and URL encoding are for."""
    data = partner.tokens()
    for value in (data["access_token"], data["refresh_token"], partner.code("bob")):
        assert {"+", "/", "="} <= set(value)


def test_single_mode_has_four_hours_and_no_refresh_token(
    partner: Partner, sandbox: Sandbox
) -> None:
    """The older guide's tokens live for four hours and cannot be refreshed."""
    partner.client = sandbox.register_client(
        redirect_uris=partner.client.redirect_uris, token_mode="single"
    )
    data = partner.tokens()
    assert data["expires_in"] == 4 * 3600
    assert "refresh_token" not in data
    sandbox.clock.advance(4 * 3600 - 1)
    assert partner.bearer("GET", "/oauth2/api-key/info", data["access_token"]).is_success
    sandbox.clock.advance(1)
    answer = partner.bearer("GET", "/oauth2/api-key/info", data["access_token"])
    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["client_id", "client_secret", "code", "code_verifier"])
@pytest.mark.parametrize("value", [None, ""])
def test_missing_field_is_422(partner: Partner, name: str, value: str | None) -> None:
    """Each documented field is required, and an empty one is as good as none."""
    answer = partner.post_token(partner.code(), **{name: value})
    assert answer.status_code == 422
    assert answer.json() == {"errors": {name: ["validation.required"]}, "notification": None}


@pytest.mark.parametrize("name", ["grant_type", "redirect_uri", "clientId", "a-secret"])
def test_further_fields_are_accepted_and_noted(
    partner: Partner, sandbox: Sandbox, name: str
) -> None:
    """What RFC 6749 sends besides is accepted; unknown names of fields are not shown."""
    assert partner.post_token(partner.code(), **{name: "authorization_code"}).status_code == 200
    assert rules(sandbox) == []
    (note,) = sandbox.notes
    assert (note.rule, name in note.detail) == ("extra-field", name != "a-secret")


def test_json_body_is_422_and_a_breach(
    partner: Partner, sandbox: Sandbox, http: httpx.Client
) -> None:
    """The token endpoint accepts only forms."""
    answer = http.post(f"{partner.base}/oauth2/token", json={"code": "x"})
    assert answer.status_code == 422
    assert rules(sandbox) == ["form-body"]


def test_duplicated_field_is_422_and_a_breach(
    partner: Partner, sandbox: Sandbox, http: httpx.Client
) -> None:
    """A field that is there twice is refused."""
    answer = http.post(
        f"{partner.base}/oauth2/token",
        content="client_id=a&client_id=b&client_secret=c&code=d",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 422
    assert rules(sandbox) == ["duplicate-field"]


def test_credentials_elsewhere_than_in_the_form_are_breaches(
    partner: Partner, sandbox: Sandbox, http: httpx.Client
) -> None:
    """Basic authentication, query parameters and cookies are recorded."""
    http.post(
        f"{partner.base}/oauth2/token?client_id=x",
        data={"client_id": partner.client.client_id, "client_secret": "y", "code": "z"},
        headers={"Authorization": "Basic eDp5", "Cookie": "session=1"},
    )
    assert sorted(rules(sandbox)) == ["authorization", "cookie", "query-parameter"]


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_secret": "wrong"},
        {"code": "wrong"},
        {"code_verifier": "v" * 43},
    ],
)
def test_wrong_value_is_401(partner: Partner, changes: dict[str, str]) -> None:
    """Anything that does not belong to the login is an invalid request."""
    answer = partner.post_token(partner.code(), **changes)
    assert answer.status_code == 401
    assert answer.json() == INVALID_REQUEST


@pytest.mark.parametrize("verifier", ["v" * 42, "v" * 129, "v" * 50 + "+"])
def test_malformed_verifier_is_422_and_a_breach(
    partner: Partner, sandbox: Sandbox, verifier: str
) -> None:
    """A verifier outside of RFC 7636's alphabet or lengths is refused."""
    assert partner.post_token(partner.code(), code_verifier=verifier).status_code == 422
    assert rules(sandbox) == ["code-verifier"]


def test_verifier_without_a_challenge_is_a_breach(partner: Partner, sandbox: Sandbox) -> None:
    """A verifier is only sent when the authorization carried a challenge."""
    partner.client = sandbox.register_client(
        redirect_uris=partner.client.redirect_uris, require_pkce=False
    )
    code = partner.code(code_challenge=None, code_challenge_method=None)
    assert partner.post_token(code).status_code == 422
    assert rules(sandbox) == ["unknown-field"]


def test_code_is_good_once(partner: Partner) -> None:
    """The second exchange of a code is refused."""
    code = partner.code()
    assert partner.post_token(code).status_code == 200
    assert partner.post_token(code).status_code == 401


def test_failed_exchange_spends_the_code(partner: Partner) -> None:
    """A wrong verifier cannot be followed by a better guess."""
    code = partner.code()
    assert partner.post_token(code, code_verifier="v" * 43).status_code == 401
    assert partner.post_token(code).status_code == 401


def test_code_expires(partner: Partner, sandbox: Sandbox) -> None:
    """A code is valid for 60 seconds."""
    early, late = partner.code(), partner.code("bob")
    sandbox.clock.advance(59)
    assert partner.post_token(early).status_code == 200
    sandbox.clock.advance(1)
    assert partner.post_token(late).status_code == 401


def test_code_belongs_to_its_client(partner: Partner, sandbox: Sandbox) -> None:
    """Another client cannot exchange a code, and does not spend it either."""
    code, own = partner.code(), partner.client
    partner.client = sandbox.register_client(redirect_uris=own.redirect_uris)
    assert partner.post_token(code).status_code == 401
    partner.client = own
    assert partner.post_token(code).status_code == 200


def test_refresh_rotates(partner: Partner, sandbox: Sandbox) -> None:
    """A refresh gives a new pair in the same envelope; the old refresh token is dead."""
    old = partner.tokens()
    answer = partner.refresh(old["refresh_token"])
    assert answer.status_code == 200
    new = answer.json()["data"]
    assert list(new) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]
    assert {new["access_token"], new["refresh_token"]}.isdisjoint(old.values())
    sandbox.clock.advance(1)
    answer = partner.refresh(old["refresh_token"])
    assert answer.status_code == 400
    assert answer.json() == INVALID_TOKEN
    sandbox.clock.advance(1)
    assert partner.refresh(new["refresh_token"]).status_code == 200
    assert sandbox.breaches == []


@pytest.mark.parametrize(("ends", "status"), [(False, 200), (True, 401)])
def test_refresh_may_end_the_old_access_token(
    partner: Partner, sandbox: Sandbox, ends: bool, status: int
) -> None:
    """Whether the old access token outlives a refresh is a switch, for it is not published."""
    sandbox.settings.refresh_ends_access = ends
    old = partner.tokens()
    partner.refresh(old["refresh_token"])
    answer = partner.bearer("GET", "/oauth2/api-key/info", old["access_token"])
    assert answer.status_code == status


def test_refresh_token_lives_600_seconds(partner: Partner, sandbox: Sandbox) -> None:
    """A refresh token is valid for 600 seconds, longer than its access token."""
    alice, bob = partner.tokens(), partner.tokens("bob")
    sandbox.clock.advance(599)
    assert partner.refresh(alice["refresh_token"]).status_code == 200
    sandbox.clock.advance(1)
    assert partner.refresh(bob["refresh_token"]).status_code == 400


def test_access_token_lives_300_seconds(partner: Partner, sandbox: Sandbox) -> None:
    """An access token is valid for expires_in seconds."""
    token = partner.tokens()["access_token"]
    sandbox.clock.advance(299)
    assert partner.bearer("GET", "/oauth2/api-key/info", token).status_code == 200
    sandbox.clock.advance(1)
    assert partner.bearer("GET", "/oauth2/api-key/info", token).status_code == 401


def test_refresh_token_is_sent_as_token(partner: Partner, sandbox: Sandbox) -> None:
    """RFC 6749's names are accepted beside `token`, but not instead of it."""
    token = partner.tokens()["refresh_token"]
    names = {"refresh_token": token, "grant_type": "refresh_token"}
    answer = partner.refresh("", **names)
    assert (answer.status_code, answer.json()["errors"].keys()) == (422, {"token"})
    sandbox.clock.advance(1)
    assert partner.refresh(token, **names).status_code == 200
    assert rules(sandbox) == []
    assert [note.rule for note in sandbox.notes] == ["extra-field"] * 4


def test_refresh_by_the_wrong_client_is_refused(partner: Partner, sandbox: Sandbox) -> None:
    """A refresh token belongs to its client, and the client to its secret."""
    pair = partner.tokens()
    assert partner.refresh(pair["refresh_token"], client_secret="wrong").status_code == 401
    partner.client = sandbox.register_client(redirect_uris=partner.client.redirect_uris)
    sandbox.clock.advance(1)
    assert partner.refresh(pair["refresh_token"]).status_code == 400


def test_access_token_does_not_refresh(partner: Partner) -> None:
    """An access token in the place of a refresh token is invalid."""
    assert partner.refresh(partner.tokens()["access_token"]).json() == INVALID_TOKEN


def test_revoked_tokens_are_dead(partner: Partner, sandbox: Sandbox) -> None:
    """After a revocation by the user, both tokens are invalid."""
    pair = partner.tokens()
    assert sandbox.revoke_tokens("alice", partner.client) == 1
    answer = partner.bearer("GET", "/oauth2/api-key/info", pair["access_token"])
    assert answer.status_code == 401
    assert partner.refresh(pair["refresh_token"]).status_code == 400


def test_address_off_the_allowlist_is_401(partner: Partner, sandbox: Sandbox) -> None:
    """Where addresses are checked, a client with an allowlist gets no tokens from elsewhere."""
    redirect_uris = partner.client.redirect_uris
    sandbox.settings.address_checks = True
    code = partner.code()
    partner.client = sandbox.register_client(
        redirect_uris=redirect_uris, allowed_addresses=["192.0.2.1"]
    )
    assert partner.post_token(code).status_code == 401
    partner.client = sandbox.register_client(
        redirect_uris=redirect_uris, allowed_addresses=["127.0.0.1"]
    )
    assert partner.post_token(partner.code()).status_code == 200


def test_newest_guide_checks_no_address(partner: Partner, sandbox: Sandbox) -> None:
    """By default an allowlist changes nothing, as the newest guide says."""
    partner.client = sandbox.register_client(
        redirect_uris=partner.client.redirect_uris, allowed_addresses=["192.0.2.1"]
    )
    assert partner.tokens()


def test_credentials_of_another_region_are_a_breach(
    partner: Partner, sandbox: Sandbox, http: httpx.Client
) -> None:
    """Neither a client secret nor a token may reach the other region's server."""
    pair = partner.tokens()
    fields = {
        "client_id": partner.client.client_id,
        "client_secret": partner.client.client_secret,
        "token": pair["refresh_token"],
    }
    assert http.post(f"{sandbox.eu_url}/oauth2/refresh_token", data=fields).status_code == 401
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    path = "/api/v4/accounts/balances/main"
    assert http.post(sandbox.eu_url + path, json={}, headers=headers).status_code == 401
    assert rules(sandbox) == ["other-region", "other-region"]


def test_eu_client_gets_tokens_at_the_eu_server(partner: Partner, sandbox: Sandbox) -> None:
    """The EU server does the same exchange for its own clients."""
    partner.client = sandbox.register_client(
        redirect_uris=partner.client.redirect_uris, region="eu"
    )
    pair = partner.tokens()
    assert partner.refresh(pair["refresh_token"]).status_code == 200
    assert sandbox.count(region="global") == 0
    assert sandbox.breaches == []
