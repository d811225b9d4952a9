"""What every route does: find the user, refuse what may be forged, make a response."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import NoneType
from typing import Any
from urllib.parse import quote, urljoin, urlsplit
from uuid import UUID

from ..errors import InvalidArgument, WhiteBITError
from . import pages
from .checks import is_canonical, is_own, is_path, is_without_cookies, origin
from .texts import PROBLEMS, Problem
from .values import Options, Request, Response, settle

_RETRY_AFTER = 5.0
_BASE = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


class Refused(Exception):
    """A request that is answered with a problem."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.problem = PROBLEMS[code]


class Serving:
    """The common part of the routes.

    Args:
        options: What the application says.
        redirect_uri: The registered redirect URI, which names the host that users are led to.
    """

    def __init__(self, options: Options, redirect_uri: str) -> None:
        self.options = options
        self._redirect_uri = redirect_uri
        self._origins = {origin(address) for address in (*options.origins, redirect_uri)}

    # Who asks, and from where

    async def found_user(self, request: Request) -> str | None:
        """Return the id of the signed-in user, or ``None``.

        Raises:
            InvalidArgument: the application returned something that is not an id.
        """
        user_id = await settle(self.options.user_id(request.native))
        # `isinstance` sees through lazy objects, such as Django's and Werkzeug's. False is what
        # `user.is_authenticated and user.id` gives.
        if isinstance(user_id, (NoneType, bool, str)) and not user_id:
            return None
        if isinstance(user_id, bool) or not isinstance(user_id, (str, int, UUID)):
            # The text of another object may be that of every visitor, such as "AnonymousUser".
            raise InvalidArgument("user_id", "expected a function that returns str, int or UUID")
        return str(user_id)

    async def user(self, request: Request) -> str:
        """Return the id of the signed-in user.

        Raises:
            Refused: nobody is signed in.
        """
        user_id = await self.found_user(request)
        if user_id is None:
            raise Refused("sign_in")
        return user_id

    def sign_in(self, route: str, request: Request) -> Response | None:
        """Return the redirect to the sign-in page, which leads back to a page of ours.

        Its path is that of the redirect URI: a proxy may have changed the path of the request.
        """
        login_url = self.options.login_url
        if login_url is None or request.wants_json:
            return None
        back = urlsplit(urljoin(self._redirect_uri, route)).path
        back += f"?{request.query}" if request.query else ""
        joint = "&" if "?" in login_url else "?"
        return self.redirect(f"{login_url}{joint}next={quote(back, safe='/')}")

    async def refuse_not_allowed(self, request: Request) -> None:
        """Ask the application whether the user may connect or disconnect now.

        Raises:
            Refused: the user may not.
        """
        ask = self.options.may_connect
        if ask is not None and not await settle(ask(request.native)):
            raise Refused("not_allowed")

    def refuse_forged(self, request: Request) -> None:
        """Refuse a POST that another site may have made the browser send.

        Raises:
            Refused: it does not say that this site or a listed origin has sent it.
        """
        if request.csrf_checked or is_without_cookies(request.headers):
            return
        if not is_own(request.headers, self._origins):
            raise Refused("forged")

    def elsewhere(self, request: Request) -> Response | None:
        """Return the redirect to the host of the redirect URI, where the callback will come.

        ``canonical`` marks a request that was led there already: behind a proxy that changes
        ``Host`` it still looks wrong.
        """
        if is_canonical(request.headers, self._redirect_uri) or request.parameter("canonical"):
            return None
        after = self.next(request.parameter("next") or request.field("next"))
        there = urljoin(self._redirect_uri, "connect") + "?canonical=1"
        return self.redirect(there + (f"&next={quote(after, safe='/')}" if after else ""))

    @staticmethod
    def next(value: str) -> str | None:
        """Return a path of this application, or ``None`` where it is anything else."""
        return value if is_path(value) else None

    @staticmethod
    def hidden(request: Request, *fields: tuple[str, str]) -> list[tuple[str, str]]:
        """Return the hidden fields of a form, with the framework's own."""
        return [*([request.hidden] if request.hidden else []), *fields]

    @staticmethod
    def body(request: Request) -> Mapping[str, Any]:
        """Return the JSON object in the body.

        Raises:
            Refused: it is no JSON, or no object.
        """
        if not request.sends_json:
            raise Refused("not_json")
        try:
            found = json.loads(request.body or b"{}")
        except (ValueError, RecursionError):  # the latter for thousands of nested lists
            found = None
        if not isinstance(found, dict):
            raise Refused("malformed")
        return found

    # Responses

    async def page(
        self, request: Request, title: str, content: str, *, status: int = 200
    ) -> Response:
        """Return a page: in our layout, or the application's."""
        render = self.options.render
        policy = pages.POLICY if render is None else pages.OWN_POLICY
        if render is None:
            text = pages.document(title, content)
        else:
            text = str(await settle(render(request.native, title, content)))
        # With "no-referrer" a form's Origin is "null". The callback's address is never sent.
        referrer = "strict-origin" if "<form" in content else "no-referrer"
        return Response(
            status,
            (
                *_BASE,
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Security-Policy", policy),
                ("Referrer-Policy", referrer),
            ),
            text.encode(),
        )

    def json(self, value: object, status: int = 200) -> Response:
        """Return JSON."""
        return self.made(status, "application/json", json.dumps(value).encode())

    def made(self, status: int, kind: str, body: bytes = b"") -> Response:
        """Return a response that is no page."""
        headers = (*_BASE, ("Content-Type", kind), ("Referrer-Policy", "no-referrer"))
        return Response(status, headers, body)

    def redirect(self, location: str) -> Response:
        """Return the redirect to an address, which the browser gets with GET."""
        return self.made(303, "text/plain").adding(("Location", location))

    async def problem(
        self, request: Request, problem: Problem, error: WhiteBITError | None, allow: str
    ) -> Any:
        """Return the response for a problem: the application's, JSON or a page."""
        on_error = self.options.on_error
        own = None
        if on_error is not None:
            own = await settle(on_error(request.native, problem, problem.status))
        if own is not None:
            return own
        if request.wants_json:
            made = self.json({"error": told(problem)}, problem.status)
        else:
            content = pages.notice(problem)
            made = await self.page(request, problem.title, content, status=problem.status)
        if problem.status == 503:
            given = error.retry_after if error is not None else None
            made = made.adding(("Retry-After", f"{given or _RETRY_AFTER:.0f}"))
        if problem.status == 405:
            made = made.adding(("Allow", allow))
        if problem.code == "prefetch":
            made = made.adding(("Vary", "Sec-Purpose, Purpose"))
        return made


def told(problem: Problem) -> dict[str, str]:
    """Return what a program reads of a problem."""
    return {name: str(getattr(problem, name)) for name in ("code", "title", "text", "action")}
