"""The views: one per route, all alike."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from ..checks import is_without_cookies
from ..values import Request, Response, run
from . import conf

_WITH_FORMS = ("connect", "status")
_TOKEN = "csrfmiddlewaretoken"  # noqa: S105  # the name of a field


def view(route: str) -> Callable[[HttpRequest], Any]:
    """Return the view of a route.

    It checks CSRF itself, so that it does without the middleware, and it opens no transaction:
    what the library stores must not be undone with what the application stores. It also finds the
    user itself: ``LoginRequiredMiddleware`` would lead a callback, with its code, to the sign-in.
    """
    serve = functools.partial(_serve, route)
    protected = csrf_protect(serve)

    @non_atomic_requests
    @csrf_exempt
    @login_not_required
    def whitebit_view(request: HttpRequest) -> Any:
        _ = request.body  # before the check reads the form from the stream
        # A token in a header is added by no browser, so no other site can make one send it.
        return (serve if is_without_cookies(request.headers) else protected)(request)

    return whitebit_view


def _serve(route: str, request: HttpRequest) -> Any:
    """Translate a request, and the response of the core."""
    made = run(conf.core().handle(route, _translated(route, request)))
    if not isinstance(made, Response):
        return made
    response = HttpResponse(made.body, status=made.status)
    for name, value in made.headers:
        if name == "Set-Cookie":
            response.cookies.load(value)
        else:
            response[name] = value
    return response


def _translated(route: str, request: HttpRequest) -> Request:
    """Return the request for the core; this frame ends before the application's code runs."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers["host"] = request.get_host()  # of ALLOWED_HOSTS, and the proxy's where that is set
    return Request(
        method=request.method or "",
        query=request.META.get("QUERY_STRING", ""),
        headers=headers,
        body=request.body,
        native=request,
        hidden=(_TOKEN, get_token(request)) if route in _WITH_FORMS else None,
        csrf_checked=True,
    )
