"""The login: its link, the callback that ends it, and the gate in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.sandbox.judging import rules
from whitebit_ext.sandbox import Delivery, LoginBlocked, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner


def test_approval_leads_to_a_callback_with_code_and_state(
    partner: Partner, sandbox: Sandbox
) -> None:
    """The callback is the registered redirect URI with a code and the state that was sent."""
    callback = sandbox.person("alice").approve(partner.login_url())
    parts = urlsplit(callback)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == partner.client.redirect_uris[0]
    query = parse_qs(parts.query)
    assert query.keys() == {"code", "state"}
    assert query["state"] == ["some-state"]
    assert sandbox.breaches == []


def test_login_answers_302(partner: Partner, http: httpx.Client) -> None:
    """The link that the partner makes is answered with a redirect."""
    assert http.get(partner.login_url()).status_code == 302


def test_redirect_uri_keeps_its_own_query(partner: Partner, sandbox: Sandbox) -> None:
    """A registered redirect URI with a query gets the code beside what it had."""
    own = "https://partner.example/cb?tenant=7"
    partner.client = sandbox.register_client(redirect_uris=[own])
    callback = sandbox.person("alice").approve(partner.login_url(redirect_uri=own))
    assert callback.startswith(f"{own}&code=")


@pytest.mark.parametrize(
    "changes",
    [
        {"clientId": None},
        {"clientId": "nobody"},
        {"redirect_uri": None},
        {"redirect_uri": "https://partner.example/other"},
        {"redirect_uri": "https://partner.example/whitebit/callback/"},
        {"code_challenge": None},
        {"code_challenge": "short"},
        {"code_challenge": "x" * 44},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
    ],
)
def test_wrong_link_shows_a_page_and_no_callback(
    partner: Partner, http: httpx.Client, changes: dict[str, str | None]
) -> None:
    """A link that breaks a rule of section 2 stops on a page of the sandbox."""
    answer = http.get(partner.login_url(**changes))
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    with pytest.raises(LoginBlocked, match="wrong_link"):
        partner.sandbox.person("alice").approve(partner.login_url(**changes))


@pytest.mark.parametrize("name", ["scope", "response_type", "client_id"])
def test_undocumented_parameter_is_a_breach(
    partner: Partner, sandbox: Sandbox, http: httpx.Client, name: str
) -> None:
    """What RFC 6749 knows and WhiteBIT does not document is refused and recorded."""
    assert http.get(partner.login_url(**{name: "code"})).status_code == 400
    assert rules(sandbox) == ["unknown-field"]


def test_duplicated_parameter_is_a_breach(
    partner: Partner, sandbox: Sandbox, http: httpx.Client
) -> None:
    """A parameter that is there twice is refused and recorded."""
    assert http.get(f"{partner.login_url()}&state=other").status_code == 400
    assert rules(sandbox) == ["duplicate-field"]


def test_missing_state_is_a_breach_and_comes_back_missing(
    partner: Partner, sandbox: Sandbox
) -> None:
    """A login without state is recorded as a breach, and its callback has no state."""
    callback = sandbox.person("alice").approve(partner.login_url(state=None))
    assert "state" not in parse_qs(urlsplit(callback).query)
    assert rules(sandbox) == ["state"]


def test_client_without_pkce_may_leave_the_challenge_out(
    partner: Partner, sandbox: Sandbox
) -> None:
    """A client that was registered without the requirement logs in without a challenge."""
    partner.client = sandbox.register_client(
        redirect_uris=partner.client.redirect_uris, require_pkce=False, scopes=["show.userinfo"]
    )
    code = partner.code(code_challenge=None, code_challenge_method=None, redirect_uri=None)
    assert partner.post_token(code, code_verifier=None).status_code == 200
    assert sandbox.breaches == []


def test_refusal_comes_back_as_access_denied(partner: Partner, sandbox: Sandbox) -> None:
    """A refusing person is sent back with RFC 6749's error and the state."""
    callback = sandbox.person("alice").refuse(partner.login_url())
    assert callback is not None
    assert parse_qs(urlsplit(callback).query) == {
        "error": ["access_denied"],
        "state": ["some-state"],
    }


def test_refusal_without_a_code(partner: Partner, sandbox: Sandbox) -> None:
    """The callback of a refusal can have only the state."""
    sandbox.settings.refusal = "state_only"
    callback = sandbox.person("alice").refuse(partner.login_url())
    assert callback is not None
    assert parse_qs(urlsplit(callback).query) == {"state": ["some-state"]}


def test_refusal_without_a_callback(partner: Partner, sandbox: Sandbox) -> None:
    """A refusal can end on WhiteBIT's page, without a callback."""
    sandbox.settings.refusal = "no_callback"
    assert sandbox.person("alice").refuse(partner.login_url()) is None


@pytest.mark.parametrize(
    ("attribute", "outcome"),
    [
        ("signed_in", "not_logged_in"),
        ("two_factor_enabled", "two_factor_missing"),
        ("verified", "kyc_level"),
        ("eligible", "feature_unavailable"),
    ],
)
def test_gate_blocks_without_a_callback(
    partner: Partner, sandbox: Sandbox, attribute: str, outcome: str
) -> None:
    """A user who does not fulfil a condition of the gate sees its outcome."""
    setattr(sandbox.users[0], attribute, False)
    with pytest.raises(LoginBlocked, match=outcome):
        sandbox.person("alice").approve(partner.login_url())
    with pytest.raises(LoginBlocked, match=outcome):
        sandbox.person("alice").refuse(partner.login_url())


def test_gate_blocks_a_user_with_an_active_key(partner: Partner, sandbox: Sandbox) -> None:
    """A user with an active key of the partner cannot log in again."""
    sandbox.add_key("alice", partner.client)
    with pytest.raises(LoginBlocked, match="partner_key_active_exists"):
        sandbox.person("alice").approve(partner.login_url())


def test_gate_blocks_a_user_with_a_disabled_key(partner: Partner, sandbox: Sandbox) -> None:
    """A disabled key blocks under its own name, since the user has to delete it."""
    sandbox.disable_key(sandbox.add_key("alice", partner.client).external_id)
    with pytest.raises(LoginBlocked, match="partner_key_expired_exists"):
        sandbox.person("alice").approve(partner.login_url())


def test_gate_checks_in_the_order_of_the_contract(partner: Partner, sandbox: Sandbox) -> None:
    """A user who fails every check sees the first one; each remedy leads to the next."""
    user = sandbox.user("alice")
    user.signed_in = user.two_factor_enabled = user.verified = user.eligible = False
    key = sandbox.add_key("alice", partner.client)
    remedies: list[tuple[str, Callable[[], object]]] = [
        ("not_logged_in", lambda: setattr(user, "signed_in", True)),
        ("two_factor_missing", lambda: setattr(user, "two_factor_enabled", True)),
        ("partner_key_active_exists", lambda: sandbox.delete_key(key.external_id)),
        ("kyc_level", lambda: setattr(user, "verified", True)),
        ("feature_unavailable", lambda: setattr(user, "eligible", True)),
    ]
    for outcome, remedy in remedies:
        with pytest.raises(LoginBlocked, match=outcome):
            sandbox.person("alice").approve(partner.login_url())
        remedy()
    assert sandbox.person("alice").approve(partner.login_url())


@pytest.mark.parametrize("manner", ["redirect", "page", "frame"])
def test_ways_to_the_callback(partner: Partner, sandbox: Sandbox, manner: Delivery) -> None:
    """A redirect, a page that leads on and a frame carry the same callback."""
    sandbox.settings.callback = manner
    callback = sandbox.person("alice").approve(partner.login_url())
    assert callback.startswith(f"{partner.client.redirect_uris[0]}?code=")
    refused = sandbox.person("alice").refuse(partner.login_url())
    assert refused is not None
    assert "error=access_denied" in refused
    code = parse_qs(urlsplit(callback).query)["code"][0]
    # The verifier is that of the first login: it is the same for both.
    assert partner.post_token(code).status_code == 200


def test_frame_may_show_the_partner(partner: Partner, sandbox: Sandbox, http: httpx.Client) -> None:
    """The policy of the page with a frame allows the frame, and nothing else."""
    sandbox.settings.callback = "frame"
    login = http.get(partner.login_url()).headers["location"]
    for form in ({"step": "user", "user": "alice"}, {"step": "decision", "decision": "refuse"}):
        answer = http.post(partner.base + login, data=form)
    assert "frame-src *" in answer.headers["content-security-policy"]
    assert "<iframe data-callback src=" in answer.text


def test_gate_lets_pass_after_deletion_and_for_another_client(
    partner: Partner, sandbox: Sandbox
) -> None:
    """A deleted key, or a key of another partner, does not block a login."""
    sandbox.delete_key(sandbox.add_key("alice", partner.client).external_id)
    other = sandbox.register_client(redirect_uris=partner.client.redirect_uris)
    sandbox.add_key("alice", other)
    assert sandbox.person("alice").approve(partner.login_url())


def test_second_factor_is_checked(partner: Partner, sandbox: Sandbox) -> None:
    """A wrong second factor gets no callback."""
    with pytest.raises(LoginBlocked, match="second_factor_wrong"):
        sandbox.person("alice").approve(partner.login_url(), second_factor="000000")


def test_login_of_one_region_is_unknown_to_the_other(
    partner: Partner, http: httpx.Client, sandbox: Sandbox
) -> None:
    """The page of a login at one server does not exist at the other."""
    page = http.get(partner.login_url()).headers["location"]
    assert http.get(sandbox.eu_url + page).status_code == 410


def test_client_of_one_region_is_unknown_to_the_other(
    partner: Partner, http: httpx.Client, sandbox: Sandbox
) -> None:
    """A client that is registered for the global server cannot start a login at the EU server."""
    url = partner.login_url().replace(sandbox.global_url, sandbox.eu_url)
    assert http.get(url).status_code == 400


def test_person_needs_a_user_and_an_offered_permission(partner: Partner, sandbox: Sandbox) -> None:
    """A scripted person can only choose what the page offers."""
    with pytest.raises(ValueError, match="user"):
        sandbox.person("nobody")
    with pytest.raises(ValueError, match="permissions"):
        sandbox.person("alice").approve(partner.login_url(), ["admin"])


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"token_mode": "other"}, "token_mode"),
        ({"region": "moon"}, "region"),
        ({"redirect_uris": "https://partner.example/cb"}, "redirect_uris"),
        ({"redirect_uris": ["/cb"]}, "redirect_uris"),
        ({"redirect_uris": ["https://partner.example/cb#part"]}, "redirect_uris"),
        ({"client_id": "taken"}, "client_id"),
    ],
)
def test_wrong_registration_names_the_argument(
    sandbox: Sandbox, arguments: dict[str, object], name: str
) -> None:
    """A client that cannot be is refused with the name of the argument."""
    sandbox.register_client(client_id="taken")
    with pytest.raises(ValueError, match=f"^{name}:"):
        sandbox.register_client(**arguments)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("permissions", [["nothing"], {"trading": ["/nothing"]}, {"nothing": []}])
def test_unknown_permission_is_named(
    partner: Partner, sandbox: Sandbox, permissions: list[str] | dict[str, list[str]]
) -> None:
    """A key cannot be made with what does not exist."""
    with pytest.raises(ValueError, match=r"^permissions:"):
        sandbox.add_key("alice", partner.client, permissions)
    assert sandbox.keys == []
