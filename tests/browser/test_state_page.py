"""The sandbox's own page: what it shows, and what its controls do."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from whitebit_ext import WhiteBIT
from whitebit_ext.sandbox import Sandbox

from .pages import Pages


@pytest.fixture
def pages(browser: Chrome, pictures: Path | None) -> Pages:
    """Return the pages in the browser."""
    return Pages(browser, pictures)


def test_page_shows_what_happened(pages: Pages, sandbox: Sandbox, partner: WhiteBIT) -> None:
    """The page shows users, client, key and requests of a whole flow, and no secret."""
    login = partner.authorize("customer-7")
    callback = sandbox.person("alice").approve(login.url, ["trading"])
    key = partner.connect(callback, binding=login.binding, user_id="customer-7").api_key.issue()
    sandbox.faults.add("exchange_code", kind="drop_after")
    pages.browser.set_window_size(1300, 1700)
    pages.open(f"{sandbox.global_url}/sandbox/")
    pages.picture("state")
    assert pages.heading == "Sandbox"
    for shown in ("alice", "bob", "copy-trader", key.external_id, "trading", "drop_after"):
        assert shown in pages.text
    assert "POST /oauth2/token" in pages.text
    source = pages.browser.page_source
    assert [value for value in sandbox.issued_values() if value in source] == []


def test_clock_is_frozen_and_resumed(pages: Pages, sandbox: Sandbox) -> None:
    """The clock's button freezes the sandbox's clock, and its label names its next action."""
    pages.open(f"{sandbox.global_url}/sandbox/")
    pages.press("Freeze")
    assert sandbox.clock.frozen
    before = sandbox.clock.now()
    pages.press("+10 min")
    assert sandbox.clock.now() == before + 600
    pages.press("Resume")
    assert not sandbox.clock.frozen


def test_reset_button(pages: Pages, sandbox: Sandbox) -> None:
    """One button empties the sandbox."""
    pages.open(f"{sandbox.global_url}/sandbox/")
    pages.press("Delete everything")
    assert sandbox.users == []
    assert "No users yet." in pages.text
