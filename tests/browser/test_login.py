"""A login in a browser: login URL, checks, consent, second factor, callback."""

from __future__ import annotations

import queue
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from selenium.webdriver import Chrome

from whitebit_ext import WhiteBIT
from whitebit_ext.errors import AuthorizationDenied
from whitebit_ext.sandbox import PartnerClient, Refusal, Sandbox

from .conftest import Callback
from .pages import Pages


@pytest.fixture
def pages(browser: Chrome, pictures: Path | None) -> Pages:
    """Return the pages in the browser."""
    return Pages(browser, pictures)


def sign_in(pages: Pages, url: str, name: str) -> None:
    """Follow the partner's link, and sign in."""
    pages.open(url)
    assert pages.heading == "Sign in"
    pages.choose(name)
    pages.press("Continue")


def came(callback: Callback) -> str:
    """Return the URL of the only callback."""
    url = callback.arrived.get(timeout=10)
    assert_nobody_came(callback)
    return url


def assert_nobody_came(callback: Callback) -> None:
    """Fail if there was a callback."""
    with pytest.raises(queue.Empty):
        callback.arrived.get_nowait()


def test_approval(pages: Pages, partner: WhiteBIT, callback: Callback) -> None:
    """The permissions that are ticked at the end are granted, after a wrong second factor."""
    login = partner.authorize("customer-7")
    pages.open(login.url)
    pages.picture("sign-in")
    sign_in(pages, login.url, "bob")
    assert "Signed in as bob" in pages.text
    assert "copy-trader" in pages.text
    assert callback.url in pages.text
    pages.choose("Trading")
    pages.choose("Convert")
    assert pages.ticked() == {"Trading", "Convert"}
    pages.choose("Convert")
    pages.type_second_factor("000000")
    pages.picture("consent")
    pages.press("Approve")
    pages.picture("second-factor-wrong")
    assert pages.alert == "The second factor is wrong."
    assert pages.field("Second factor").get_attribute("aria-invalid") == "true"
    assert pages.ticked() == {"Trading"}
    pages.choose("Main account")
    pages.type_second_factor("246810")
    pages.press("Approve")
    assert pages.heading == "Back at the partner"
    user = partner.connect(came(callback), binding=login.binding, user_id="customer-7")
    user.api_key.issue()
    assert set(user.api_key.info().granted) == {"trading", "main_account"}


def test_approval_without_permissions(pages: Pages, partner: WhiteBIT, callback: Callback) -> None:
    """A user can approve without permissions; the key then exists and permits nothing."""
    login = partner.authorize("customer-7")
    sign_in(pages, login.url, "alice")
    pages.type_second_factor("246810")
    pages.press("Approve")
    user = partner.connect(came(callback), binding=login.binding, user_id="customer-7")
    user.api_key.issue()
    assert not user.api_key.info().granted


def test_refusal(pages: Pages, partner: WhiteBIT, callback: Callback) -> None:
    """A refusal needs no second factor, and is raised as `AuthorizationDenied`."""
    login = partner.authorize("customer-7")
    sign_in(pages, login.url, "alice")
    pages.press("Refuse")
    assert pages.heading == "Back at the partner"
    url = came(callback)
    assert "code" not in parse_qs(urlsplit(url).query)
    with pytest.raises(AuthorizationDenied):
        partner.connect(url, binding=login.binding, user_id="customer-7")


def test_refusal_without_a_callback(
    pages: Pages, sandbox: Sandbox, partner: WhiteBIT, callback: Callback
) -> None:
    """A refusal can also end on WhiteBIT's own page, without a callback."""
    refusal: Refusal = "no_callback"
    sandbox.settings.refusal = refusal
    sign_in(pages, partner.authorize("customer-7").url, "alice")
    pages.press("Refuse")
    pages.picture("refused")
    assert pages.heading == "Nothing was granted"
    assert_nobody_came(callback)


@pytest.mark.parametrize(
    ("attribute", "outcome"),
    [
        ("signed_in", "not_logged_in"),
        ("two_factor_enabled", "two_factor_missing"),
        ("verified", "kyc_level"),
        ("eligible", "feature_unavailable"),
        ("key", "partner_key_active_exists"),
        ("disabled_key", "partner_key_expired_exists"),
    ],
)
def test_blocked_login(
    pages: Pages,
    sandbox: Sandbox,
    client: PartnerClient,
    partner: WhiteBIT,
    callback: Callback,
    attribute: str,
    outcome: str,
) -> None:
    """Each reason to block a login is named on a page without a callback."""
    (alice,) = [user for user in sandbox.users if user.name == "alice"]
    if attribute in ("key", "disabled_key"):
        key = sandbox.add_key("alice", client)
        key.disabled = attribute == "disabled_key"
    else:
        setattr(alice, attribute, False)
    sign_in(pages, partner.authorize("customer-7").url, "alice")
    pages.picture(f"blocked-{outcome}")
    assert pages.heading == "You cannot connect now"
    assert outcome in pages.text
    assert pages.alert
    assert not pages.browser.find_elements("css selector", "button, a[href]")
    assert_nobody_came(callback)


def test_wrong_link(pages: Pages, partner: WhiteBIT, sandbox: Sandbox, callback: Callback) -> None:
    """A link with an unregistered redirect URI shows an error and redirects nowhere."""
    url = partner.authorize("customer-7").url.replace("callback", "elsewhere")
    pages.open(url)
    pages.picture("wrong-link")
    assert pages.heading == "The partner's link is wrong"
    assert "redirect_uri is not registered." in pages.text
    assert_nobody_came(callback)


def test_finished_login(pages: Pages, partner: WhiteBIT, callback: Callback) -> None:
    """A consent page works once; going back to it issues no second code."""
    login = partner.authorize("customer-7")
    sign_in(pages, login.url, "alice")
    consent = pages.browser.current_url
    pages.type_second_factor("246810")
    pages.press("Approve")
    came(callback)
    pages.open(consent)
    pages.picture("over")
    assert pages.heading == "This login is over"
    assert_nobody_came(callback)
