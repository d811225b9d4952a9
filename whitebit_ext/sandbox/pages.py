"""Everything under `/sandbox`: the login pages, the state page and the controls.

The controls answer this machine alone: a page of another site, or a name that was made to point
here, gets a 403.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from html import escape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from . import answers, control, snapshot
from .layout import page
from .login import show_login, submit_login
from .state_page import state_page

if TYPE_CHECKING:
    from .administration import Administration

_HOSTS: Final = ("127.0.0.1", "localhost")

Endpoint = Callable[[Request], Awaitable[Response]]


def application(administration: Administration) -> Starlette:
    """Make the application of the pages and the controls."""
    app = Starlette(
        routes=[
            Route("/sandbox/login/{login_id}", show_login, methods=["GET"]),
            Route("/sandbox/login/{login_id}", submit_login, methods=["POST"]),
            Route("/sandbox", _to_state_page, methods=["GET"]),
            Route("/sandbox/", _from_here(_show_state), methods=["GET"]),
            Route("/sandbox/state", _from_here(_tell_state), methods=["GET"]),
            Route("/sandbox/requests", _from_here(_tell_requests), methods=["GET"]),
            Route("/sandbox/breaches", _from_here(_tell_breaches), methods=["GET"]),
            Route("/sandbox/{name:path}", _from_here(_control), methods=["POST"]),
        ]
    )
    app.router.redirect_slashes = False
    app.state.administration = administration
    return app


def _from_here(endpoint: Endpoint) -> Endpoint:
    """Let an endpoint answer only what this machine itself asks for."""

    @wraps(endpoint)
    async def guarded(request: Request) -> Response:
        host = request.headers.get("host", "")
        origin = request.headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != host
        if urlsplit(f"//{host}").hostname not in _HOSTS or foreign:
            return answers.json_answer({"error": "the controls answer this machine alone"}, 403)
        return await endpoint(request)

    return guarded


def _administration(request: Request) -> Administration:
    administration: Administration = request.app.state.administration
    return administration


async def _to_state_page(request: Request) -> Response:
    return RedirectResponse("/sandbox/", 307)


async def _show_state(request: Request) -> Response:
    return state_page(_administration(request))


async def _tell_state(request: Request) -> Response:
    return answers.json_answer(snapshot.state(_administration(request)))


async def _tell_requests(request: Request) -> Response:
    return answers.json_answer(
        [snapshot.request(record) for record in _administration(request).requests]
    )


async def _tell_breaches(request: Request) -> Response:
    return answers.json_answer(
        [snapshot.breach(found) for found in _administration(request).breaches]
    )


async def _control(request: Request) -> Response:
    """Run a control: JSON is answered with JSON, a form with the page that it came from."""
    name = request.path_params["name"]
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if name not in control.CONTROLS:
        return answers.json_answer({"error": f"there is no control {name!r}"}, 404)
    if kind == "application/x-www-form-urlencoded":
        return _run_form(_administration(request), name, await request.body())
    if kind != "application/json":
        # Other types can be sent by a page of another site without asking first.
        return answers.json_answer({"error": "the body must be JSON or a form"}, 415)
    try:
        values = json.loads(await request.body())
    except ValueError:
        values = None
    if not isinstance(values, dict):
        return answers.json_answer({"error": "the body must be a JSON object"}, 400)
    try:
        return answers.json_answer(control.run(_administration(request), name, values))
    except ValueError as error:
        return answers.json_answer({"error": str(error)}, 400)


def _run_form(administration: Administration, name: str, body: bytes) -> Response:
    values = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        told = control.run(administration, name, values)
    except ValueError as error:
        return _card("Not possible", f'<p class="error" role="alert">{escape(str(error))}</p>', 400)
    if name == "clients":
        return _card("Client registered", _credentials(told))
    return RedirectResponse("/sandbox/", 303)


def _credentials(told: Any) -> str:
    """Show a new client's credentials, which are shown here and never again."""
    return (
        "<p>The secret is shown once.</p><table>"
        f"<tr><th>client id</th><td><code>{escape(told['client_id'])}</code></td></tr>"
        f"<tr><th>client secret</th><td><code>{escape(told['client_secret'])}</code></td></tr>"
        "</table>"
    )


def _card(title: str, content: str, status: int = 200) -> Response:
    return page(
        title,
        f'<section class="card"><h1>{escape(title)}</h1>{content}'
        '<p><a href="/sandbox/">Back to the sandbox</a></p></section>',
        status=status,
    )
