"""Interpretation of responses: a body to parse, or an error to raise. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import quote_plus

from ..errors import (
    Action,
    BadRequest,
    Conflict,
    Forbidden,
    Locked,
    MalformedResponse,
    NotFound,
    RateLimited,
    ResponseError,
    ServerError,
    Unauthorized,
    UnexpectedStatus,
    WhiteBITError,
)
from ..secret import Secret

_BY_STATUS: Mapping[int, type[ResponseError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: BadRequest,
    423: Locked,
    429: RateLimited,
}
_MAX_TEXT = 200
_MAX_FIELDS = 20
_BY_FIELD = ("data", "errors", "message")
"""Where an error may have messages by field."""
_CREDENTIALS = frozenset(("access_token", "apiSecret", "api_secret", "refresh_token"))
"""Fields of the documented successes; their values are never part of a message."""

_RECONNECT = "let the user connect again with authorize()."
_NO_PERMISSION = (
    "The API key lacks the permission for this operation. Delete the key with api_key.delete(), "
    f"tell the user which permissions are needed, and {_RECONNECT}",
    Action.RECONNECT,
)
# Hints by the error code of a signed request (contract, section 6), more specific than the status.
_BY_CODE: Mapping[int, tuple[str, Action]] = {
    2: (
        "The API key is disabled, or this machine's IP address is not on the key's allowlist. The "
        "user can check both in WhiteBIT's API settings. WhiteBIT disables a key after 14 days "
        f"without use: then the user must delete it; after that, {_RECONNECT}",
        Action.RECONNECT,
    ),
    4: _NO_PERMISSION,
    5: (
        "API keys of sub-accounts cannot use this operation. Ask the user to connect the main "
        "account.",
        Action.RECONNECT,
    ),
    9: (
        "The body must be compact JSON, and the same bytes as the signed payload. Sign with "
        "key.auth(), and let nothing change the request after that.",
        Action.FIX_CALL,
    ),
    10: (
        "The secret does not belong to this API key, or the key was deleted. If you added the key "
        f"with adopt(), check both values; otherwise {_RECONNECT}",
        Action.RECONNECT,
    ),
    30: ("Correct the parameters that .errors names, and call again.", Action.FIX_CALL),
    31: (
        "Correct the market, or the parameters that .errors names, and call again.",
        Action.FIX_CALL,
    ),
}
# Hints for code 0, by the beginning of the message.
_BY_MESSAGE: Mapping[str, tuple[str, Action]] = {
    "your nonce is more than": (
        "This machine's clock and WhiteBIT's differ by more than 5 seconds. Synchronize the clock "
        "(NTP), then call again.",
        Action.FIX_SETUP,
    ),
    "nonce not provided": ("Sign the request with key.auth(), which adds it.", Action.FIX_CALL),
    "this action is unauthorized": _NO_PERMISSION,
    "you don't have permission to use this endpoint": _NO_PERMISSION,
}
_NOT_THE_API = (
    "This response is not from WhiteBIT's API: its CDN, or a proxy, sent it. It says nothing about "
    "keys or tokens. "
)
_BLOCKED = "Check whether this machine's IP address is blocked, and any proxy in between."


def is_clock_skew(error: WhiteBITError) -> bool:
    """Return whether a signed request was rejected because of this machine's clock."""
    return error.code == 0 and "your nonce is more than" in error.message.lower()


def decode_text(body: bytes, errors: str = "strict") -> str:
    """Return JSON as text, without a byte-order mark, which may be ignored (RFC 8259, section 8.1).

    The mark, or zeros between the characters, show UTF-16 and UTF-32; anything else is UTF-8.
    """
    return body.decode(json.detect_encoding(body), errors).removeprefix("\ufeff")


def load_json(body: bytes, operation: str, *, strict: bool = True) -> Any:
    """Parse the body of a success; fractions become ``Decimal``, not float.

    Args:
        body: The whole body.
        operation: The ``operationId``, for the error.
        strict: Reject an object with a duplicate key, which parsers interpret differently.

    Raises:
        MalformedResponse: the body is empty, HTML, truncated, not UTF-8 or not JSON.
    """
    decoder = _STRICT if strict else _PLAIN
    problem = None
    try:
        return decoder.decode(decode_text(body))
    except UnicodeDecodeError:
        problem = "is not UTF-8"
    except DuplicateKey:
        problem = "names a key twice"
    except RecursionError:
        problem = "is nested too deeply"
    except InvalidOperation:
        problem = "holds a number beyond all bounds"
    except ValueError:
        problem = "is empty" if not body.strip() else f"is {_kind(body)}, not whole JSON"
    raise MalformedResponse(f"the body of a successful response {problem}", operation=operation)


class DuplicateKey(ValueError):
    """A JSON object has a key twice: two parsers would read different values."""


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these pairs, for ``JSONDecoder(object_pairs_hook=…)``.

    Raises:
        DuplicateKey: a key comes twice.
    """
    made = dict(pairs)
    if len(made) != len(pairs):
        raise DuplicateKey
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")  # RFC 8259, section 6: NaN and Infinity


_PLAIN = json.JSONDecoder(parse_constant=_no_constant, parse_float=Decimal)
_STRICT = json.JSONDecoder(
    parse_constant=_no_constant, parse_float=Decimal, object_pairs_hook=unique_keys
)


def error_of(
    operation: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    secrets: Iterable[Secret] = (),
) -> ResponseError:
    """Return the error for a response other than the documented success.

    Every envelope of the contract (sections 3, 4 and 6) is parsed; any other body gives the
    error of its status. The hint depends on the code, if there is one.

    Args:
        operation: The ``operationId``.
        status: The HTTP status.
        headers: The headers of the response.
        body: The body, or the part of it that was read.
        secrets: The credentials of the request, redacted if the server repeats them.
    """
    kind = _BY_STATUS.get(status) or (ServerError if status >= 500 else UnexpectedStatus)
    text, code, from_api = "", None, False
    errors: dict[str, tuple[str, ...]] = {}
    try:
        # An undocumented success may contain a token: nothing of it goes into the message.
        parsed: Any = {} if 200 <= status < 300 else json.loads(body)
    except (ValueError, RecursionError):
        text = f"the body is {_kind(body)}, not JSON"
    else:
        from_api = _is_envelope(parsed)
        text, code, errors = _read_envelope(parsed, tuple(secrets))
    if status == 400 and code == 0 and text.lower().startswith("too many attempts"):
        kind = RateLimited  # published for one endpoint (contract, section 6)
    hint, action = _advice(kind, status, code, text, from_api=from_api)
    return kind(
        f"the server answered {status}" + (f": {text}" if text else ""),
        operation=operation,
        status_code=status,
        code=code,
        errors=errors,
        hint=hint,
        action=action,
        retry_after=_retry_after(headers),
        from_api=from_api,
    )


def _advice(
    kind: type[ResponseError], status: int, code: int | None, text: str, *, from_api: bool
) -> tuple[str | None, Action | None]:
    """Return hint and action if they are more specific than those of the class."""
    if not from_api:
        if kind.action in (Action.RETRY, Action.WAIT) and kind is not Locked:
            return _NOT_THE_API + kind.default_hint, None
        if status in (401, 403, 404):
            return _NOT_THE_API + _BLOCKED, Action.FIX_SETUP
    elif kind in (BadRequest, Unauthorized, Forbidden) and code is not None:
        said = text.lower()
        found = [advice for start, advice in _BY_MESSAGE.items() if said.startswith(start)]
        if code == 0 and found:
            return found[0]
        return _BY_CODE.get(code) or (_NO_PERMISSION if kind is Forbidden else (None, None))
    return None, None


def _is_envelope(parsed: Any) -> bool:
    """Return whether an error body has one of WhiteBIT's formats; a proxy may send JSON too."""
    if not isinstance(parsed, dict):
        return False
    return (
        _code(parsed) is not None
        or isinstance(parsed.get("message"), list)
        or any(isinstance(parsed.get(key), dict) for key in _BY_FIELD)
    )


def _code(parsed: Mapping[str, Any]) -> int | None:
    """Return the code, which may come as text like every number (contract, section 8)."""
    code = parsed.get("code")
    if isinstance(code, str) and re.fullmatch(r"[0-9]{1,9}", code):
        return int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _read_envelope(
    parsed: Any, secrets: tuple[Secret, ...]
) -> tuple[str, int | None, dict[str, tuple[str, ...]]]:
    if not isinstance(parsed, dict):
        return "", None, {}
    errors: dict[str, tuple[str, ...]] = {}
    for key in _BY_FIELD:
        fields = parsed.get(key)
        if key == "errors" and isinstance(fields, list) and fields:
            fields = {"message": fields}
        if isinstance(fields, dict):
            for name, texts in list(fields.items())[:_MAX_FIELDS]:
                shown = () if name in _CREDENTIALS else _texts(texts)
                errors[_shown(name, secrets)] = tuple(_shown(text, secrets) for text in shown)
    said = [_shown(text, secrets) for text in _texts(parsed.get("message"))]
    said = [text for text in (*said, *errors.get("message", ())) if text]
    if not said:
        said = [f"{name}: {', '.join(texts)}" for name, texts in errors.items() if any(texts)]
    return "; ".join(said)[: 2 * _MAX_TEXT], _code(parsed), errors


def _texts(value: Any, depth: int = 3) -> Iterator[str]:
    """Yield the texts of a message: one text, a list, or the older list of lists.

    A map by index is a list too: PHP writes one from which an element was removed as such.
    """
    if isinstance(value, dict) and all(key.isdigit() for key in value):
        value = list(value.values())
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth:
        for item in value[:_MAX_FIELDS]:
            yield from _texts(item, depth - 1)


def _shown(text: str, secrets: tuple[Secret, ...]) -> str:
    """Return a server's text for use in a message: one short line, without secrets."""
    for secret in filter(Secret.reveal, secrets):  # an empty one would match everywhere
        text = text.replace(secret.reveal(), "[redacted]")
        text = text.replace(quote_plus(secret.reveal(), errors="replace"), "[redacted]")
    printable = (char if char.isprintable() else " " for char in text[: 4 * _MAX_TEXT])
    return " ".join("".join(printable).split())[:_MAX_TEXT]


def _kind(body: bytes) -> str:
    head = body[:200].lstrip().lower()
    if not head:
        return "empty"
    return "an HTML page" if head.startswith(b"<") else "cut off or something else"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return ``Retry-After`` in seconds (RFC 9110, section 10.2.3), or ``None`` without one.

    A date is relative to the response's own ``Date``, since the local clock may be wrong.
    """
    value = headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        until, sent = (parsedate_to_datetime(text) for text in (value, headers.get("date", "")))
        return max(0.0, (until - sent).total_seconds())
    except (ValueError, TypeError, OverflowError):  # not dates, or only one with a time zone
        return None
