"""The conformance suite on a Django project, and what is Django's own."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command, load_command_class
from django.db import connections, transaction
from django.test import override_settings
from django.urls import include, path, reverse_lazy
from psycopg.conninfo import conninfo_to_dict

from whitebit_ext import WhiteBIT
from whitebit_ext.custody.stores import Expiring, Paging, Resealing, Scrubbing, Store
from whitebit_ext.integrations.conformance import Application, Browser, ConnectConformance
from whitebit_ext.integrations.django.store import DjangoStore
from whitebit_ext.integrations.django.system_checks import check

from ..django_project import configured
from ..stores.postgres_server import PostgresServer
from .conftest import REDIRECT_URI, TlsProxy, World, wsgi


@pytest.fixture(scope="session")
def project() -> str:
    """Configure the project; return the file of its database."""
    return configured()


def sign_in(browser: Browser, name: str) -> None:
    """Sign in to the project."""
    browser.client.post("https://partner.example/login", data={"user": name})


@pytest.fixture
def partner(project: str, world: World) -> Iterator[WhiteBIT]:
    """Set the project's partner."""
    with (
        WhiteBIT(**world.arguments) as made,
        override_settings(
            WHITEBIT={
                "PARTNER": lambda: made,
                "REQUIRE": {"trading"},
                "USER_LABEL": lambda request: request.user.get_username(),
            }
        ),
    ):
        yield made


class TestDjango(ConnectConformance):
    """The suite, without Django's CSRF middleware: the views check it themselves."""

    def test_a_project_whose_views_require_a_login(self, application: Application) -> None:
        """The middleware does not lead a callback, and its code, to the sign-in page."""
        required = "django.contrib.auth.middleware.LoginRequiredMiddleware"
        with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, required]):
            assert application.browser().get("callback?state=a&code=b").status_code == 400

    @pytest.fixture
    def application(self, world: World, partner: WhiteBIT) -> Application:
        """Return the project."""
        handler = WSGIHandler()

        def app(environ: dict[str, Any], start_response: Any) -> Any:
            return handler({**environ, "HTTP_X_FORWARDED_PROTO": "https"}, start_response)

        return Application(
            sandbox=world.sandbox,
            redirect_uri=REDIRECT_URI,
            client=lambda: httpx.Client(transport=TlsProxy(wsgi(app))),
            sign_in=sign_in,
            advance=world.clock.pass_by,
        )


def test_a_deleted_user_is_erased(world: World, partner: WhiteBIT) -> None:
    """A reused primary key must not inherit the API key: deleting a user erases what is stored."""
    from django.contrib.auth.models import User  # only after the set-up

    person = User.objects.create_user("carol", password="made up")
    user_id = str(person.pk)
    login = partner.authorize(user_id)
    callback = world.sandbox.person("alice").approve(login.url)
    partner.connect(callback, binding=login.binding, user_id=user_id).api_key.issue()
    with transaction.atomic():
        person.delete()
        transaction.set_rollback(True)
    assert partner.user(user_id).status().state == "connected"
    User.objects.get(username="carol").delete()
    assert partner.user(user_id).status().state == "none"


def test_the_store_is_not_in_the_transaction_of_the_view(project: str) -> None:
    """What the library has stored survives a rollback of what the application stored."""
    store = DjangoStore()
    with transaction.atomic():
        store.put("test", "asked", b"sealed", None)
        transaction.set_rollback(True)
    row = store.get("test", "asked")
    assert row is not None
    assert store.delete("test", "asked", row.version)
    assert list(store.scan("test")) == []
    for features in (Store, Paging, Expiring, Resealing, Scrubbing):
        assert isinstance(store, features)
    store.scrub()
    store.close()


def test_postgresql(project: str) -> None:
    """The store takes the parameters of a PostgreSQL database, whose tables the migration made."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with PostgresServer(port) as server:
        parameters = conninfo_to_dict(server.conninfo(server.database()))
        connections.settings["pg"].update(
            HOST=parameters["host"], PORT=str(port), NAME=parameters["dbname"], USER="postgres"
        )
        with override_settings(WHITEBIT={"DATABASE": "pg"}):
            call_command("migrate", "whitebit", database="pg", verbosity=0)
        connections["pg"].close()
        store = DjangoStore("pg")
        version = store.put("test", "row", b"sealed", None)
        assert version is not None
        assert store.reseal("test", "row", b"again", version)
        assert [id for id, _ in store.page("test", None, 10)] == ["row"]
        assert store.sweep("test", 0.0, 10) == 0
        store.close()


def test_databases_that_cannot_be_used(project: str) -> None:
    """A database in memory, and one of another product, are refused with the reason."""
    for alias, reason in (("memory", "in memory"), ("other", "supports PostgreSQL and SQLite")):
        with pytest.raises(ImproperlyConfigured, match=reason):
            DjangoStore(alias).get("test", "row")


def ids(**settings: Any) -> list[str]:
    """Return the ids of what the system checks find."""
    with override_settings(**settings):
        return [found.id or "" for found in check()]


def _nested() -> type:
    """Return URLs that stand in another namespace."""
    inner = [path("whitebit/", include("whitebit_ext.integrations.django.urls"))]
    return type("URLs", (), {"urlpatterns": [path("", include((inner, "outer")))]})


def test_system_checks(partner: WhiteBIT, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each mistake in the settings has an id."""
    mine = settings.WHITEBIT
    assert ids() == []
    assert ids(WHITEBIT={**mine, "REQUIRED": {"trading"}}) == ["whitebit.E001"]
    assert ids(WHITEBIT={**mine, "AFTER": "//evil.example"}) == ["whitebit.E002"]
    assert ids(WHITEBIT={**mine, "AFTER": reverse_lazy("whitebit:status")}) == []
    assert ids(WHITEBIT={**mine, "AFTER": "no-such-name"}) == ["whitebit.E002"]
    assert ids(WHITEBIT={**mine, "PARTNER": lambda: "something else"}) == ["whitebit.E002"]
    assert ids(WHITEBIT={"DATABASE": "memory"}) == ["whitebit.E003", "whitebit.E002"]
    assert ids(WHITEBIT=mine, ROOT_URLCONF="django.contrib.auth.urls") == ["whitebit.W001"]
    with override_settings(ROOT_URLCONF=_nested()):
        assert ids() == []
    assert ids(WHITEBIT=mine, SECURE_PROXY_SSL_HEADER=None) == ["whitebit.W002"]
    for uri, found in (("else/callback", ["whitebit.W001"]), ("a-prefix/whitebit/callback", [])):
        monkeypatch.setattr(partner._engine, "redirect_uri", f"https://partner.example/{uri}")
        assert ids() == found


def test_the_command(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`manage.py whitebit` hands its arguments and the project's database to the command line."""
    seen: list[tuple[list[str], str]] = []
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(
        "whitebit_ext.cli.main",
        lambda: seen.append((sys.argv, os.environ["WHITEBIT_OAUTH_STORE"])),
    )
    load_command_class("whitebit_ext.integrations.django", "whitebit").run_from_argv(
        ["manage.py", "whitebit", "worker", "--interval", "5"]
    )
    assert seen == [(["whitebit-oauth", "worker", "--interval", "5"], f"sqlite:///{project}")]
