"""The application under test, and a browser that visits it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import attrs
import httpx
import pytest

from ...sandbox import Sandbox

_FORM = re.compile(r'<form method="post" action="([^"]*)">(.*?)</form>', re.DOTALL)
_FIELD = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
_BUTTON = re.compile(r"<button[^>]*>(.*?)</button>")
_PAUSE, _LOOKS = 0.25, 40
HTML = "text/html,application/xhtml+xml"


@attrs.frozen(kw_only=True)
class Application:
    """The application under test.

    Attributes:
        sandbox: The sandbox that it talks to, with ``alice`` and ``bob``.
        redirect_uri: Its redirect URI, whose last segment is ``callback``.
        client: Returns an ``httpx.Client`` without cookies.
        sign_in: Signs a browser in to the application as a user.
        session: Names of the cookies of the application's session.
        advance: Moves the clock of the application and the sandbox by some seconds; without it the
            test of an expired login is skipped.
    """

    sandbox: Sandbox
    redirect_uri: str
    client: Callable[[], httpx.Client]
    sign_in: Callable[[Browser, str], object]
    session: tuple[str, ...] = ("session", "sessionid")
    advance: Callable[[float], object] | None = None

    def browser(self, user: str | None = None) -> Browser:
        """Return a new browser, signed in as a user."""
        browser = Browser(self)
        if user is not None:
            self.sign_in(browser, user)
        return browser


class Browser:
    """A browser: it keeps cookies, sends what browsers send, and follows nothing by itself.

    Attributes:
        client: Its HTTP client.
    """

    def __init__(self, application: Application) -> None:
        self.client = application.client()
        self.client.follow_redirects = False
        # A new connection each time: several workers get their share, and none is left open.
        self.client.headers["Connection"] = "close"
        self._application = application
        self._base = urljoin(application.redirect_uri, ".")
        parts = urlsplit(self._base)
        self._origin = f"{parts.scheme}://{parts.netloc}"

    def address(self, route: str) -> str:
        """Return the address of a route, which may have a query."""
        return urljoin(self._base, route)

    def get(self, route: str, **headers: str) -> httpx.Response:
        """Load a page."""
        return self._send("GET", route, headers)

    def head(self, route: str) -> httpx.Response:
        """Send HEAD."""
        return self._send("HEAD", route, {})

    def post(self, route: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        """Send a form, as a page of the application does; headers replace the usual ones."""
        own = {"Origin": self._origin, "Sec-Fetch-Site": "same-origin", **headers}
        return self._send("POST", route, own, data=fields)

    def post_json(self, route: str, value: object, **headers: str) -> httpx.Response:
        """Send JSON, as a script of the application does."""
        own = {"Origin": self._origin, "Sec-Fetch-Site": "same-origin", **headers}
        own["Accept"] = "application/json"
        if token := self._cookie("csrftoken"):
            own["X-CSRFToken"] = token
        return self._send("POST", route, own, json=value)

    def _send(
        self, method: str, route: str, headers: dict[str, str], **more: Any
    ) -> httpx.Response:
        usual = {"Accept": HTML, "Sec-Fetch-Dest": "document"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "POST" and self._base.startswith("https"):
            usual["Referer"] = self._base
        return self.client.request(method, self.address(route), headers={**usual, **named}, **more)

    def submit(self, page: httpx.Response, button: str) -> httpx.Response:
        """Press a button of a page."""
        for action, inside in _FORM.findall(page.text):
            label = _BUTTON.search(inside)
            if label is not None and label.group(1) == button:
                return self.post(unescape(action), _fields(inside))
        pytest.fail(f"the page has no button {button!r}:\n{page.text}", pytrace=False)

    @staticmethod
    def hidden(page: httpx.Response) -> dict[str, str]:
        """Return the hidden fields of a page, such as Django's token."""
        return _fields(page.text)

    def start(self) -> str:
        """Go from the page of the application to WhiteBIT; return the address there."""
        page = self.get("connect")
        button = (
            "Continue to WhiteBIT" if page.status_code == 200 else "Connect a different account"
        )
        answer = self.submit(page, button)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def approve(self, name: str, permissions: tuple[str, ...] = ("trading",)) -> str:
        """Start a login and approve it as a user of WhiteBIT; return the callback's route."""
        return self.approved(self.start(), name, permissions)

    def approved(self, login: str, name: str, permissions: tuple[str, ...] = ("trading",)) -> str:
        """Approve a login that was started; return the callback's route."""
        url = self._application.sandbox.person(name).approve(login, permissions)
        return f"callback?{urlsplit(url).query}"

    def connect(self, name: str, permissions: tuple[str, ...] = ("trading",)) -> None:
        """Connect an account of WhiteBIT, and wait for its key."""
        answer = self.get(self.approve(name, permissions))
        assert (answer.status_code, answer.headers["location"]) == (303, "status"), answer.text
        assert self.state() in ("connected", "insufficient")

    def state(self) -> str:
        """Return the state of the connection, as soon as it is not ``choosing``."""
        for _ in range(_LOOKS):
            found = self.status()["state"]
            if found != "choosing":
                break
            time.sleep(_PAUSE)
        assert isinstance(found, str)
        return found

    def status(self) -> dict[str, Any]:
        """Return the state of the connection, with what belongs to it."""
        answer = self.get("status.json", Accept="application/json")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def bindings(self) -> dict[str, str]:
        """Return the cookies of logins."""
        return {
            cookie.name: cookie.value or ""
            for cookie in self.client.cookies.jar
            if "whitebit-" in cookie.name and (cookie.value or "").startswith("v1.")
        }

    def forget(self, *names: str) -> None:
        """Delete cookies by name."""
        for cookie in list(self.client.cookies.jar):
            if cookie.name in names:
                self.client.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)

    def _cookie(self, name: str) -> str | None:
        found = [cookie.value for cookie in self.client.cookies.jar if cookie.name == name]
        return found[0] if found else None


def _fields(text: str) -> dict[str, str]:
    return {unescape(name): unescape(value) for name, value in _FIELD.findall(text)}


class Applied:
    """The application under test, and what it has sent to WhiteBIT."""

    @pytest.fixture
    def application(self) -> Application:
        """Return the application under test; a subclass overrides this."""
        raise NotImplementedError(f"{type(self).__name__} lacks a fixture named application")

    @staticmethod
    def keys(application: Application) -> list[str]:
        """Return the ids of the keys that exist at WhiteBIT."""
        return [key.external_id for key in application.sandbox.keys if key.deleted is None]

    @staticmethod
    def exchanges(application: Application) -> int:
        """Return how many codes were exchanged."""
        return application.sandbox.count("POST", "/oauth2/token")
