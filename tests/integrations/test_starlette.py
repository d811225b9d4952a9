"""The conformance suite on a Starlette application."""

from __future__ import annotations

import asyncio
import traceback
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
from whitebit_ext.integrations.starlette import connect_routes, core_of, serve
from whitebit_ext.integrations.values import Options

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


def test_an_exception_of_the_application_shows_no_body(world: World) -> None:
    """While the application's code runs, no frame of ours holds the callback or the cookies."""

    async def broken(request: Request) -> str:
        raise RuntimeError("the application's database is down")

    body = b'{"callback": "the-code", "binding": "the-binding"}'

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/complete",
        "query_string": b"",
        "headers": [
            (b"host", b"partner.example"),
            (b"content-type", b"application/json"),
            (b"sec-fetch-site", b"same-origin"),
            (b"cookie", b"session=the-session"),
        ],
    }
    with Served(world) as served:
        core = core_of(served.partner, Options(user_id=broken))
        with pytest.raises(RuntimeError) as caught:
            asyncio.run(serve(core, "complete", Request(scope, receive)))
    printed = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [repr(frame.locals) for frame in printed.stack if "whitebit_ext" in frame.filename]
    assert len(ours) > 2
    for part in ("the-code", "the-binding", "the-session"):
        assert part not in "".join(ours)
