"""A router for FastAPI, ``fastapi_router(partner, user_id=Depends(…))``, for ``AsyncWhiteBIT``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal, Unpack, cast

try:
    from fastapi import APIRouter, params
    from pydantic import BaseModel
    from starlette.requests import Request
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "this integration needs FastAPI: pip install 'whitebit-oauth[fastapi]'", name=missing.name
    ) from None

from .._async.client import AsyncWhiteBIT
from ..keys.status import StatusState
from .core import ALL_METHODS, METHODS
from .starlette import core_of, serve
from .values import Ask, More, Options


class Started(BaseModel):
    """A login that was started."""

    url: str
    expires_at: datetime
    binding: str


class Callback(BaseModel):
    """A callback, and the binding of its login."""

    callback: str
    binding: str


class Error(BaseModel):
    """A problem, with a stable code."""

    code: str
    title: str
    text: str
    action: str


class Problem(BaseModel):
    """The answer to a request that failed."""

    error: Error


class Status(BaseModel):
    """The state of the user's connection."""

    state: StatusState
    retry_after: float | None
    error: Error | None
    granted: list[str] | None
    missing: list[str]
    forbidden: list[str]


class Disconnected(BaseModel):
    """What became of the key at WhiteBIT."""

    remote: Literal["deleted", "absent", "pending", "user_must_delete"]


_PAGE: dict[str, Any] = {"content": {"text/html": {}}}
_SHOWN: dict[tuple[str, str], tuple[str, str, dict[int | str, dict[str, Any]]]] = {
    ("connect", "GET"): ("whitebit_connect_page", "Ask before connecting", {200: _PAGE}),
    ("connect", "POST"): (
        "whitebit_connect",
        "Start a login",
        {200: {"model": Started}, 303: {"description": "To WhiteBIT"}, 409: {"model": Problem}},
    ),
    ("callback", "GET"): (
        "whitebit_callback",
        "Finish a login",
        {303: {"description": "To the status page"}, 410: {"model": Problem}},
    ),
    ("complete", "POST"): (
        "whitebit_complete",
        "Finish a login from a program",
        {200: {"model": Status}, 410: {"model": Problem}},
    ),
    ("status", "GET"): ("whitebit_status_page", "Show the connection", {200: _PAGE}),
    ("status.json", "GET"): ("whitebit_status", "Read the connection", {200: {"model": Status}}),
    ("disconnect", "POST"): (
        "whitebit_disconnect",
        "Disconnect",
        {200: {"model": Disconnected}, 303: {"description": "To the status page"}},
    ),
}
_BODY = {"requestBody": {"content": {"application/json": {"schema": Callback.model_json_schema()}}}}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (400, 401, 403, 503)
}


def fastapi_router(
    partner: AsyncWhiteBIT, *, user_id: Ask | params.Depends, **more: Unpack[More]
) -> APIRouter:
    """Return the router that connects users.

    The redirect URI of the partner must be the address of its route ``callback``.

    Args:
        partner: The partner; whoever made it closes it, e.g. in the application's lifespan.
        user_id: ``Depends`` on the id of the signed-in user, or a callable of the request. It
            returns ``None`` where nobody is signed in: an exception would end the callback of a
            user whose session cookie is ``SameSite=Strict``.
        **more: See ``whitebit_ext.integrations.values.Options``.
    """
    depends = user_id if isinstance(user_id, params.Depends) else None
    ask = _of_state if depends is not None else cast("Ask", user_id)
    core = core_of(partner, Options(user_id=ask, **more))
    router = APIRouter(tags=["whitebit"])

    def endpoint(route: str) -> Callable[..., Awaitable[Any]]:
        async def serve_route(request: Request, user_id: Any = depends) -> Any:
            request.state.whitebit_user = user_id
            return await serve(core, route, request)

        async def serve_plain(request: Request) -> Any:
            return await serve(core, route, request)

        return serve_plain if depends is None else serve_route

    for route in METHODS:
        shown = [method for method in METHODS[route] if (route, method) in _SHOWN]
        for method in shown:
            operation, summary, responses = _SHOWN[route, method]
            router.add_api_route(
                f"/{route}",
                endpoint(route),
                methods=[method],
                operation_id=operation,
                summary=summary,
                response_model=None,
                responses={**_REFUSALS, **responses},
                openapi_extra=_BODY if route == "complete" else None,
            )
        # The core answers the other methods, so that HEAD is refused where it has to be.
        router.add_api_route(
            f"/{route}",
            endpoint(route),
            methods=[method for method in ALL_METHODS if method not in shown],
            response_model=None,
            include_in_schema=False,
        )
    return router


def _of_state(request: Request) -> object:
    return request.state.whitebit_user
