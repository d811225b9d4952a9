"""The conformance suite on a Flask application."""

from __future__ import annotations

from collections.abc import Iterator

import flask
import httpx
import pytest

from whitebit_ext import WhiteBIT
from whitebit_ext.integrations.conformance import Application, Browser, ConnectConformance
from whitebit_ext.integrations.flask import whitebit_blueprint

from .conftest import REDIRECT_URI, TlsProxy, World, wsgi


def sign_in(browser: Browser, name: str) -> None:
    """Sign in to the application."""
    browser.client.post("https://partner.example/login", data={"user": name})


class TestFlask(ConnectConformance):
    """The suite."""

    @pytest.fixture
    def application(self, world: World) -> Iterator[Application]:
        """Return the application."""
        app = flask.Flask(__name__)
        app.secret_key = "made up"

        @app.post("/login")
        def login() -> str:
            flask.session["user"] = flask.request.form["user"]
            return ""

        with WhiteBIT(**world.arguments) as partner:
            blueprint = whitebit_blueprint(
                partner, user_id=lambda: flask.session.get("user"), require={"trading"}
            )
            app.register_blueprint(blueprint, url_prefix="/whitebit")
            yield Application(
                sandbox=world.sandbox,
                redirect_uri=REDIRECT_URI,
                client=lambda: httpx.Client(transport=TlsProxy(wsgi(app))),
                sign_in=sign_in,
                advance=world.clock.pass_by,
            )


@pytest.mark.parametrize("reads", ["form", "get_data"])
def test_an_application_that_reads_bodies_first(world: World, reads: str) -> None:
    """What it has read, such as for its own CSRF check or log, is there for the routes as well."""
    app = flask.Flask(__name__)

    @app.before_request
    def read() -> None:
        found = getattr(flask.request, reads)
        _ = found() if callable(found) else found

    headers = {"Host": "partner.example", "Sec-Fetch-Site": "same-origin"}
    with WhiteBIT(**world.arguments) as partner:
        app.register_blueprint(whitebit_blueprint(partner, user_id=lambda: "7"), url_prefix="/w")
        started = app.test_client().post("/w/connect", data={"next": "/there"}, headers=headers)
        assert any("next=/there;" in one for one in started.headers.getlist("Set-Cookie"))
        body = {"callback": "/callback?state=s&code=c", "binding": "b"}
        answer = app.test_client().post("/w/complete", json=body, headers=headers)
        assert answer.json is not None
        assert answer.json["error"]["code"] == "login_error"  # an unknown state
