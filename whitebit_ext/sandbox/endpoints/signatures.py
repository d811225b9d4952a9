"""Authentication of signed V4 requests (contract section 6).

The contract documents few statuses for these errors. The sandbox chooses: 400 for an invalid
payload (code 9 where published, else 0), 401 for a wrong signature (code 10), an unknown key (10)
and a disabled key (2), 403 for a missing permission (code 4), 429 for a nonce that did not grow.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import re
import time
from collections.abc import Callable
from typing import Any, Final

from .. import answers
from ..world.model import ApiKey
from .calls import Call, Refused
from .tolerance import whole_number

ENVELOPE: Final = ("request", "nonce", "nonceWindow")
"""The fields of a signed body that are not parameters."""

_logger = logging.getLogger("whitebit_ext.sandbox")

_WINDOW: Final = 5.0  # seconds around the server's clock

# White space outside of strings, which compact JSON does not have.
_STRING_OR_SPACE = re.compile(rb'"(?:[^"\\]|\\.)*"|(\s)')

# A slash after an odd number of backslashes.
_ESCAPED_SLASH = re.compile(rb"(?<!\\)(?:\\\\)*\\/")


def authenticate(call: Call, permitted: Callable[[ApiKey], bool]) -> tuple[ApiKey, dict[str, Any]]:
    """Check a signed request, and return its key and its body.

    Args:
        call: The request.
        permitted: Returns whether a key has the permission for the operation.

    Raises:
        Refused: With the documented error.
    """
    if "authorization" in call.headers:
        call.breach("authorization", "a signed request carries no token")
    content = _payload(call)
    key = _key(call)
    signature = _header(call, "x-txc-signature")
    payload = call.headers["x-txc-payload"].encode("latin-1")
    expected = hmac.new(key.secret.encode(), payload, hashlib.sha512).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode("latin-1")):
        raise Refused(answers.v4_error(401, 10, "Unauthorized request.", {}))
    if not key.enabled or not call.allowed_from(key.allowed_addresses):
        raise Refused(
            answers.v4_error(
                401, 2, "This action is unauthorized. Enable your key in API settings", {}
            )
        )
    _check_request(call, content)
    _check_nonce(call, key, content)
    if not permitted(key):
        raise Refused(
            answers.v4_error(403, 4, "This API Key is not authorized to perform this action.", {})
        )
    with call.world.state.lock:
        key.last_used_at = call.world.state.clock.now()
    return key, content


def _bad(message: str, code: int = 0) -> Refused:
    return Refused(answers.v4_error(400, code, message, {}))


def _header(call: Call, name: str) -> str:
    values = call.headers.getlist(name)
    if len(values) > 1:
        call.breach("duplicate-header", f"the header {name} is there twice")
    return values[0] if len(values) == 1 else ""


def _payload(call: Call) -> dict[str, Any]:
    """Return the body if it is compact and equals the payload header."""
    header = _header(call, "x-txc-payload")
    if not header:
        raise _bad("Payload not provided.")
    if call.media_type() != "application/json":
        call.breach("json-body", "Content-Type must be application/json")
    try:
        decoded = base64.b64decode(header, validate=True)
    except (binascii.Error, ValueError):
        call.breach("payload", "X-TXC-PAYLOAD is not base64")
        raise _bad("Invalid payload.", 9) from None
    if decoded != call.body:
        call.breach("payload", "X-TXC-PAYLOAD is not the base64 of the body")
        raise _bad("Invalid payload.", 9)
    content = call.json_object()
    if content is None or not _is_compact(call.body):
        call.breach("payload", "the body is not a compact, ASCII JSON object")
        raise _bad("Invalid payload.", 9)
    return content


def _is_compact(body: bytes) -> bool:
    if not body.isascii() or _ESCAPED_SLASH.search(body):
        return False
    return not any(match[1] for match in _STRING_OR_SPACE.finditer(body))


def _key(call: Call) -> ApiKey:
    public_key = _header(call, "x-txc-apikey")
    key = call.world.keys.by_public_key(public_key) if public_key else None
    if key is None or key.deleted is not None:
        call.present("unknown or deleted API key" if public_key else "no API key")
        raise Refused(answers.v4_error(401, 10, "Unauthorized request.", {}))
    call.present(f"api_key of {key.user.name}")
    if key.region != call.region:
        call.breach("other-region", f"a key of {key.region} was sent to {call.region}")
        raise Refused(answers.v4_error(401, 10, "Unauthorized request.", {}))
    return key


def _check_request(call: Call, content: dict[str, Any]) -> None:
    if not content.get("request"):
        raise _bad("Request not provided.")
    if content["request"] != call.path:
        call.breach("request", "`request` is not the path")
        raise _bad("Invalid payload.", 9)


def _check_nonce(call: Call, key: ApiKey, content: dict[str, Any]) -> None:
    """Check that the nonce grows, or that it is new and within the window."""
    nonce = content.get("nonce")
    if nonce is None or nonce == "":
        raise _bad("Nonce not provided.")
    if isinstance(nonce, str):
        # WhiteBIT's own samples and the common clients send a decimal string.
        nonce = whole_number(nonce)
    if not isinstance(nonce, int) or isinstance(nonce, bool):
        call.breach("nonce", "the nonce is not an integer")
        raise _bad("Nonce not provided.")
    window = content.get("nonceWindow", False)
    if not isinstance(window, bool):
        call.breach("nonce", "nonceWindow is not a boolean")
        raise _bad("Invalid nonceWindow.")
    too_many = Refused(answers.v4_error(429, 0, "Too many requests.", {}))
    now = call.world.state.clock.now()
    with call.world.state.lock:
        if not window:
            if nonce <= key.last_nonce:
                raise too_many
            key.last_nonce = nonce
            return
        if abs(nonce / 1000 - now) > _WINDOW:
            _explain_clock(call, nonce / 1000)
            raise _bad("Your nonce is more than 5 seconds lesser than the current nonce")
        if now - key.nonces_since > 4 * _WINDOW:
            # Nonces older than the window cannot be used again, because of the check above.
            key.window_nonces = {n for n in key.window_nonces if n / 1000 > now - 2 * _WINDOW}
            key.nonces_since = now
        if nonce in key.window_nonces:
            raise too_many
        key.window_nonces.add(nonce)


def _explain_clock(call: Call, sent: float) -> None:
    """Say so if the nonce is right by the real time, and the sandbox's clock was moved."""
    if abs(sent - time.time()) <= _WINDOW:
        ahead = call.world.state.clock.ahead()
        detail = (
            "the nonce is right by the real time, but the clock of the sandbox was frozen or moved "
            f"and is {ahead:+.0f} s off"
        )
        call.note("moved-clock", detail)
        _logger.warning("%s", detail)
