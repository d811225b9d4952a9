"""A user's way through an application in Chromium, the same in each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from whitebit_ext.integrations.conformance import Application, ConnectConformance

from .applications import Running
from .pages import Pages

_COMPLETE = """
const [approve, done] = arguments;
const token = (document.cookie.match(/csrftoken=([^;]+)/) || [])[1] || "";
const headers = {"Content-Type": "application/json", "X-CSRFToken": token};
fetch("/whitebit/" + approve.route, {method: "POST", headers, body: JSON.stringify(approve.body)})
  .then(async answer => done([answer.status, await answer.json()]));
"""


class Walks(ConnectConformance):
    """The suite over sockets, and the walks; the module of a subclass has a fixture `served`."""

    @pytest.fixture
    def running(self, served: Running) -> Running:
        """Return the application, with nobody connected; it must keep the contract."""
        assert served.sandbox.breaches == []
        served.reset()
        return served

    @pytest.fixture
    def application(self, running: Running) -> Application:
        """Return what the conformance suite visits."""
        return running.application()

    @pytest.fixture
    def pages(self, browser: Chrome, running: Running, pictures: Path | None) -> Iterator[Pages]:
        """Return the browser, signed in as alice."""
        pages = Pages(browser, pictures)
        whole = browser.get_window_size()
        browser.set_window_size(760, 700)
        pages.open(f"{running.url}/login")
        browser.find_element(By.NAME, "user").send_keys("alice")
        pages.press("Sign in")
        assert pages.heading == "Settings"
        yield pages
        browser.set_window_size(whole["width"], whole["height"])

    def start(self, pages: Pages, running: Running) -> None:
        """Follow the application's link, and go to WhiteBIT."""
        pages.open(f"{running.url}/settings")
        self.follow(pages, "Connect WhiteBIT")
        assert "alice" in pages.text
        pages.picture("connect")
        pages.press("Continue to WhiteBIT")
        assert pages.heading == "Sign in"

    def consent(self, pages: Pages, name: str, *permissions: str) -> None:
        """Sign in at WhiteBIT, and approve."""
        pages.choose(name)
        pages.press("Continue")
        for permission in permissions:
            pages.choose(permission)
        pages.type_second_factor("246810")
        pages.press("Approve")

    def follow(self, pages: Pages, link: str) -> None:
        """Click a link."""
        pages.browser.find_element(By.LINK_TEXT, link).click()

    def becomes(self, pages: Pages, heading: str) -> None:
        """Wait until the page, which reloads itself, has a heading."""
        WebDriverWait(pages.browser, 10, 0.05).until(lambda _: self.heading(pages) == heading)

    @staticmethod
    def heading(pages: Pages) -> str:
        """Return the heading of the page, also between two documents."""
        script = "return (document.querySelector('h1') || {}).textContent || ''"
        return str(pages.browser.execute_script(script))

    def test_a_users_day(self, pages: Pages, running: Running) -> None:
        """Connect slowly, see balances, disconnect, grant too little, connect another account."""
        sandbox = running.sandbox
        sandbox.user("alice").choosing_time = 15.0
        self.start(pages, running)
        self.consent(pages, "alice", "Trading")
        assert pages.heading == "Waiting for your key"
        assert pages.browser.current_url == f"{running.url}/whitebit/status"
        pages.picture("waiting")
        sandbox.clock.advance(15.0)
        self.becomes(pages, "Connected")
        assert "Trading" in pages.text
        pages.picture("connected")
        self.follow(pages, "Continue")
        assert "1.5" in pages.text
        self.follow(pages, "Your connection")
        assert "We ask WhiteBIT to delete the API key" in pages.text
        pages.press("Disconnect")
        assert pages.heading == "Not connected"
        assert self.keys(running.application()) == []

        sandbox.user("alice").choosing_time = None
        self.start(pages, running)
        self.consent(pages, "alice", "Convert")
        self.becomes(pages, "The permissions do not fit")
        assert "Missing: Trading" in pages.text
        pages.picture("insufficient")
        pages.press("Disconnect")

        self.start(pages, running)
        self.consent(pages, "alice", "Trading")
        self.becomes(pages, "Connected")
        for _ in range(8):  # every worker has shown the first account
            pages.open(f"{running.url}/settings")
            assert "1.5" in pages.text
        pages.open(f"{running.url}/whitebit/connect")
        assert pages.heading == "Your account is already connected"
        pages.picture("already-connected")
        pages.press("Connect a different account")
        self.consent(pages, "bob", "Trading")
        self.becomes(pages, "Connected")
        for _ in range(8):  # and none of them shows it any longer
            pages.open(f"{running.url}/settings")
            assert "77.25" in pages.text

    def test_two_tabs_in_a_browser(self, pages: Pages, running: Running) -> None:
        """A second tab does not end the login of the first."""
        self.start(pages, running)
        first = pages.browser.current_window_handle
        pages.browser.switch_to.new_window("tab")
        try:
            self.start(pages, running)
        finally:
            pages.browser.close()
            pages.browser.switch_to.window(first)
        self.consent(pages, "alice", "Trading")
        self.becomes(pages, "Connected")

    def test_strict_session_in_a_browser(self, pages: Pages, running: Running) -> None:
        """A session cookie that does not come with the callback comes with the page after it."""
        browser = pages.browser
        names = running.application().session
        (session,) = [cookie for cookie in browser.get_cookies() if cookie["name"] in names]
        browser.delete_cookie(session["name"])
        browser.add_cookie({**session, "sameSite": "Strict"})
        self.start(pages, running)
        self.consent(pages, "alice", "Trading")
        self.becomes(pages, "Connected")
        assert browser.current_url == f"{running.url}/whitebit/status"

    def test_refusal(self, pages: Pages, running: Running) -> None:
        """A user who refuses is told that nothing is connected, and can start again."""
        self.start(pages, running)
        pages.choose("alice")
        pages.press("Continue")
        pages.press("Refuse")
        assert pages.heading == "You did not allow access"
        self.follow(pages, "Start again")
        assert pages.heading == "Connect WhiteBIT"

    def test_callbacks_that_are_not_genuine(self, pages: Pages, running: Running) -> None:
        """Forged, shadowed or without its binding, a callback connects nothing; nor replayed."""
        browser = pages.browser

        def callback() -> str:
            self.start(pages, running)
            login = browser.current_url
            script = "return performance.getEntriesByType('navigation')[0].name"
            login = str(browser.execute_script(script)) or login
            return running.sandbox.person("alice").approve(login, ["trading"])

        genuine = callback()
        for forged in (
            re.sub("state=[^&]+", "state=" + "x" * 48, genuine),
            re.sub("code=[^&]+", "error=access_denied", re.sub("state=[^&]+", "state=x", genuine)),
        ):
            pages.open(forged)
            assert pages.heading in ("This login cannot be finished", "Start again")
        (cookie,) = [c for c in browser.get_cookies() if c["name"].startswith("whitebit-")]
        browser.add_cookie({**cookie, "value": f"v1.1.{'x' * 43}", "path": "/whitebit/"})
        pages.open(genuine)
        assert pages.heading == "Start again"
        pages.picture("start-again")
        browser.execute_cdp_cmd(
            "Network.deleteCookies",
            {"name": cookie["name"], "url": running.url, "path": "/whitebit/"},
        )
        pages.open(genuine)
        self.becomes(pages, "Connected")
        pages.open(genuine)
        assert pages.heading == "Connected"
        assert self.exchanges(running.application()) == 1

    def test_a_single_page_application(self, pages: Pages, running: Running) -> None:
        """A script starts and finishes a login over JSON, without the cookies of the login."""
        browser = pages.browser

        def send(route: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            status, value = browser.execute_async_script(_COMPLETE, {"route": route, "body": body})
            return status, value

        pages.open(f"{running.url}/whitebit/connect")  # for the token of Django
        status, started = send("connect", {})
        assert status == 200
        callback = running.sandbox.person("alice").approve(started["url"], ["trading"])
        for cookie in browser.get_cookies():
            if cookie["name"].startswith("whitebit-"):
                browser.delete_cookie(cookie["name"])
        status, error = send("complete", {"callback": callback, "binding": "x" * 43})
        assert (status, error["error"]["action"]) == (400, "start_again")
        status, _ = send("complete", {"callback": callback, "binding": started["binding"]})
        assert status == 200
        pages.open(f"{running.url}/whitebit/status")
        self.becomes(pages, "Connected")
