"""A blueprint for Flask: ``whitebit_blueprint(partner, user_id=…)`` for a ``WhiteBIT``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Unpack, cast
from urllib.parse import urlencode

try:
    import flask
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "this integration needs Flask: pip install 'whitebit-oauth[flask]'", name=missing.name
    ) from None

from .._sync.client import WhiteBIT
from ..errors import InvalidArgument
from .core import ALL_METHODS, METHODS, Core
from .values import CALLABLES, LONGEST_BODY, Ask, More, Options, Request, Response, run


def whitebit_blueprint(
    partner: WhiteBIT,
    *,
    user_id: Callable[[], object],
    name: str = "whitebit",
    **more: Unpack[More],
) -> flask.Blueprint:
    """Return the blueprint that connects users.

    The redirect URI of the partner must be the address of its view ``callback``.

    Args:
        partner: The partner; whoever made it closes it.
        user_id: Returns the id of the signed-in user, or ``None``. Like all callables here it
            takes no request: Flask has it in ``flask.request``. It may be a coroutine function, as
            a view may (``pip install 'flask[async]'``).
        name: The name of the blueprint.
        **more: See ``whitebit_ext.integrations.values.Options``.
    """
    if not isinstance(partner, WhiteBIT):
        raise InvalidArgument("partner", "expected a WhiteBIT: Flask does not keep an event loop")
    given: dict[str, Any] = {"user_id": user_id, **more}
    for argument in CALLABLES:
        if given.get(argument) is not None:
            given[argument] = _without_request(given[argument])
    core = Core(partner, Options(**given))
    blueprint = flask.Blueprint(name, __name__)

    def view(route: str) -> Callable[[], Any]:
        return lambda: _serve(core, route)

    for route in METHODS:
        blueprint.add_url_rule(
            f"/{route}",
            endpoint=route.replace(".", "_"),
            view_func=view(route),
            methods=ALL_METHODS,
            provide_automatic_options=False,
        )
    return blueprint


def _without_request(function: Callable[..., object]) -> Ask:
    def call(_: object, *arguments: object) -> object:
        return cast("Callable[..., object]", flask.current_app.ensure_sync(function))(*arguments)

    return call


def _serve(core: Core, route: str) -> Any:
    """Translate the request, and the response of the core."""
    request = flask.request
    made = run(
        core.handle(
            route,
            Request(
                method=request.method,
                query=request.query_string.decode("latin-1"),
                headers=cast("Mapping[str, str]", request.headers),  # whatever the case of a name
                body=_body(request) if request.method == "POST" else b"",
            ),
        )
    )
    if not isinstance(made, Response):
        return made
    return flask.Response(made.body, made.status, list(made.headers))


def _body(request: flask.Request) -> bytes:
    """Return the body, also where other code of the application has read it before."""
    if request.content_length is None or request.content_length > LONGEST_BODY:
        return request.stream.read(LONGEST_BODY + 1)
    body = request.get_data()
    # The stream of a form that was parsed is empty.
    return body or urlencode(list(request.form.items(multi=True))).encode()
