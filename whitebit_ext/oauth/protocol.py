"""The OAuth 2.0 protocol as WhiteBIT implements it: Authlib's pure half, with stricter checks.

Nothing here does I/O. This is the only module that imports Authlib, and only on use: reading an
account does not need it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import attrs
import httpx

from ..custody.finding import find
from ..custody.values import Answer, TokenPair
from ..errors import (
    AuthorizationDenied,
    CallbackMalformed,
    CodeMissing,
    InvalidArgument,
    IssuerMismatch,
    MalformedResponse,
    RedirectMismatch,
    StateMissing,
)
from ..regions import Server, operation, origin_of
from ..secret import Secret

_LONGEST_LIFETIME = 31_536_000  # a year: anything longer is not a short-lived access token
_VISIBLE = re.compile(r"[\x20-\x7e]{1,4096}")  # RFC 6749, appendix A.12: 1*VSCHAR
_SINGLE = ("state", "code", "error", "iss")


class MultiMapping(Protocol):
    """Parameters as Django, Werkzeug and Starlette provide them: one name, several values."""

    def getlist(self, key: str, /) -> list[str]:
        """Return all values of a name."""


class UrlObject(Protocol):
    """A URL as Starlette, httpx, yarl and Pydantic represent it; ``str()`` returns its text."""

    @property
    def scheme(self) -> str:
        """The scheme, such as ``https``."""


Callback = str | Mapping[str, Any] | MultiMapping | UrlObject


@attrs.frozen
class Credentials:
    """A partner's registration at WhiteBIT."""

    client_id: str
    client_secret: Secret
    redirect_uri: str


class BearerAuth(httpx.Auth):
    """Adds an access token to a request (RFC 6750, section 2.1).

    Attributes:
        secrets: What must not be repeated from a response.
    """

    def __init__(self, access: Secret) -> None:
        self._access = access
        self.secrets = (access,)

    def auth_flow(self, request: httpx.Request) -> Any:
        """Set the header and send once; the caller handles a 401."""
        request.headers["authorization"] = f"Bearer {self._access.reveal()}"
        yield request


def new_state() -> str:
    """Return an unguessable state (RFC 6749, section 10.10)."""
    from authlib.common.security import generate_token

    return str(generate_token(48))


def new_binding() -> str:
    """Return an unguessable text of 256 bits, which only the browser session keeps."""
    from authlib.common.security import generate_token

    return str(generate_token(43))


def new_verifier() -> Secret:
    """Return a new code verifier of 64 unreserved characters (RFC 7636, section 4.1)."""
    from authlib.common.security import generate_token

    return Secret(generate_token(64))


def authorization_url(
    server: Server, *, client_id: str, redirect_uri: str, state: str, verifier: Secret
) -> str:
    """Return the login URL with PKCE (contract, section 2; RFC 7636, section 4.3).

    ``clientId`` is WhiteBIT's spelling. Authlib's own URL builder would add ``response_type`` and
    ``client_id``, which WhiteBIT does not document; no scope is sent, since scopes are fixed.
    """
    from authlib.common.urls import add_params_to_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    parameters = [
        ("clientId", client_id),
        ("redirect_uri", redirect_uri),
        ("state", state),
        ("code_challenge", create_s256_code_challenge(verifier.reveal())),
        ("code_challenge_method", "S256"),
    ]
    return str(add_params_to_uri(server.base_url + operation("authorize").path, parameters))


@attrs.frozen
class CallbackParameters:
    """The parameters of a callback, each at most once."""

    state: str = attrs.field(repr=False)
    code: Secret | None
    error: str | None
    issuer: str | None
    address: str | None


def read_callback(callback: Callback) -> CallbackParameters:
    """Read a callback's URL or parameters.

    Raises:
        CallbackMalformed: a parameter came twice (RFC 6749, section 3.1), or it is unreadable.
        StateMissing: there is no state, so the login is unknown.
    """
    given: Any = callback
    address = None
    if isinstance(given, Mapping) or hasattr(given, "getlist"):
        values = {name: _all(given, name) for name in _SINGLE}
    elif isinstance(given, str) or re.match("https?://", str(given)):
        address, values = _of_url(str(given))
    else:
        raise InvalidArgument("callback", "expected its URL, or a mapping of its parameters")
    for name, found in values.items():
        if len(found) > 1:
            raise CallbackMalformed(f"the callback has {len(found)} values of {name!r}")
        if not all(value.isprintable() for value in found):
            raise CallbackMalformed(f"the callback's {name!r} is not text")
    state, code, error, issuer = (next(iter(values[name]), None) or None for name in _SINGLE)
    if state is None:
        raise StateMissing("the callback has no state")
    return CallbackParameters(state, Secret(code) if code else None, error, issuer, address)


def _of_url(url: str) -> tuple[str, dict[str, list[str]]]:
    """Return a callback's address, and the values of each parameter."""
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        values = {name: [value for key, value in pairs if key == name] for name in _SINGLE}
        return f"{origin_of(url)}{parts.path}", values
    except ValueError:  # a port that is not a number, an extra bracket
        problem = CallbackMalformed("the callback is not a URL that can be read")
    raise problem


def _all(parameters: Any, name: str) -> list[str]:
    """Return all values of a parameter: the ``get`` of a multi-mapping would hide duplicates."""
    if hasattr(parameters, "getlist"):  # Django, Werkzeug, Starlette
        found = parameters.getlist(name)
    elif hasattr(parameters, "getall"):  # aiohttp, WebOb; for a missing name it may raise
        found = parameters.getall(name) if name in parameters else []
    elif hasattr(parameters, "multi_items"):  # httpx
        found = [value for key, value in parameters.multi_items() if key == name]
    else:
        found = parameters.get(name, [])
    values = [found] if isinstance(found, str) else found
    if isinstance(values, Iterable):
        values = list(values)
        if all(isinstance(value, str) for value in values):
            return values
    raise CallbackMalformed(f"the callback's {name!r} is not text")


def check_address(parameters: CallbackParameters, redirect_uri: str) -> None:
    """Compare host and path with the redirect URI's, where the callback was given as a URL.

    Raises:
        RedirectMismatch: they differ.
    """
    expected = f"{origin_of(redirect_uri)}{urlsplit(redirect_uri).path}"
    if parameters.address is not None and parameters.address != expected:
        raise RedirectMismatch(f"the callback came to {parameters.address}, not to {expected}")


def take_code(parameters: CallbackParameters, server: Server) -> Secret:
    """Return the authorization code of a callback whose state was checked.

    Raises:
        IssuerMismatch: it names another server (RFC 9207, section 2.4).
        AuthorizationDenied: it carries an error (RFC 6749, section 4.1.2.1).
        CodeMissing: it carries nothing.
    """
    if parameters.issuer is not None and not server.is_at(parameters.issuer):
        raise IssuerMismatch("the callback names another authorization server")
    if parameters.error is not None:
        # The text comes from the browser: only what RFC 6749 allows as an error code is shown.
        known = re.fullmatch(r"[a-z_]{1,40}", parameters.error)
        error = parameters.error if known else "unreadable"
        raise AuthorizationDenied(f"the authorization was refused ({error})", error=error)
    if parameters.code is None:
        raise CodeMissing("the callback has neither a code nor an error")
    return parameters.code


def read_pair(body: bytes, answer: Answer) -> TokenPair:
    """Return the token pair of a token response: of the first object with an access token.

    The response comes once, so ``token_type``, ``scope``, ``expires_in`` and ``refresh_token`` may
    be missing or of another form (contract, section 3; RFC 6749, section 5.1). Without a readable
    lifetime a token is used until it is rejected with a 401.

    Args:
        body: The body, decompressed.
        answer: When and why it was requested: a lifetime counts from then at the latest.

    Raises:
        MalformedResponse: there is no access token in it.
    """
    found = find(body, "accesstoken")
    access = _token(found.get("accesstoken")) if found is not None else None
    if found is None or access is None or found.get("error"):
        raise MalformedResponse("there is no token in the response")
    scope = found.get("scope")
    if isinstance(scope, list):
        scope = " ".join(name for name in scope if isinstance(name, str))
    names = re.split(r"[,\s]+", scope) if isinstance(scope, str) else ()
    return TokenPair(
        access=access,
        refresh=_token(found.get("refreshtoken")),
        scopes=tuple(name for name in names if name.isprintable() and name),
        obtained_at=answer.sent_at or 0.0,
        lifetime=_lifetime(found.get("expiresin")),
        login="",
        after_rejection=answer.after_rejection,
    )


def _token(value: Any) -> Secret | None:
    """Return a token, unless a header cannot contain it."""
    return Secret(value) if isinstance(value, str) and _VISIBLE.fullmatch(value) else None


def _lifetime(value: Any) -> float | None:
    """Read ``expires_in``, also as a numeric string; ``None`` if it is not a plausible number."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 < value <= _LONGEST_LIFETIME else None
