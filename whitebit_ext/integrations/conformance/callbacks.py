"""The callback: once, by the browser and user that started the login."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from .browser import Application, Applied, Browser


class CallbackConformance(Applied):
    """Tests of ``callback``, ``finish`` and ``complete``."""

    def test_the_code_leaves_the_address_bar(self, application: Application) -> None:
        """The callback exchanges the code and leads on, and does not wait for the key."""
        browser = application.browser("alice")
        answer = browser.get(browser.approve("alice"))
        assert (answer.status_code, answer.headers["location"]) == (303, "status")
        assert self.exchanges(application) == 1
        assert application.sandbox.count("GET", "/oauth2/api-key/info") == 0
        assert browser.state() == "connected"

    def test_head(self, application: Application) -> None:
        """HEAD is refused and consumes nothing."""
        browser = application.browser("alice")
        route = browser.approve("alice")
        assert browser.head(route).status_code == 405
        self.finishes(application, browser, route)

    def test_prefetch(self, application: Application) -> None:
        """A prefetch gets a 503 that is not stored, and consumes nothing."""
        browser = application.browser("alice")
        route = browser.approve("alice")
        for headers in (
            {"Sec_Purpose": "prefetch"},
            {"Sec_Purpose": "prefetch;prerender"},
            {"Purpose": "prefetch"},
        ):
            answer = browser.get(route, **headers)
            assert answer.status_code == 503
            assert answer.headers["cache-control"] == "no-store"
            assert "Sec-Purpose" in answer.headers["vary"]
        self.finishes(application, browser, route)

    def test_not_a_page(self, application: Application) -> None:
        """A callback that is no page of its own is refused, and consumes nothing."""
        browser = application.browser("alice")
        route = browser.approve("alice")
        for kind in ("iframe", "image", "script", "empty"):
            assert browser.get(route, Sec_Fetch_Dest=kind).status_code == 400
        self.finishes(application, browser, route)

    def test_two_tabs(self, application: Application) -> None:
        """Two logins of one browser are open at once, and both finish."""
        browser = application.browser("alice")
        first, second = browser.start(), browser.start()
        assert len(browser.bindings()) == 2
        for login in (second, first):
            # The first login has made a key, which WhiteBIT asks the user to delete first.
            for key in self.keys(application):
                application.sandbox.delete_key(key)
            answer = browser.get(browser.approved(login, "alice"))
            assert answer.status_code == 303, answer.text
        assert self.exchanges(application) == 2
        assert browser.state() == "connected"

    def test_parallel_duplicates(self, application: Application) -> None:
        """A callback that arrives several times at once is exchanged once."""
        browser = application.browser("alice")
        route = browser.approve("alice")
        cookie = "; ".join(f"{c.name}={c.value}" for c in browser.client.cookies.jar)

        def send(_: int) -> httpx.Response:
            with application.client() as client:
                headers = {"Cookie": cookie, "Sec-Fetch-Dest": "document"}
                return client.get(browser.address(route), headers=headers)

        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(send, range(4)))
        assert self.exchanges(application) == 1
        assert {answer.status_code for answer in answers} == {303}
        assert browser.state() == "connected"

    def test_repeated(self, application: Application) -> None:
        """The same callback again is answered by its outcome; another code is refused."""
        browser = application.browser("alice")
        route = browser.approve("alice")
        for _ in range(2):
            assert browser.get(route).status_code == 303
        assert browser.get(f"{route}0").status_code == 400  # the state, or the code, is another
        state = browser.address(route).partition("state=")[2].partition("&")[0]
        assert browser.get(f"callback?state={state}&code=another").status_code == 400
        assert self.exchanges(application) == 1
        assert browser.state() == "connected"

    def test_lost_binding(self, application: Application) -> None:
        """Another browser of the same user cannot finish a login; nothing is consumed."""
        browser, other = application.browser("alice"), application.browser("alice")
        route = browser.approve("alice")
        answer = other.get(route)
        assert answer.status_code == 400
        assert "Start again" in answer.text
        assert other.state() != "connected"
        self.finishes(application, browser, route)

    def test_another_users_callback(self, application: Application) -> None:
        """Who is made to open the callback of an attacker does not get the attacker's account."""
        attacker, victim = application.browser("bob"), application.browser("alice")
        route = attacker.approve("bob")
        victim.start()
        assert victim.get(route).status_code == 400
        assert victim.state() in ("none", "login")
        assert self.exchanges(application) == 0

    def test_forged_cookie_name(self, application: Application) -> None:
        """A cookie whose name only resembles the genuine one is not read as it."""
        browser = application.browser("alice")
        route = browser.approve("alice")
        for shadow in ("\xa0{}", "{}\xa0", "{}.x", "x{}"):

            def forge(name: str, value: str, shadow: str = shadow) -> str:
                return f"{shadow.format(name)}={value}"

            self.refuses(application, browser, route, forge)

    def test_shadowed_cookie(self, application: Application) -> None:
        """Where a cookie comes twice, neither is believed."""
        browser = application.browser("alice")
        route = browser.approve("alice")
        self.refuses(application, browser, route, lambda n, v: f"{n}=v1.1.{'x' * 43}; {n}={v}")
        self.finishes(application, browser, route)

    def refuses(
        self,
        application: Application,
        browser: Browser,
        route: str,
        forge: Callable[[str, str], str],
    ) -> None:
        """Send a callback with the cookies of logins changed, and expect a refusal."""
        bindings = browser.bindings()
        cookies = [
            forge(cookie.name, cookie.value or "")
            if cookie.name in bindings
            else f"{cookie.name}={cookie.value}"
            for cookie in browser.client.cookies.jar
        ]
        with application.client() as client:
            answer = client.get(
                browser.address(route), headers=[(b"Cookie", "; ".join(cookies).encode("latin-1"))]
            )
        assert answer.status_code == 400
        assert self.exchanges(application) == 0

    def test_forged_refusal(self, application: Application) -> None:
        """An ``error`` without the binding changes nothing; with it, the user is told."""
        browser, other = application.browser("alice"), application.browser("alice")
        login = browser.start()
        state = login.partition("state=")[2].partition("&")[0]
        route = f"callback?error=access_denied&state={state}"
        assert other.get(route).status_code == 400
        self.finishes(application, browser, browser.approved(login, "alice"))
        login = application.browser("bob").start()
        refused = application.browser("bob")
        state = refused.start().partition("state=")[2].partition("&")[0]
        answer = refused.get(f"callback?error=access_denied&state={state}")
        assert answer.status_code == 400
        assert "did not allow access" in answer.text

    def test_repeated_parameters(self, application: Application) -> None:
        """A callback with two codes is malformed (RFC 6749, section 3.1)."""
        browser = application.browser("alice")
        route = browser.approve("alice")
        assert browser.get(f"{route}&code=another").status_code == 400
        self.finishes(application, browser, route)

    def test_strict_session(self, application: Application) -> None:
        """Where the session does not come with the callback, a page of the site leads on."""
        browser = application.browser("alice")
        route = browser.approve("alice")
        strict = application.browser()
        for cookie in browser.client.cookies.jar:
            if cookie.name not in application.session:
                strict.client.cookies.jar.set_cookie(cookie)
        page = strict.get(route)
        assert page.status_code == 200
        assert 'href="finish"' in page.text
        assert self.exchanges(application) == 0
        answer = strict.get("finish")
        assert answer.status_code in (303, 401)
        assert answer.headers.get("location") != "status"
        for cookie in browser.client.cookies.jar:
            if cookie.name in application.session:
                strict.client.cookies.jar.set_cookie(cookie)
        answer = strict.get("finish")
        assert (answer.status_code, answer.headers["location"]) == (303, "status"), answer.text
        assert strict.state() == "connected"
        assert strict.get("finish").status_code == 400

    def test_wrong_user(self, application: Application) -> None:
        """Who has signed in as somebody else meanwhile gets a 403, and nothing is consumed."""
        browser = application.browser("alice")
        route = browser.approve("alice")
        application.sign_in(browser, "bob")
        assert browser.get(route).status_code == 403
        assert self.exchanges(application) == 0
        application.sign_in(browser, "alice")
        self.finishes(application, browser, route)

    def test_expiry(self, application: Application) -> None:
        """A login that took too long is gone."""
        if application.advance is None:
            pytest.skip("the application's clock cannot be moved")
        browser = application.browser("alice")
        route = browser.approve("alice")
        application.advance(601.0)
        answer = browser.get(route)
        assert answer.status_code == 410
        assert "too long" in answer.text
        assert self.exchanges(application) == 0

    def test_a_program_finishes(self, application: Application) -> None:
        """A single-page or mobile application starts and finishes a login with JSON."""
        browser = application.browser("alice")
        browser.get("connect")  # for the token of Django
        started = browser.post_json("connect", {})
        assert started.status_code == 200, started.text
        assert set(started.json()) == {"url", "expires_at", "binding"}
        person = application.sandbox.person("alice")
        callback = person.approve(started.json()["url"], ["trading"])
        browser.forget(*browser.bindings())
        for binding in ("x" * 43, ""):
            given = {"callback": callback, "binding": binding}
            assert browser.post_json("complete", given).status_code == 400
        given = {"callback": callback, "binding": started.json()["binding"]}
        forged = browser.post_json(
            "complete", given, Origin="https://evil.example", Sec_Fetch_Site="cross-site"
        )
        assert forged.status_code == 403
        answer = browser.post_json("complete", given)
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "connected"
        assert urlsplit(callback).query not in answer.text

    def finishes(self, application: Application, browser: Browser, route: str) -> None:
        """Expect that a callback still works."""
        assert self.exchanges(application) == 0
        answer = browser.get(route)
        assert answer.status_code == 303, answer.text
        assert self.exchanges(application) == 1
        assert browser.state() == "connected"
