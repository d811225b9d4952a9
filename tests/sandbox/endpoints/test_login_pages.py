"""The pages of a login: the forms that they take, and when they are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from whitebit_ext.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner


def test_login_is_used_once(partner: Partner, http: httpx.Client, sandbox: Sandbox) -> None:
    """A finished login's page is gone, so that one approval gives one code."""
    page = http.get(partner.login_url()).headers["location"]
    address = partner.base + page
    http.post(address, data={"step": "user", "user": "alice"})
    decision = {"step": "decision", "decision": "approve", "second_factor": "246810"}
    assert http.post(address, data=decision).status_code == 302
    assert http.post(address, data=decision).status_code == 410
    assert len(sandbox.issued_values("code")) == 1


def test_login_expires(partner: Partner, http: httpx.Client, sandbox: Sandbox) -> None:
    """A consent page that was left open too long is over."""
    address = partner.base + http.get(partner.login_url()).headers["location"]
    sandbox.clock.advance(sandbox.settings.login_lifetime)
    assert http.get(address).status_code == 410


def test_pages_escape_what_they_show(
    partner: Partner, http: httpx.Client, sandbox: Sandbox
) -> None:
    """A name with markup in it is shown as text."""
    sandbox.add_user("<script>alert(1)</script>")
    page = http.get(partner.login_url(), follow_redirects=True).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def opened(partner: Partner, user: str | None = "alice") -> str:
    """Open a login, choose a user unless None, and return the page's address."""
    address = partner.base + partner.http.get(partner.login_url()).headers["location"]
    if user is not None:
        partner.http.post(address, data={"step": "user", "user": user})
    return address


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({}, "Approve or refuse."),
        ({"decision": "later"}, "Approve or refuse."),
        ({"decision": "approve"}, "The second factor is wrong."),
        ({"decision": "approve", "second_factor": "246811"}, "The second factor is wrong."),
        (
            {"decision": "approve", "second_factor": "246810", "permission": "admin"},
            "This permission does not exist.",
        ),
    ],
)
def test_invalid_form_can_be_corrected(
    partner: Partner, http: httpx.Client, sandbox: Sandbox, form: dict[str, str], text: str
) -> None:
    """An invalid form shows the page again, issues no code, and can be submitted again."""
    address = opened(partner)
    answer = http.post(address, data={"step": "decision", **form})
    assert answer.status_code == 422
    assert text in answer.text
    assert sandbox.issued_values("code") == frozenset()
    right = {"step": "decision", "decision": "approve", "second_factor": " 246810 "}
    assert http.post(address, data=right).status_code == 302


@pytest.mark.parametrize("user", [None, "nobody"])
def test_decision_needs_a_user(partner: Partner, http: httpx.Client, user: str | None) -> None:
    """A decision requires a signed-in user who exists."""
    address = opened(partner, user)
    right = {"step": "decision", "decision": "approve", "second_factor": "246810"}
    assert http.post(address, data=right).status_code == 303
    assert "Continue as" in http.get(address).text


def test_refusal_is_final(partner: Partner, http: httpx.Client) -> None:
    """After a refusal the same page cannot approve."""
    address = opened(partner)
    assert http.post(address, data={"step": "decision", "decision": "refuse"}).status_code == 302
    right = {"step": "decision", "decision": "approve", "second_factor": "246810"}
    assert http.post(address, data=right).status_code == 410


def test_gate_is_asked_again_at_the_decision(
    partner: Partner, http: httpx.Client, sandbox: Sandbox
) -> None:
    """A key that was created while the page was open prevents the approval."""
    address = opened(partner)
    sandbox.add_key("alice", partner.client)
    right = {"step": "decision", "decision": "approve", "second_factor": "246810"}
    assert "partner_key_active_exists" in http.post(address, data=right).text


def test_sandbox_without_users_says_so(
    partner: Partner, http: httpx.Client, sandbox: Sandbox
) -> None:
    """The login page of an empty sandbox says that there are no users."""
    sandbox.reset()
    partner.client = sandbox.register_client(redirect_uris=partner.client.redirect_uris)
    assert "no users yet" in http.get(opened(partner, None)).text
