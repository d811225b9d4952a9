"""Routes for Starlette: ``connect_routes(partner, user_id=…)`` for an ``AsyncWhiteBIT``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Unpack

try:
    from starlette import requests, responses
    from starlette.routing import Route
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "this integration needs Starlette: pip install 'whitebit-oauth[starlette]'",
        name=missing.name,
    ) from None

from .._async.client import AsyncWhiteBIT
from ..errors import InvalidArgument
from .core import ALL_METHODS, METHODS, Core
from .values import LONGEST_BODY, Ask, More, Options, Request, Response


def connect_routes(partner: AsyncWhiteBIT, *, user_id: Ask, **more: Unpack[More]) -> list[Route]:
    """Return the routes that connect users, e.g. for ``Mount("/whitebit", routes=…)``.

    The redirect URI of the partner must be the address of the route ``callback``.

    Args:
        partner: The partner; whoever made it closes it.
        user_id: Returns the id of the signed-in user for a request, or ``None``.
        **more: See ``whitebit_ext.integrations.values.Options``.
    """
    core = core_of(partner, Options(user_id=user_id, **more))

    def endpoint(route: str) -> Callable[[requests.Request], Awaitable[Any]]:
        async def serve_route(request: requests.Request) -> Any:
            return await serve(core, route, request)

        return serve_route

    return [
        Route(f"/{route}", endpoint(route), methods=list(ALL_METHODS), name=f"whitebit-{route}")
        for route in METHODS
    ]


def core_of(partner: AsyncWhiteBIT, options: Options) -> Core:
    """Return the routes' core.

    Raises:
        InvalidArgument: the partner is a sync one, which would block the event loop.
    """
    if not isinstance(partner, AsyncWhiteBIT):
        raise InvalidArgument("partner", "expected an AsyncWhiteBIT")
    return Core(partner, options)


async def serve(core: Core, route: str, request: requests.Request) -> Any:
    """Translate a request, and the response of the core."""
    try:
        asked = await _translated(request)
    except requests.ClientDisconnect:
        return responses.Response(status_code=400)  # nobody reads it
    made = await core.handle(route, asked)
    if not isinstance(made, Response):
        return made
    response = responses.Response(made.body, made.status)
    response.raw_headers = [
        (name.lower().encode("ascii"), value.encode("latin-1"))
        for name, value in (*made.headers, ("Content-Length", str(len(made.body))))
    ]
    return response


async def _translated(request: requests.Request) -> Request:
    """Return the request for the core; this frame ends before the application's code runs."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        # HTTP/2 may split the cookies (RFC 9113, section 8.2.3).
        joint = "; " if name == "cookie" else ", "
        headers[name] = f"{headers[name]}{joint}{value}" if name in headers else value
    body = b""
    if request.method == "POST":
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                break
    return Request(
        method=request.method,
        query=request.scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        native=request,
    )
