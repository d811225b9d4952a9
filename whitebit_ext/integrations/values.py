"""Requests, responses and options, as the core knows them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypedDict, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

import attrs

from ..errors import InvalidArgument
from .checks import is_path

T = TypeVar("T")

LONGEST_BODY = 16_384
"""Bytes of the largest request body that is read."""

Ask = Callable[[Any], Any]
"""A callable of the application: takes the framework's request, and may be a coroutine function."""


async def settle(value: T | Awaitable[T]) -> T:
    """Return a value, awaited where it is awaitable.

    With the sync partner and sync callables nothing is awaitable, and the core never suspends.
    """
    # Werkzeug's proxies have `__await__`, whatever they stand for, and the class of that.
    if issubclass(value.__class__, Awaitable):
        awaited: T = await cast("Awaitable[T]", value)
        return awaited
    return cast("T", value)


def run(coroutine: Any) -> Any:
    """Run a coroutine of the core for a sync partner: nothing in it suspends.

    Raises:
        RuntimeError: something was awaited, such as an async callable given to a sync framework.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise RuntimeError("an async callable was given to a sync framework, which cannot await it")


@attrs.frozen
class Request:
    """A request, independent of the framework.

    Attributes:
        method: The HTTP method, in capitals.
        query: The raw query string.
        headers: The headers by lower-case name. ``cookie`` is raw, decoded as Latin-1, and several
            of them are joined with ``"; "``.
        body: The body; empty for a method without one.
        native: The framework's own request, for the application's callables.
        hidden: Name and value of a hidden field for every form, e.g. of Django's CSRF protection.
        csrf_checked: Whether the framework has already checked that this site sent the request.
    """

    method: str
    query: str = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    native: Any = attrs.field(default=None, repr=False)
    hidden: tuple[str, str] | None = attrs.field(default=None, repr=False)
    csrf_checked: bool = False

    @property
    def wants_json(self) -> bool:
        """Whether the client is a program: it sends JSON, or accepts JSON and no HTML."""
        if self.sends_json:
            return True
        accepted = self.headers.get("accept", "")
        return "application/json" in accepted and "text/html" not in accepted

    @property
    def sends_json(self) -> bool:
        """Whether the body is JSON."""
        sent = self.headers.get("content-type", "")
        return sent.partition(";")[0].strip().lower() == "application/json"

    def field(self, name: str) -> str:
        """Return a field of the form in the body, or ``""``."""
        if self.sends_json:
            return ""
        form = parse_qs(self.body.decode("latin-1"), keep_blank_values=True)
        return form.get(name, [""])[-1]

    def parameter(self, name: str) -> str:
        """Return a parameter of the query, or ``""``."""
        return parse_qs(self.query, keep_blank_values=True).get(name, [""])[-1]


@attrs.frozen
class Response:
    """A response, independent of the framework; ``headers`` may name ``Set-Cookie`` repeatedly."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = attrs.field(default=b"", repr=False)

    def adding(self, *headers: tuple[str, str]) -> Response:
        """Return the response with more headers."""
        return attrs.evolve(self, headers=(*self.headers, *headers))


_SCHEMES = ("http", "https")
CALLABLES = ("user_id", "may_connect", "user_label", "on_error", "render")
"""The options that are callables of the application."""


def names(groups: Iterable[str] | str) -> frozenset[str]:
    """Return permission groups as a set; a single ``str`` is a mistake.

    Raises:
        InvalidArgument: it is a ``str``.
    """
    if isinstance(groups, str):
        raise InvalidArgument("require", "expected several names, such as {'trading'}")
    return frozenset(groups)


class More(TypedDict, total=False):
    """The optional arguments of the integrations; ``Options`` describes them."""

    may_connect: Ask | None
    user_label: Ask | None
    require: Iterable[str]
    forbid: Iterable[str]
    after: str
    login_url: str | None
    origins: Iterable[str]
    on_error: Callable[..., Any] | None
    render: Callable[..., Any] | None


@attrs.frozen(kw_only=True)
class Options:
    """What the application says about its users and pages.

    Callables take the framework's own request. In Starlette and FastAPI they may be coroutine
    functions.

    Attributes:
        user_id: Returns the id of the signed-in user, or ``None``: a ``str``, ``int`` or ``UUID``.
            It must never change, and never be reused: not an email address.
        may_connect: Returns whether the user may connect or disconnect an account now. Refuse
            here a sign-in that is too old, or a member of staff who impersonates the user.
        user_label: Returns the name of the account of your application as the user knows it, for
            the page that asks for confirmation; by default the user id.
        require: Permission groups that the key must have.
        forbid: Permission groups that the key must not have.
        after: The path of your application to which the pages lead at the end.
        login_url: The path of your sign-in page, which gets the parameter ``next``. Without it, a
            user who is not signed in gets a 401.
        origins: Further origins that may send forms and JSON, e.g. of a single-page application.
            The origin of the redirect URI always may.
        on_error: Is called with the request, the ``Problem`` and the status, and returns a response
            of the framework to use instead of the page, or ``None``.
        render: Is called with the request, a title and the HTML of a page's content, and returns
            the HTML of the whole page, e.g. within your own layout.
    """

    user_id: Ask
    may_connect: Ask | None = None
    user_label: Ask | None = None
    require: frozenset[str] = attrs.field(default=frozenset(), converter=names)
    forbid: frozenset[str] = attrs.field(default=frozenset(), converter=names)
    after: str = "/"
    login_url: str | None = None
    origins: frozenset[str] = attrs.field(default=frozenset(), converter=names)
    on_error: Callable[..., Any] | None = None
    render: Callable[..., Any] | None = None

    def __attrs_post_init__(self) -> None:
        """Check the addresses.

        Raises:
            InvalidArgument: one is not a path or origin; the error names it.
        """
        if not is_path(self.after):
            raise InvalidArgument("after", "expected a path of your application, such as /settings")
        if self.login_url is not None and not is_path(self.login_url):
            raise InvalidArgument("login_url", "expected a path of your application, e.g. /login")
        for origin in self.origins:
            parts = urlsplit(origin)
            if f"{parts.scheme}://{parts.netloc}" != origin or parts.scheme not in _SCHEMES:
                raise InvalidArgument("origins", "expected origins such as https://app.example")
