"""Bad responses of every kind, and the error that each must cause."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx

from whitebit_ext import errors
from whitebit_ext.errors import WhiteBITError

OPERATIONS = (
    "exchange_code",
    "refresh_token",
    "get_api_key_info",
    "get_api_key_secret",
    "delete_api_key",
)
STATUSES = range(300, 600)
PAGE = b"<!DOCTYPE html><html><head><title>Attention required</title></head><body>%s</body></html>"
TEN_MEGABYTES = 10_000_000

_BY_STATUS: dict[int, type[WhiteBITError]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    422: errors.BadRequest,
    423: errors.Locked,
    429: errors.RateLimited,
}


def expected(
    operation: str,
    status: int,
    *,
    refused_token: bool = False,
    huge: bool = False,
    page: bool = False,
) -> type[WhiteBITError]:
    """Return the error that an answer must end in; 200 stands for a spoiled success.

    Args:
        operation: The operation that was answered so.
        status: The answer's status.
        refused_token: Whether the body is the one that says that a refresh token is dead.
        huge: Whether the body is longer than what is read.
        page: Whether it is an HTML page or empty, which is no verdict.
    """
    if operation == "get_api_key_secret" and status == 409 and page:
        return errors.SecretUnanswered
    if operation == "exchange_code":
        if status == 429:
            return errors.RateLimited
        judged = status in _BY_STATUS
        return errors.CodeRejected if judged else errors.CodeUnanswered
    if operation == "refresh_token":
        dead = status == 400 and refused_token
        return errors.ReauthorizationRequired if dead else errors.TokenUnavailable
    if operation == "get_api_key_secret":
        secret_errors: dict[int, type[WhiteBITError]] = {
            200: errors.SecretMalformed,
            409: errors.SecretTakenElsewhere,
            423: errors.SecretLocked,
        }
        return secret_errors.get(status) or _BY_STATUS.get(status) or errors.SecretUnanswered
    if status == 200:
        return errors.ResponseTooLarge if huge else errors.MalformedResponse
    other = errors.ServerError if status >= 500 else errors.UnexpectedStatus
    return _BY_STATUS.get(status, other)


@dataclass(frozen=True, slots=True)
class BadAnswer:
    """An answer that is not the documented success.

    Attributes:
        name: What the test calls it.
        status: Its status.
        body: Makes its body of the request and of the true answer's body.
        headers: Its headers.
        breaks: Whether the connection closes after the body, which was announced longer.
    """

    name: str
    status: int
    body: Callable[[httpx.Request, bytes], bytes] = field(repr=False)
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    breaks: bool = False


def _echo_json(request: httpx.Request, true_body: bytes) -> bytes:
    """Refuse with everything that was sent, in each place that an error text is read from."""
    said = [f"{request.content.decode()} {request.headers.get('authorization')} is not valid."]
    # Not under the parameter's own name: a 400 that names `token` says that the token is dead.
    sent = parse_qsl(request.content.decode())
    fields = {f"the {name}": [value, f"not {value}"] for name, value in sent}
    return json.dumps(
        {"data": {"message": said}, "errors": fields, "code": 0, "message": said[0]}
    ).encode()


def _echo_page(request: httpx.Request, true_body: bytes) -> bytes:
    return PAGE % (request.content + repr(request.headers.raw).encode())


def _nothing(request: httpx.Request, true_body: bytes) -> bytes:
    return b""


_MARKUP = (("content-type", "text/html; charset=UTF-8"),)


def bad_statuses() -> Iterator[BadAnswer]:
    """Yield every status from 300 to 599, each with JSON, with a page and with no body."""
    for status in STATUSES:
        away = (("location", "https://elsewhere.example/oauth2"),) if status < 400 else ()
        for name, body, headers in (
            ("json", _echo_json, (("content-type", "application/json"),)),
            ("page", _echo_page, _MARKUP),
            ("empty", _nothing, ()),
        ):
            yield BadAnswer(f"{status} {name}", status, body, (*headers, *away))


def bad_bodies(operation: str) -> Iterator[BadAnswer]:
    """Yield every damaged body, as a 200 of an operation."""
    true_content = TRUE_SHAPES[operation]

    def of(change: Callable[[bytes], bytes]) -> Callable[[httpx.Request, bytes], bytes]:
        return lambda request, true_body: change(true_body)

    def with_field(path: tuple[str, ...], value: Any) -> Callable[[bytes], bytes]:
        return lambda true_body: json.dumps(_replaced(json.loads(true_body), path, value)).encode()

    spoiled: list[tuple[str, Callable[[bytes], bytes]]] = [
        ("empty", lambda _: b""),
        ("blank", lambda _: b" \r\n"),
        ("page", lambda body: PAGE % body),
        ("cut off by half", lambda body: body[: len(body) // 2]),
        ("cut off by a byte", lambda body: body[:-1]),
        ("huge and true", _padded),
        ("huge nonsense", lambda _: b"x" * TEN_MEGABYTES),
        ("not UTF-8", lambda body: body[:-2] + b',"note":"\xff\xfe"}}'),
        ("EBCDIC", lambda body: body.decode().encode("cp500")),
        ("NaN", lambda body: body[:-1] + b',"note":NaN}'),
        ("duplicate outer key", lambda body: body[:-1] + b',"data":{}}'),
        ("nested too deeply", lambda _: b'{"data":' + b"[" * 200_000),
        *((f"in place of it all: {text}", lambda _, text=text: text.encode()) for text in _OTHERS),
        *((f"data: {text}", lambda _, text=text: b'{"data":%s}' % text.encode()) for text in _DATA),
    ]
    for path, other in _paths(true_content):
        spoiled.append((f"{'.'.join(path)}: {other}", with_field(path, other)))
    if isinstance(true_content["data"], dict):
        spoiled += [("duplicate keys", _doubled), ("data: []", lambda _: b'{"data":[]}')]
    for name, change in spoiled:
        yield BadAnswer(f"200 {name}", 200, of(change))
    yield BadAnswer("200 broken off", 200, of(lambda body: body[: len(body) // 2]), breaks=True)


_OTHERS = ("null", "true", "7", '"text"', "[]", "{}")
# What no operation has under `data`; an empty list is what a deletion has.
_DATA = ("null", "true", "7", '"text"')

TRUE_SHAPES: dict[str, dict[str, Any]] = {
    "exchange_code": {
        "data": {"access_token": "", "expires_in": 300, "refresh_token": "", "token_type": ""}
    },
    "get_api_key_info": {"data": {"exists": True, "isEnabled": True, "externalId": ""}},
    "get_api_key_secret": {"data": {"apiSecret": ""}},
    "delete_api_key": {"data": []},
}
TRUE_SHAPES["refresh_token"] = TRUE_SHAPES["exchange_code"]


def _paths(content: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every field with a value of each type that it must not have."""
    if not isinstance(content["data"], dict):
        return
    for name, value in content["data"].items():
        others: list[Any] = [[], {}, [7], -7 if isinstance(value, int) else 7]
        if isinstance(value, bool):
            others += ["true", None]
        elif isinstance(value, int):
            others += [True, "soon", 1.0e12]
        else:
            others += [True, ""]
        yield from ((("data", name), other) for other in others)


def _replaced(content: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    outer, inner = path
    return {**content, outer: {**content[outer], inner: value}}


def _padded(body: bytes) -> bytes:
    """Put ten megabytes before the data, in an undocumented field."""
    return b'{"padding":"' + b"x" * TEN_MEGABYTES + b'",' + body[1:]


def _doubled(body: bytes) -> bytes:
    fields = json.loads(body)["data"]
    twice = [
        f"{json.dumps(name)}:{json.dumps(value)}"
        for name, value in itertools.chain(fields.items(), dict.fromkeys(fields, "other").items())
    ]
    return b'{"data":{%s}}' % ",".join(twice).encode()
