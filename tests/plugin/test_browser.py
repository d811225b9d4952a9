"""The fixture `whitebit_browser`, with the test clients of Flask, Starlette and Django."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import flask
import httpx
import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import Client, override_settings
from django.urls import path
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from whitebit_ext.pytest_plugin.browser import Browser, MakeBrowser
from whitebit_ext.sandbox import LoginBlocked, PartnerClient, Sandbox

from ..django_project import configured

ORIGIN = "https://shop.example"
CALLBACK = f"{ORIGIN}/whitebit/callback"


class Shop:
    """A partner: what its pages say, apart from the framework; a cookie is its session."""

    def __init__(self, sandbox: Sandbox, client: PartnerClient) -> None:
        self.sandbox, self.client = sandbox, client
        self.callbacks: list[dict[str, list[str]]] = []
        self.headers: list[dict[str, str]] = []

    def login_url(self) -> str:
        """Return the URL of the login."""
        fields = {
            "clientId": self.client.client_id,
            "redirect_uri": CALLBACK,
            "state": "of this browser",
        }
        return f"{self.sandbox.global_url}/auth/login?{urlencode(fields)}"

    def arrive(self, url: str, session: str | None, fetch_site: str | None) -> str:
        """Note a callback, and return where to go on."""
        assert url.startswith(CALLBACK)
        assert (session, fetch_site) == ("of-alice", "cross-site")
        self.callbacks.append(parse_qs(urlsplit(url).query))
        return "../status"


SHOPS: list[Shop] = []


def flask_client(shop: Shop) -> Any:
    """Return a test client of Flask."""
    app = flask.Flask("shop")

    @app.post("/whitebit/connect")
    def connect() -> Any:
        assert flask.request.headers["Origin"] == ORIGIN
        assert flask.request.form["label"] == "mine"
        answer = flask.redirect(shop.login_url(), 303)
        answer.set_cookie("session", "of-alice", secure=True, httponly=True)
        return answer

    @app.get("/whitebit/callback")
    def callback() -> Any:
        request = flask.request
        session = request.cookies.get("session")
        target = shop.arrive(request.url, session, request.headers.get("Sec-Fetch-Site"))
        return flask.redirect(target, 303)

    @app.get("/status")
    def status() -> str:
        return "choosing"

    return app.test_client()


def starlette_client(shop: Shop) -> Any:
    """Return a test client of Starlette, which is FastAPI's too."""

    async def connect(request: Request) -> Any:
        assert request.headers["Origin"] == ORIGIN
        assert await request.body() == b"label=mine"
        answer = RedirectResponse(shop.login_url(), 303)
        answer.set_cookie("session", "of-alice", secure=True, httponly=True)
        return answer

    async def callback(request: Request) -> Any:
        session = request.cookies.get("session")
        target = shop.arrive(str(request.url), session, request.headers.get("Sec-Fetch-Site"))
        return RedirectResponse(target, 303)

    async def status(request: Request) -> Any:
        return PlainTextResponse("choosing")

    app = Starlette(
        routes=[
            Route("/whitebit/connect", connect, methods=["POST"]),
            Route("/whitebit/callback", callback),
            Route("/status", status),
        ]
    )
    return TestClient(app)


def _django_connect(request: HttpRequest) -> HttpResponse:
    assert request.headers["Origin"] == ORIGIN
    assert request.POST["label"] == "mine"
    answer = HttpResponseRedirect(SHOPS[-1].login_url(), status=303)
    answer.set_cookie("session", "of-alice", secure=True, httponly=True)
    return answer


def _django_callback(request: HttpRequest) -> HttpResponse:
    session = request.COOKIES.get("session")
    url = request.build_absolute_uri()
    target = SHOPS[-1].arrive(url, session, request.headers.get("Sec-Fetch-Site"))
    return HttpResponseRedirect(target, status=303)


urlpatterns = [
    path("whitebit/connect", _django_connect),
    path("whitebit/callback", _django_callback),
    path("status", lambda request: HttpResponse("choosing")),
]


def django_client(shop: Shop) -> Any:
    """Return a test client of Django."""
    configured()
    SHOPS.append(shop)
    return Client()


def httpx_client(shop: Shop) -> Any:
    """Return a plain httpx client, for an application of any framework."""
    return httpx.Client(transport=httpx.WSGITransport(app=flask_client(shop).application))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Return a sandbox."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def shop(sandbox: Sandbox) -> Shop:
    """Return a partner that the sandbox knows."""
    sandbox.reset()
    client = sandbox.register_client(redirect_uris=[CALLBACK], require_pkce=False)
    return Shop(sandbox, client)


@pytest.fixture(params=[flask_client, starlette_client, django_client, httpx_client])
def browser(shop: Shop, request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Return a browser for each framework's test client."""
    make: Callable[[Shop], Any] = request.param
    client = make(shop)
    with ExitStack() as stack:
        if make is django_client:
            stack.enter_context(
                override_settings(ALLOWED_HOSTS=["shop.example"], ROOT_URLCONF=__name__)
            )
        yield MakeBrowser(shop.sandbox, CALLBACK)(client)


FORM = {"label": "mine"}


def test_connect(browser: Browser, shop: Shop) -> None:
    """The user gets from the connect page through consent to the page after the callback."""
    page = browser.connect("/whitebit/connect", permissions=["trading"], data=FORM)
    assert page.status_code == 200
    assert (page.content if hasattr(page, "content") else page.data) == b"choosing"
    (callback,) = shop.callbacks
    assert (callback["state"], len(callback["code"])) == (["of this browser"], 1)
    assert browser.visited == [
        ("POST", "/whitebit/connect", 303),
        ("GET", "/whitebit/callback", 303),
        ("GET", "/status", 200),
    ]


def test_refusal_and_a_callback_that_is_kept(browser: Browser, shop: Shop) -> None:
    """A refusal arrives as WhiteBIT sends it; a callback can be followed later, and twice."""
    browser.refuse("/whitebit/connect", data=FORM)
    shop.sandbox.settings.refusal = "no_callback"
    assert browser.refuse("/whitebit/connect", data=FORM) is None
    url = browser.callback("/whitebit/connect", data=FORM)
    assert len(shop.callbacks) == 1
    for _ in range(2):
        browser.follow(url)
    assert [sorted(callback) for callback in shop.callbacks] == [
        ["error", "state"],
        ["code", "state"],
        ["code", "state"],
    ]


def test_what_does_not_lead_to_whitebit(browser: Browser, shop: Shop) -> None:
    """A page without a redirect to the sandbox is named; the gate stops a user as everywhere."""
    with pytest.raises(AssertionError, match="GET /status answered 200"):
        browser.connect("/status", method="GET")
    shop.sandbox.user("alice").verified = False
    with pytest.raises(LoginBlocked, match="kyc_level"):
        browser.connect("/whitebit/connect", data=FORM)
    assert shop.callbacks == []
