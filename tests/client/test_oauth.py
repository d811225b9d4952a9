"""The OAuth protocol without I/O: PKCE, login URL, callbacks, and token responses."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from starlette.datastructures import URL, QueryParams

from whitebit_ext import Region, Secret
from whitebit_ext.errors import (
    AuthorizationDenied,
    CallbackMalformed,
    CodeMissing,
    InvalidArgument,
    IssuerMismatch,
    RedirectMismatch,
    StateMissing,
)
from whitebit_ext.oauth.protocol import (
    CallbackParameters,
    authorization_url,
    check_address,
    new_state,
    new_verifier,
    read_callback,
    take_code,
)
from whitebit_ext.regions import Server

SERVER = Server.of(Region.GLOBAL)
REDIRECT_URI = "https://partner.example/whitebit/callback"
# RFC 7636, appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CODE = "Y29kZSs+Lz8=/+&=%"


class Django(dict[str, list[str]]):
    """Query parameters as Django has them: a dict whose items are the last of several values."""

    def getlist(self, key: str) -> list[str]:
        """Return all values."""
        return dict.get(self, key, [])

    def __getitem__(self, key: str) -> Any:
        return super().__getitem__(key)[-1]

    def get(self, key: str, default: Any = None) -> Any:
        """Return the last value."""
        return super().get(key, [default])[-1]


class Werkzeug(Django):
    """Query parameters as Werkzeug has them: the first value, and converters in `getlist`."""

    def getlist(self, key: str, type: Callable[[str], Any] | None = None) -> list[str]:
        """Return all values, converted where that is asked for."""
        return [type(value) if type else value for value in super().getlist(key)]


class Aiohttp(dict[str, list[str]]):
    """Query parameters as aiohttp has them: the first value, and `getall`."""

    def getall(self, key: str) -> list[str]:
        """Return all values, of which there must be one."""
        return super().__getitem__(key)

    def __getitem__(self, key: str) -> Any:
        return super().__getitem__(key)[0]

    def get(self, key: str, default: Any = None) -> Any:
        """Return the first value."""
        return super().get(key, [default])[0]


def as_lists(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Return parameters as `urllib.parse.parse_qs` has them."""
    return {key: [value for name, value in pairs if name == key] for key, _ in pairs}


FORMS: dict[str, Callable[[list[tuple[str, str]]], Any]] = {
    "url": lambda pairs: f"{REDIRECT_URI}?{urlencode(pairs)}",
    "bare query": lambda pairs: f"?{urlencode(pairs)}",
    "parse_qs": as_lists,
    "django": lambda pairs: Django(as_lists(pairs)),
    "werkzeug": lambda pairs: Werkzeug(as_lists(pairs)),
    "starlette": lambda pairs: QueryParams(urlencode(pairs)),
    "starlette url": lambda pairs: URL(f"{REDIRECT_URI}?{urlencode(pairs)}"),
    "httpx": lambda pairs: httpx.QueryParams(urlencode(pairs)),
    "httpx url": lambda pairs: httpx.URL(f"{REDIRECT_URI}?{urlencode(pairs)}"),
    "aiohttp": lambda pairs: Aiohttp(as_lists(pairs)),
}


def query_of(url: str) -> list[tuple[str, str]]:
    """Return the parameters of a URL, in order."""
    return parse_qsl(urlsplit(url).query, strict_parsing=True)


def url_for(verifier: str = VERIFIER, **changes: str) -> str:
    """Return a login URL."""
    given = {"client_id": "client", "redirect_uri": REDIRECT_URI, "state": "state"} | changes
    return authorization_url(SERVER, **given, verifier=Secret(verifier))


def test_challenge_matches_the_rfc() -> None:
    """The challenge matches the example of RFC 7636, appendix B."""
    assert dict(query_of(url_for()))["code_challenge"] == CHALLENGE


def test_login_url_has_the_documented_parameters() -> None:
    """`clientId`, and neither `client_id`, `response_type` nor `scope` (contract, section 2)."""
    assert url_for().partition("?")[0] == "https://whitebit.com/auth/login"
    assert query_of(url_for()) == [
        ("clientId", "client"),
        ("redirect_uri", REDIRECT_URI),
        ("state", "state"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
    assert VERIFIER not in url_for()


def test_login_url_is_escaped() -> None:
    """Ids, states and redirect URIs with a query of their own arrive unchanged."""
    odd = {
        "client_id": "a+b/c=&d e",
        "redirect_uri": f"{REDIRECT_URI}?next=%2Fhome&x=1",
        "state": "é&state=2#",
    }
    assert dict(query_of(url_for(**odd))) == {
        "clientId": odd["client_id"],
        "redirect_uri": odd["redirect_uri"],
        "state": odd["state"],
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }


def test_verifiers_follow_the_rfc() -> None:
    """A verifier has 43 to 128 characters of RFC 7636, section 4.1, and is never reused."""
    verifiers = {new_verifier().reveal() for _ in range(200)}
    assert len(verifiers) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9\-._~]{43,128}", verifier) for verifier in verifiers)


def test_states_are_unguessable() -> None:
    """A state has more than 128 bits and needs no escaping."""
    states = {new_state() for _ in range(200)}
    assert len(states) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9\-._~]{43,128}", state) for state in states)


@pytest.mark.parametrize("form", FORMS)
def test_callback_is_read_in_every_form(form: str) -> None:
    """A URL, and the parameters as frameworks provide them, give the same result."""
    pairs = [("code", CODE), ("state", "s+t/a=te"), ("iss", "https://whitebit.com"), ("x", "y")]
    read = read_callback(FORMS[form](pairs))
    assert (read.state, read.code, read.error) == ("s+t/a=te", Secret(CODE), None)
    assert read.issuer == "https://whitebit.com"
    assert CODE not in repr(read)


@pytest.mark.parametrize("name", ["state", "code", "error", "iss"])
@pytest.mark.parametrize("values", [("a", "b"), ("a", "a"), ("a", "")])
@pytest.mark.parametrize("form", FORMS)
def test_repeated_parameter_is_refused(form: str, values: tuple[str, str], name: str) -> None:
    """RFC 6749, section 3.1: a repeated parameter is refused, even if equal or empty."""
    others = [(other, "x") for other in ("state", "code") if other != name]
    with pytest.raises(CallbackMalformed, match=name):
        read_callback(FORMS[form]([*others, (name, values[0]), (name, values[1])]))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pairs", [[("code", "c")], [("code", "c"), ("state", "")], []])
def test_callback_without_state_is_refused(form: str, pairs: list[tuple[str, str]]) -> None:
    """A missing and an empty state are treated alike."""
    with pytest.raises(StateMissing):
        read_callback(FORMS[form](pairs) if pairs else {})


@pytest.mark.parametrize(
    "callback",
    [
        {"state": 7, "code": "c"},
        {"state": "s", "code": 7},
        {"state": "s", "code": ["c", 7]},
        {"state": "s", "code": {"c": 1}, "iss": [None]},
        {"state": "s", "code": None, "iss": 7},
        {"state": "\ud800", "code": "c"},
        {"state": "s", "code": "\udfff"},
        {"state": "s", "code": "a\nb"},
        {"state": "s\0", "code": "c"},
        "https://partner.example:port/?state=s&code=c",
        "https://[partner.example/?state=s&code=c",
        "https://partner.example/?state=\ud800&code=c",
    ],
)
def test_unreadable_callback_is_refused(callback: Any) -> None:
    """A callback that a browser or framework made unreadable is one typed error."""
    with pytest.raises(CallbackMalformed) as caught:
        read_callback(callback)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("callback", [None, 7, b"https://partner.example/?state=s", ["state"]])
def test_callback_type_is_checked(callback: Any) -> None:
    """Only a URL, also as an object, and mappings are accepted."""
    with pytest.raises(InvalidArgument) as caught:
        read_callback(callback)
    assert caught.value.argument == "callback"


def parameters(**changes: Any) -> CallbackParameters:
    """Return the parameters of a good callback, with changes."""
    good: dict[str, Any] = {
        "state": "s",
        "code": Secret(CODE),
        "error": None,
        "issuer": None,
        "address": None,
    }
    return CallbackParameters(**(good | changes))


@pytest.mark.parametrize(
    ("address", "same"),
    [
        (f"{REDIRECT_URI}?code=c&state=s", True),
        ("https://PARTNER.example:443/whitebit/callback?code=c&state=s#x", True),
        ("http://partner.example/whitebit/callback?code=c&state=s", False),
        ("https://partner.example.evil/whitebit/callback?code=c&state=s", False),
        ("https://partner.example/whitebit/Callback?code=c&state=s", False),
        ("https://partner.example/whitebit/callback/?code=c&state=s", False),
        ("https://partner.example:8443/whitebit/callback?code=c&state=s", False),
        ("?code=c&state=s", False),
    ],
)
def test_host_and_path_of_a_url_are_compared(address: str, same: bool) -> None:
    """A callback to another address than the redirect URI is refused, without its query."""
    read = read_callback(address)
    if same:
        check_address(read, REDIRECT_URI)
        return
    with pytest.raises(RedirectMismatch) as caught:
        check_address(read, REDIRECT_URI)
    assert "code=" not in str(caught.value)


def test_mapping_has_no_address_to_compare() -> None:
    """Behind a proxy that changes host and path, only the parameters are passed."""
    check_address(read_callback({"state": "s", "code": "c"}), REDIRECT_URI)
    check_address(read_callback(f"{REDIRECT_URI}?code=c&state=s"), f"{REDIRECT_URI}?own=query")


def test_code_is_not_changed() -> None:
    """A code with special characters is not changed, also with an `iss` of this server."""
    for issuer in (None, "https://whitebit.com", "https://WhiteBIT.com:443/"):
        assert take_code(parameters(issuer=issuer), SERVER) == Secret(CODE)


@pytest.mark.parametrize(
    "issuer",
    ["https://whitebit.eu", "http://whitebit.com", "whitebit.com", "https://a:b", "https://[", "x"],
)
def test_another_issuer_is_refused(issuer: str) -> None:
    """RFC 9207: an `iss` of another server, or an unreadable one, ends the login."""
    with pytest.raises(IssuerMismatch) as caught:
        take_code(parameters(issuer=issuer), SERVER)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("access_denied", "access_denied"),
        ("server_error", "server_error"),
        ("<script>alert(1)</script>", "unreadable"),
        ("x" * 41, "unreadable"),
        ("access_denied\nERROR forged", "unreadable"),
    ],
)
def test_refusal_shows_only_an_error_code(sent: str, shown: str) -> None:
    """RFC 6749, section 4.1.2.1: a value that is not a valid error code is not repeated."""
    with pytest.raises(AuthorizationDenied) as caught:
        take_code(parameters(code=None, error=sent), SERVER)
    assert caught.value.error == shown
    assert sent == shown or sent not in str(caught.value)


def test_error_with_a_code_is_a_refusal() -> None:
    """The code of a callback that also has an error is not used."""
    with pytest.raises(AuthorizationDenied):
        take_code(parameters(error="access_denied"), SERVER)


def test_state_alone_is_a_refusal() -> None:
    """A refusal with nothing but the state has a type of its own."""
    with pytest.raises(CodeMissing) as caught:
        take_code(parameters(code=None), SERVER)
    assert caught.value.__context__ is None
