"""The conformance suite on a FastAPI application, and its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import Depends, FastAPI, Request, Response
from starlette.middleware.sessions import SessionMiddleware

from whitebit_ext.integrations.conformance import Application, ConnectConformance
from whitebit_ext.integrations.fastapi import fastapi_router

from .asgi import Served, sign_in
from .conftest import REDIRECT_URI, World


async def current_user_id(request: Request) -> str | None:
    """Return who is signed in."""
    found: str | None = request.session.get("user")
    return found


def app_of(served: Served) -> FastAPI:
    """Return the application."""
    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key="made up")

    @app.post("/login")
    async def login(request: Request) -> Response:
        request.session["user"] = (await request.body()).decode().removeprefix("user=")
        return Response()

    router = fastapi_router(
        served.partner, user_id=Depends(current_user_id), require={"trading"}, after="/settings"
    )
    app.include_router(router, prefix="/whitebit")
    return app


class TestFastAPI(ConnectConformance):
    """The suite."""

    @pytest.fixture
    def application(self, world: World) -> Iterator[Application]:
        """Return the application."""
        with Served(world) as served:
            app = app_of(served)
            yield Application(
                sandbox=world.sandbox,
                redirect_uri=REDIRECT_URI,
                client=lambda: served.client(app),
                sign_in=sign_in,
                advance=world.clock.pass_by,
            )


def test_the_document(world: World) -> None:
    """The routes for programs are in the OpenAPI document, with stable names and typed answers."""
    with Served(world) as served:
        document = app_of(served).openapi()
    operations = {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
    }
    assert {
        "whitebit_connect",
        "whitebit_callback",
        "whitebit_complete",
        "whitebit_status",
        "whitebit_disconnect",
    } < operations.keys()
    assert {tag for o in operations.values() for tag in o.get("tags", ["whitebit"])} == {"whitebit"}
    status = operations["whitebit_status"]["responses"]
    assert status["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Status")
    assert {"400", "401", "403", "503"} < status.keys()
