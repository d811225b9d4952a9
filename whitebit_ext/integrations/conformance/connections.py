"""After the login: the state of the connection, and its end."""

from __future__ import annotations

from .browser import Application, Applied


class ConnectionConformance(Applied):
    """Tests of ``status`` and ``disconnect``."""

    def test_own_user_only(self, application: Application) -> None:
        """Each user sees the own connection."""
        alice, bob = application.browser("alice"), application.browser("bob")
        alice.connect("alice")
        assert alice.state() == "connected"
        assert bob.state() == "none"
        assert alice.get("status.json").headers["cache-control"] == "no-store"
        assert "Connected" in alice.get("status").text
        assert "Not connected" in bob.get("status").text

    def test_already_connected(self, application: Application) -> None:
        """Who has a working key is told so, and can still connect a different account."""
        browser = application.browser("alice")
        browser.connect("alice")
        page = browser.get("connect")
        assert page.status_code == 409
        assert browser.post_json("connect", {}).status_code == 409
        answer = browser.submit(page, "Connect a different account")
        assert answer.status_code == 303
        assert browser.get(browser.approved(answer.headers["location"], "bob")).status_code == 303
        assert browser.state() == "connected"

    def test_disconnect_and_reconnect(self, application: Application) -> None:
        """Disconnecting deletes the key at WhiteBIT, also for programs; then all begins anew."""
        browser = application.browser("alice")
        browser.connect("alice")
        answer = browser.post_json("disconnect", {})
        assert (answer.status_code, answer.json()) == (200, {"remote": "deleted"})
        assert self.keys(application) == []
        assert browser.state() == "none"
        assert browser.post_json("disconnect", {}).json() == {"remote": "absent"}
        browser.connect("bob")
        answer = browser.submit(browser.get("status"), "Disconnect")
        assert (answer.status_code, answer.headers["location"]) == (303, "status")
        assert self.keys(application) == []
        assert browser.state() == "none"

    def test_other_methods(self, application: Application) -> None:
        """Forms have addresses that a link cannot use."""
        browser = application.browser("alice")
        for route in ("disconnect", "complete"):
            answer = browser.get(route)
            assert answer.status_code == 405
            assert answer.headers["allow"] == "POST"
        assert browser.head("status").status_code == 200
