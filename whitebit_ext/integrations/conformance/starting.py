"""Before the login: the question, who may ask it, and where it leads."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from .browser import Application, Applied

EVIL = (
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "/%0d%0aLocation:evil\n",
    "evil.example",
    "/" + "a" * 2_001,
    "/\tevil",
)


class StartConformance(Applied):
    """Tests of ``connect``."""

    def test_the_question_names_the_account(self, application: Application) -> None:
        """A GET shows which account gets the key, and leads nowhere by itself."""
        page = application.browser("alice").get("connect")
        assert page.status_code == 200
        assert "alice" in page.text
        assert "location" not in page.headers

    def test_the_button_leads_to_whitebit(self, application: Application) -> None:
        """The form is answered with 303 to WhiteBIT, and with one cookie of the binding."""
        browser = application.browser("alice")
        location = browser.start()
        assert location.startswith(f"{application.sandbox.global_url}/auth/login?")
        (name,) = browser.bindings()
        (cookie,) = [c for c in browser.client.cookies.jar if c.name == name]
        assert (cookie.path, cookie.domain_specified) == ("/", False)
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.get_nonstandard_attr("SameSite") == "Lax"
        secure = application.redirect_uri.startswith("https")
        assert (cookie.secure, name.startswith("__Host-")) == (secure, secure)
        state = dict(pair.split("=") for pair in urlsplit(location).query.split("&"))["state"]
        assert state not in f"{name}={cookie.value}"

    def test_at_most_five_bindings(self, application: Application) -> None:
        """A browser keeps the cookies of five logins."""
        browser = application.browser("alice")
        for _ in range(7):
            browser.start()
        assert len(browser.bindings()) == 5

    def test_nobody_is_signed_in(self, application: Application) -> None:
        """Without a user there is a 401, or the way to the sign-in page of the application."""
        browser = application.browser()
        assert browser.get("finish").status_code == 400  # there is nothing to finish
        for route in ("connect", "status"):
            answer = browser.get(route)
            if answer.status_code != 401:
                assert answer.status_code == 303
                leads = urlsplit(answer.headers["location"])
                assert not leads.netloc
                assert "next=/" in leads.query

    def test_programs_get_a_401(self, application: Application) -> None:
        """JSON is never answered with a redirect."""
        answer = application.browser().get("status.json", Accept="application/json")
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "sign_in"

    def test_forged_forms(self, application: Application) -> None:
        """A form that another site sends is refused, and starts nothing."""
        browser = application.browser("alice")
        browser.get("connect")
        for route in ("connect", "disconnect"):
            for headers in (
                {"Origin": "null", "Sec_Fetch_Site": "cross-site"},
                {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"},
                {"Origin": "https://evil.example", "Sec_Fetch_Site": "same-site"},
            ):
                assert browser.post(route, {}, **headers).status_code == 403
        assert browser.bindings() == {}

    def test_a_form_without_origin(self, application: Application) -> None:
        """A form that does not show where it comes from is refused."""
        browser = application.browser("alice")
        answer = browser.client.post(browser.address("connect"), data={})
        assert answer.status_code == 403
        assert browser.bindings() == {}

    def test_another_host(self, application: Application) -> None:
        """On another host than the redirect URI's, the user is led there before anything starts."""
        browser = application.browser("alice")
        host = urlsplit(application.redirect_uri).netloc
        for method in ("GET", "POST"):
            answer = browser.client.request(
                method,
                browser.address("connect"),
                headers={"Host": f"www.{host}", "Sec-Fetch-Site": "same-origin"},
            )
            if answer.status_code in (400, 403):  # of the application: it does not serve this host
                continue
            assert answer.status_code == 303
            wanted = urljoin(application.redirect_uri, "connect")
            assert answer.headers["location"].partition("?")[0] == wanted
        assert browser.bindings() == {}

    def test_evil_ways_back(self, application: Application) -> None:
        """A ``next`` that leaves the application is dropped."""
        browser = application.browser("alice")
        for after in EVIL:
            page = browser.client.get(browser.address("connect"), params={"next": after})
            assert 'name="next"' not in page.text
            assert "evil" not in page.text
            answer = browser.post("connect", {**browser.hidden(page), "next": after})
            assert answer.status_code == 303
            assert all("next" not in cookie.name for cookie in browser.client.cookies.jar)

    def test_the_way_back(self, application: Application) -> None:
        """A ``next`` within the application is where the pages lead at the end."""
        browser = application.browser("alice")
        page = browser.get("connect?next=/portfolio%3Ftab%3D1%26x%3D2")
        login = browser.submit(page, "Continue to WhiteBIT").headers["location"]
        browser.get(browser.approved(login, "alice"))
        assert browser.state() == "connected"
        assert 'href="/portfolio?tab=1&amp;x=2"' in browser.get("status").text

    def test_headers(self, application: Application) -> None:
        """Pages load nothing of others, stand in no frame, and are not stored."""
        browser = application.browser("alice")
        for route, referrer in (("connect", "strict-origin"), ("leftover", "no-referrer")):
            headers = browser.get(route).headers
            policy = headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy
            assert "base-uri 'none'" in policy
            # Chromium would apply it to the redirect to WhiteBIT.
            assert "form-action" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert headers["referrer-policy"] == referrer
