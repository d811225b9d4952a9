"""What an answer of the server means: a body to parse, or an error of ours. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from ..errors import (
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
# A server that echoes what it was sent must not carry a token into our message: a long word is
# shown only when it cannot be one (a translation key such as api.validation.dateTime.maxRange).
_LONG_WORD = re.compile(r"[^\s\"'<>]{24,}")
_KEY_LIKE = re.compile(r"[a-z]+(?:[._][A-Za-z]+)+\.?")


def load_json(body: bytes, operation: str, *, strict: bool = True) -> Any:
    """Parse a success body, or say that it is none; fractions become ``Decimal``, not float.

    Args:
        body: The whole body.
        operation: The ``operationId``, for the error.
        strict: Refuse an object that names one key twice, which two parsers read as two things.

    Raises:
        MalformedResponse: the body is empty, HTML, cut off, not UTF-8 or not JSON.
    """
    decoder = _STRICT if strict else _PLAIN
    problem = None
    try:
        return decoder.decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        problem = "is not UTF-8"
    except _DuplicateKey:
        problem = "names a key twice"
    except RecursionError:
        problem = "is nested too deeply"
    except InvalidOperation:
        problem = "holds a number beyond all bounds"
    except ValueError:
        problem = "is empty" if not body.strip() else f"is {_kind(body)}, not whole JSON"
    raise MalformedResponse(f"the body of a success answer {problem}", operation=operation)


class _DuplicateKey(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _DuplicateKey
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")  # RFC 8259, section 6: NaN and Infinity


_PLAIN = json.JSONDecoder(parse_constant=_no_constant, parse_float=Decimal)
_STRICT = json.JSONDecoder(
    parse_constant=_no_constant, parse_float=Decimal, object_pairs_hook=_unique
)


def error_of(
    operation: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    secrets: Iterable[Secret] = (),
) -> ResponseError:
    """Return the error that an answer other than the documented success stands for.

    Every envelope of the contract (sections 3, 4 and 6) is read; HTML and nonsense end in the
    error of their status. What the request carried in confidence is blotted out of them.
    """
    for secret in secrets:
        body = body.replace(secret.reveal().encode("utf-8", "surrogatepass"), b"[redacted]")
    kind = _BY_STATUS.get(status) or (ServerError if status >= 500 else UnexpectedStatus)
    text, code = "", None
    errors: dict[str, tuple[str, ...]] = {}
    try:
        # A success that the contract does not know may hold a token: nothing of it is repeated.
        parsed: Any = {} if 200 <= status < 300 else json.loads(body)
    except (ValueError, RecursionError):
        text = f"the body is {_kind(body)}, not JSON"
    else:
        text, code, errors = _read_envelope(parsed)
    return kind(
        f"the server answered {status}" + (f": {text}" if text else ""),
        operation=operation,
        status_code=status,
        code=code,
        errors=errors,
        retry_after=_retry_after(headers),
    )


def _read_envelope(parsed: Any) -> tuple[str, int | None, dict[str, tuple[str, ...]]]:
    if not isinstance(parsed, dict):
        return "", None, {}
    errors: dict[str, tuple[str, ...]] = {}
    for key in ("data", "errors"):
        fields = parsed.get(key)
        if isinstance(fields, dict):
            for name, texts in list(fields.items())[:_MAX_FIELDS]:
                # Messages come in lists; a bare word may be the value of the field itself.
                word = isinstance(texts, str) and not re.search(r"\s", texts)
                bare = word and name != "message" and not _KEY_LIKE.fullmatch(texts)
                errors[_shown(name)] = () if bare else tuple(map(_shown, _texts(texts)))
    said = [_shown(text) for text in _texts(parsed.get("message"))]
    said = [text for text in (*said, *errors.get("message", ())) if text]
    if not said:
        said = [f"{name}: {', '.join(texts)}" for name, texts in errors.items()]
    code = parsed.get("code")
    return (
        "; ".join(said)[: 2 * _MAX_TEXT],
        code if isinstance(code, int) and not isinstance(code, bool) else None,
        errors,
    )


def _texts(value: Any) -> Iterable[str]:
    """Flatten a message, a list of messages, or the older list of lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value[:_MAX_FIELDS]:
            if isinstance(item, str):
                yield item
            elif isinstance(item, list):
                yield from (text for text in item[:_MAX_FIELDS] if isinstance(text, str))


def _shown(text: str) -> str:
    """Return a server's text as it may stand in a message: short, one line, no long words."""
    line = " ".join(text.split())

    def veil(found: re.Match[str]) -> str:
        return found[0] if _KEY_LIKE.fullmatch(found[0]) else "[redacted]"

    return _LONG_WORD.sub(veil, line)[:_MAX_TEXT]


def _kind(body: bytes) -> str:
    head = body[:200].lstrip().lower()
    if not head:
        return "empty"
    return "an HTML page" if head.startswith(b"<") else "cut off or something else"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read ``Retry-After`` as seconds (RFC 9110, section 10.2.3); ``None`` where it says nothing.

    A date counts from the answer's own ``Date``: by our clock it could mean anything.
    """
    value = headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        until, sent = (parsedate_to_datetime(text) for text in (value, headers.get("date", "")))
        return max(0.0, (until - sent).total_seconds())
    except (ValueError, TypeError, OverflowError):  # no dates, or not of one kind
        return None
