"""The code of docs/web.md, block by block."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import django.urls
import fastapi
import flask
import pytest

from whitebit_ext import AsyncWhiteBIT, MemoryStore, Region, WhiteBIT, generate_encryption_key
from whitebit_ext.integrations.fastapi import fastapi_router
from whitebit_ext.integrations.flask import whitebit_blueprint
from whitebit_ext.sandbox import Sandbox

from .. import looking
from ..django_project import configured
from .conftest import REDIRECT_URI

PAGE = (Path(looking.__file__).parents[1] / "docs" / "web.md").read_text(encoding="utf-8")
FASTAPI, FLASK, DJANGO, TESTING = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set the variables that `from_env()` reads."""
    values = {
        "CLIENT_ID": "shop",
        "CLIENT_SECRET": "made up",
        "REDIRECT_URI": REDIRECT_URI,
        "STORE": f"sqlite:///{tmp_path / 'custody.db'}",
        "ENCRYPTION_KEYS": generate_encryption_key(),
        "REGION": "global",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"WHITEBIT_OAUTH_{name}", value)


@pytest.mark.usefixtures("environment")
def test_fastapi() -> None:
    """The router is part of the application."""
    app = fastapi.FastAPI()
    names: dict[str, Any] = {
        "app": app,
        "AsyncWhiteBIT": AsyncWhiteBIT,
        "fastapi_router": fastapi_router,
        "Depends": fastapi.Depends,
        "current_user_id": lambda: "alice",
    }
    exec(FASTAPI, names)  # noqa: S102  # our own page
    assert "/whitebit/connect" in app.openapi()["paths"]


@pytest.mark.usefixtures("environment")
def test_flask() -> None:
    """A user who is not signed in may not connect."""
    app = flask.Flask(__name__)
    app.secret_key = "made up"  # made up
    names: dict[str, Any] = {
        "app": app,
        "session": flask.session,
        "WhiteBIT": WhiteBIT,
        "whitebit_blueprint": whitebit_blueprint,
    }
    exec(FLASK, names)  # noqa: S102  # our own page
    answer = app.test_client().get("/whitebit/connect", headers={"Host": "partner.example"})
    assert answer.status_code == 401
    names["partner"].close()


def test_django() -> None:
    """The settings are those that the integration knows, and the URLs can be included."""
    configured()
    names: dict[str, Any] = {
        "INSTALLED_APPS": [],
        "urlpatterns": [],
        "path": django.urls.path,
        "include": django.urls.include,
    }
    exec(DJANGO, names)  # noqa: S102  # our own page
    routes = {str(route.pattern) for route in names["urlpatterns"][0].url_patterns}
    assert "connect" in routes
    assert names["WHITEBIT"] == {"REQUIRE": {"trading"}, "AFTER": "/settings"}


def test_with_the_fixture() -> None:
    """The test of the last section passes on a Flask application."""
    from whitebit_ext.pytest_plugin.browser import MakeBrowser

    with Sandbox() as sandbox:
        client = sandbox.register_client(redirect_uris=[REDIRECT_URI])
        partner = WhiteBIT(
            client_id=client.client_id,
            client_secret=client.client_secret,
            redirect_uri=REDIRECT_URI,
            region=Region.GLOBAL,
            base_url=sandbox.global_url,
            store=MemoryStore(),
            encryption_keys=[generate_encryption_key()],
        )

        def make_app(partner: WhiteBIT) -> flask.Flask:
            app = flask.Flask(__name__)
            blueprint = whitebit_blueprint(partner, user_id=lambda: "customer-7")
            app.register_blueprint(blueprint, url_prefix="/whitebit")
            return app

        names: dict[str, Any] = {"make_app": make_app}
        exec(TESTING, names)  # noqa: S102  # our own page
        names["test_connecting"](partner, MakeBrowser(sandbox, REDIRECT_URI))
        partner.close()
