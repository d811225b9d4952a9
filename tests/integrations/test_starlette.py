"""The conformance suite on a Starlette application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from whitebit_ext.integrations.conformance import Application, ConnectConformance
from whitebit_ext.integrations.starlette import connect_routes

from .asgi import Served, sign_in
from .conftest import REDIRECT_URI, World


async def login(request: Request) -> Response:
    """Sign in."""
    request.session["user"] = (await request.body()).decode().removeprefix("user=")
    return Response()


async def user_id(request: Request) -> str | None:
    """Return who is signed in; a coroutine function, as it may be."""
    found: str | None = request.session.get("user")
    return found


class TestStarlette(ConnectConformance):
    """The suite."""

    @pytest.fixture
    def application(self, world: World) -> Iterator[Application]:
        """Return the application."""
        with Served(world) as served:
            routes = connect_routes(served.partner, user_id=user_id, login_url="/login")
            app = Starlette(
                routes=[
                    Route("/login", login, methods=["POST"]),
                    Mount("/whitebit", routes=routes),
                ],
                middleware=[Middleware(SessionMiddleware, secret_key="made up")],
            )
            yield Application(
                sandbox=world.sandbox,
                redirect_uri=REDIRECT_URI,
                client=lambda: served.client(app),
                sign_in=sign_in,
                advance=world.clock.pass_by,
            )


def test_a_client_that_goes_away(world: World) -> None:
    """A body that ends early is not an error of the application."""
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    with Served(world) as served:
        (route,) = (
            r for r in connect_routes(served.partner, user_id=user_id) if r.path == "/connect"
        )
        scope = {"type": "http", "method": "POST", "path": "/connect", "headers": []}
        served.wait(route.app({**scope, "query_string": b""}, receive, send))
    assert sent[0]["status"] == 400
    assert world.sandbox.requests == []
