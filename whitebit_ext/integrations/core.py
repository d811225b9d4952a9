"""The routes: from the button "connect WhiteBIT" to a stored key, for any framework.

Everything is a coroutine, for ``WhiteBIT`` as well: with it nothing is awaitable, and ``run``
finishes each coroutine at once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from .._async.client import AsyncWhiteBIT
from .._sync.client import WhiteBIT
from ..custody.rows import login_id
from ..errors import InvalidArgument, LoginKindMismatch, WhiteBITError
from . import pages
from .checks import is_page, is_prefetch
from .cookies import FINISH, NEXT, Cookies
from .held import Held
from .serving import Refused, Serving
from .states import States
from .texts import PROBLEMS, STATES, Problem, problem_of
from .values import LONGEST_BODY, Options, Request, Response, settle

METHODS: Mapping[str, tuple[str, ...]] = {
    "connect": ("GET", "POST"),
    "callback": ("GET",),
    "finish": ("GET",),
    "complete": ("POST",),
    "status": ("GET",),
    "status.json": ("GET",),
    "status.js": ("GET",),
    "disconnect": ("POST",),
    "leftover": ("GET",),
}
"""The routes, by their path below the mount point, with their methods."""
ALL_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""What an adapter passes on: the core answers 405 itself, to HEAD as well where that matters."""

_ONCE = ("callback", "finish")
_SIGNS_IN = ("connect", "finish", "status")
_LATE = 600.0
"""Seconds for which a browser keeps the binding of an expired login, to be told that it expired."""

log = logging.getLogger("whitebit_ext")


class Core:
    """The routes of one registration.

    Args:
        partner: The partner; whoever made it closes it.
        options: What the application says.

    Raises:
        InvalidArgument: the redirect URI is not the address of a route ``callback``.
    """

    def __init__(self, partner: WhiteBIT | AsyncWhiteBIT, options: Options) -> None:
        self._partner: Any = partner  # its methods return values or awaitables: see `settle`
        engine: Any = partner._engine
        self._clock = engine.clock
        if not urlsplit(partner.redirect_uri).path.endswith("/callback"):
            # Links and redirects are relative to the callback, as the browser sees its address.
            raise InvalidArgument("redirect_uri", "expected the address of the route callback")
        self._serving = Serving(options, partner.redirect_uri)
        self._states = States(partner, options)
        self._cookies = Cookies(secure=urlsplit(partner.redirect_uri).scheme == "https")
        self._held = Held(engine.custody, engine.clock)

    async def handle(self, route: str, request: Request) -> Any:
        """Return the response of a route: ours, or the one that ``on_error`` made."""
        problem: Problem
        failure: WhiteBITError | None = None
        try:
            return await self._route(route, request)
        except Refused as refused:
            problem = refused.problem
        except WhiteBITError as error:
            problem, failure = problem_of(error), error
            level = logging.ERROR if problem.status == 500 else logging.WARNING
            log.log(level, "%s: %s", route, error)
        if problem.code == "sign_in" and route in _SIGNS_IN:
            leads = self._serving.sign_in(route, request)
            if leads is not None:
                return leads
        allow = ", ".join(METHODS[route])
        return await self._serving.problem(request, problem, failure, allow)

    async def _route(self, route: str, request: Request) -> Response:
        serving = self._serving
        if route in _ONCE and is_prefetch(request.headers):
            # A 2xx would be kept by the browser, and shown when the user arrives.
            raise Refused("prefetch")
        method = "GET" if request.method == "HEAD" and route not in _ONCE else request.method
        if method not in METHODS[route]:
            raise Refused("wrong_method")
        if len(request.body) > LONGEST_BODY:
            raise Refused("too_large")
        if method == "POST":
            serving.refuse_forged(request)
        if route in _ONCE and not is_page(request.headers):
            raise Refused("not_a_page")
        match route, method:
            case "connect", "GET":
                return await self._question(request)
            case "connect", _:
                return await self._start(request)
            case "callback", _:
                return await self._callback(request)
            case "finish", _:
                return await self._finish(request)
            case "complete", _:
                return await self._complete(request)
            case "status", _:
                return await self._status(request)
            case "status.json", _:
                return serving.json(await self._states.of(await serving.user(request)))
            case "disconnect", _:
                return await self._disconnect(request)
            case "leftover", _:
                return await serving.page(request, "Disconnected", pages.leftover())
        return serving.made(200, "text/javascript", pages.SCRIPT.encode())

    # Starting a login

    async def _question(self, request: Request) -> Response:
        if (elsewhere := self._serving.elsewhere(request)) is not None:
            return elsewhere
        user_id = await self._serving.user(request)
        await self._serving.refuse_not_allowed(request)
        after = self._serving.next(request.parameter("next"))
        return await self._ask(request, user_id, after, await self._states.is_alive(user_id))

    async def _ask(
        self, request: Request, user_id: str, after: str | None, is_alive: bool
    ) -> Response:
        """Return the page before a login, or the page for a user who is connected already."""
        serving, options = self._serving, self._serving.options
        action = "connect?canonical=1" if request.parameter("canonical") else "connect"
        hidden = serving.hidden(request, *([("next", after)] if after else []))
        if is_alive:
            problem = PROBLEMS["already_connected"]
            leads = after or options.after
            content = pages.again(problem, action=action, hidden=hidden, after=leads)
            return await serving.page(request, problem.title, content, status=problem.status)
        label = options.user_label
        content = pages.question(
            user_id if label is None else str(await settle(label(request.native))),
            action=action,
            hidden=hidden,
            require=options.require,
            forbid=options.forbid,
        )
        return await serving.page(request, "Connect WhiteBIT", content)

    async def _start(self, request: Request) -> Response:
        serving = self._serving
        elsewhere = None if request.wants_json else serving.elsewhere(request)
        if elsewhere is not None:
            return elsewhere
        user_id = await serving.user(request)
        await serving.refuse_not_allowed(request)
        body = serving.body(request) if request.sends_json else {}
        different = request.field("different") or body.get("different")
        after = serving.next(request.field("next"))
        if not different and await self._states.is_alive(user_id):
            if request.wants_json:
                raise Refused("already_connected")
            return await self._ask(request, user_id, after, True)
        login = await settle(self._partner.authorize(user_id))
        now = self._clock.time()
        seconds = login.expires_at.timestamp() - now
        cookies = self._cookies.binding_set(
            request.headers.get("cookie", ""),
            login.id,
            login.binding,
            now=now,
            seconds=seconds + _LATE,
        )
        back = quote(after or "", safe="/?&=:@!$'()*+~")
        cookies += (self._cookies.set(NEXT, back, seconds if after else 0),)
        if request.wants_json:
            expires_at = login.expires_at.isoformat()
            started = {"url": login.url, "expires_at": expires_at, "binding": login.binding}
            return serving.json(started).adding(*cookies)
        return serving.redirect(login.url).adding(*cookies)

    # Finishing a login

    async def _callback(self, request: Request) -> Response:
        user_id = await self._serving.found_user(request)
        binding = self._binding(request, request.query)
        if binding is not None and user_id is None:
            return await self._hold(request)
        is_terminal = False
        try:
            # Without a binding the library refuses, and consumes nothing.
            await self._connect(user_id or "-", request.query, binding)
        except LoginKindMismatch:
            is_terminal = True
        if is_terminal:
            return await self._serving.page(request, "Copy this address", pages.copied())
        return self._serving.redirect("status")

    async def _hold(self, request: Request) -> Response:
        """Lead to ``finish`` by a page of this site: then a SameSite=Strict session is sent."""
        sealed = self._held.seal(request.query)
        if sealed is None:
            raise Refused("sign_in")
        cookie = self._cookies.set(FINISH, sealed, self._held.seconds)
        page = await self._serving.page(request, "One more step", pages.onward())
        return page.adding(cookie)

    async def _finish(self, request: Request) -> Response:
        held = self._cookies.read(request.headers.get("cookie", ""), FINISH) or ""
        if self._held.open(held) is None:
            raise Refused("binding_missing")
        # The application's code may raise anything: no frame holds the query meanwhile.
        user_id = await self._serving.user(request)
        query = self._held.open(held) or ""
        await self._connect(user_id, query, self._binding(request, query))
        return self._serving.redirect("status").adding(self._cookies.delete(FINISH))

    async def _complete(self, request: Request) -> Response:
        user_id = await self._serving.user(request)
        body = self._serving.body(request)
        callback, binding = body.get("callback"), body.get("binding")
        if not isinstance(callback, str) or not isinstance(binding, str):
            raise Refused("malformed")
        address, mark, query = callback.partition("#")[0].partition("?")
        await self._connect(user_id, query if mark else address, binding)
        return self._serving.json(await self._states.of(user_id))

    async def _connect(self, user_id: str, query: str, binding: str | None) -> None:
        """Hand the callback over: of its address only the query, since a proxy changes the rest."""
        parameters = _parsed(query)
        await settle(self._partner.connect(parameters, binding=binding, user_id=user_id))

    def _binding(self, request: Request, query: str) -> str | None:
        """Return the binding that this browser has of the login in a callback's query."""
        state = _parsed(query).get("state", [""])[0]
        header = request.headers.get("cookie", "")
        return self._cookies.binding(header, login_id(state))

    # The connection

    async def _status(self, request: Request) -> Response:
        serving = self._serving
        user_id = await serving.user(request)
        shown = await self._states.of(user_id)
        after = self._cookies.read(request.headers.get("cookie", ""), NEXT) or ""
        content = pages.state(
            shown,
            hidden=serving.hidden(request),
            after=serving.next(unquote(after)) or serving.options.after,
            can_ask=await self._states.can_ask(user_id),
        )
        return await serving.page(request, STATES[shown["state"]][0], content)

    async def _disconnect(self, request: Request) -> Response:
        user_id = await self._serving.user(request)
        await self._serving.refuse_not_allowed(request)
        done = await settle(self._partner.user(user_id).disconnect())
        remote = "user_must_delete" if done.left else "deleted" if done.deleted else "absent"
        if not done.is_finished:
            remote = "pending"
        if request.wants_json:
            return self._serving.json({"remote": remote})
        return self._serving.redirect("leftover" if done.left else "status")


def _parsed(query: str) -> dict[str, list[str]]:
    """Return the parameters of a callback.

    Raises:
        Refused: there are too many.
    """
    try:
        return parse_qs(query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        pass
    raise Refused("malformed")
