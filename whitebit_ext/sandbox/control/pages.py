"""The application under `/sandbox`: login pages, state page and controls.

The controls refuse requests from pages of other sites, and with another host name (DNS rebinding).
Off loopback they also need a token, because a `Host` header can be forged.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from html import escape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from .. import answers
from ..endpoints.layout import page
from ..endpoints.login import show_login, submit_login
from . import controls, snapshot
from .access import Access
from .state_page import state_page

if TYPE_CHECKING:
    from .administration import Administration

_COOKIE: Final = "sandbox_controls"

Endpoint = Callable[[Request], Awaitable[Response]]


def application(administration: Administration, access: Access) -> Starlette:
    """Return the application of the pages and the controls."""

    def guarded(endpoint: Endpoint) -> Endpoint:
        """Serve only requests that may use the controls."""

        @wraps(endpoint)
        async def guard(request: Request) -> Response:
            return _refusal(request, access) or await endpoint(request)

        return guard

    app = Starlette(
        routes=[
            Route("/sandbox/login/{login_id}", show_login, methods=["GET"]),
            Route("/sandbox/login/{login_id}", submit_login, methods=["POST"]),
            Route("/sandbox", _to_state_page, methods=["GET"]),
            Route("/sandbox/", guarded(_show_state), methods=["GET"]),
            Route("/sandbox/state", guarded(_get_state), methods=["GET"]),
            *(
                Route(f"/sandbox/{log}", guarded(_get_log), methods=["GET"])
                for log in ("requests", "breaches", "notes")
            ),
            Route("/sandbox/{name:path}", guarded(_control), methods=["POST"]),
        ]
    )
    app.router.redirect_slashes = False
    app.state.administration = administration
    return app


def _refusal(request: Request, access: Access) -> Response | None:
    """Return the refusal of a request that may not use the controls, or None.

    A token in the query is moved into a cookie, so that it does not stay in the address bar.
    """
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    if not access.names_us(host) or (origin is not None and urlsplit(origin).netloc != host):
        return answers.json_answer({"error": "the controls are not for this host or origin"}, 403)
    token = request.query_params.get("token")
    if token is not None and request.method == "GET" and access.knows(token):
        answer = RedirectResponse(request.url.path, 303)
        answer.set_cookie(_COOKIE, token, path="/sandbox", httponly=True, samesite="strict")
        return answer
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        bearer = request.cookies.get(_COOKIE, "")
    if not access.knows(bearer):
        return answers.json_answer(
            {"error": "the controls need the token that the sandbox printed"}, 401
        )
    return None


def _administration(request: Request) -> Administration:
    administration: Administration = request.app.state.administration
    return administration


async def _to_state_page(request: Request) -> Response:
    return RedirectResponse("/sandbox/", 307)


async def _show_state(request: Request) -> Response:
    return state_page(_administration(request))


async def _get_state(request: Request) -> Response:
    return answers.json_answer(snapshot.state(_administration(request)))


async def _get_log(request: Request) -> Response:
    """Return the requests, breaches or notes, by the last part of the path."""
    entries = getattr(_administration(request), request.url.path.rpartition("/")[2])
    return answers.json_answer([attrs.asdict(entry) for entry in entries])


async def _control(request: Request) -> Response:
    """Run a control; return JSON for JSON, and the state page for a form."""
    name = request.path_params["name"]
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if name not in controls.CONTROLS:
        return answers.json_answer({"error": f"the control {name!r} does not exist"}, 404)
    if kind == "application/x-www-form-urlencoded":
        return _run_form(_administration(request), name, await request.body())
    if kind != "application/json":
        # Pages of other sites can send other types without a CORS preflight request.
        return answers.json_answer({"error": "the body must be JSON or a form"}, 415)
    try:
        values = json.loads(await request.body())
    except ValueError:
        values = None
    if not isinstance(values, dict):
        return answers.json_answer({"error": "the body must be a JSON object"}, 400)
    try:
        return answers.json_answer(controls.run(_administration(request), name, values))
    except ValueError as error:
        return answers.json_answer({"error": str(error)}, 400)


def _run_form(administration: Administration, name: str, body: bytes) -> Response:
    values = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        result = controls.run(administration, name, values)
    except ValueError as error:
        return _card("Not possible", f'<p class="error" role="alert">{escape(str(error))}</p>', 400)
    if name == "clients":
        return _card("Client registered", _credentials(result))
    return RedirectResponse("/sandbox/", 303)


def _credentials(result: Any) -> str:
    """Show the credentials of a new client once."""
    return (
        "<p>The secret is shown only once.</p><table>"
        f"<tr><th>client id</th><td><code>{escape(result['client_id'])}</code></td></tr>"
        f"<tr><th>client secret</th><td><code>{escape(result['client_secret'])}</code></td></tr>"
        "</table>"
    )


def _card(title: str, content: str, status: int = 200) -> Response:
    return page(
        title,
        f'<section class="card"><h1>{escape(title)}</h1>{content}'
        '<p><a href="/sandbox/">Back to the sandbox</a></p></section>',
        status=status,
    )
