"""Recording and replaying without secrets: each value that is one becomes a stable placeholder.

What vcrpy does by itself is not enough. It logs whole answers before its filters run; its header
filters see neither bodies nor Set-Cookie; it does not compare bodies. So: its loggers are
silenced, headers are kept by name and not dropped by name, a cassette is searched before it is
written, and a request matches only if its credentials and its body do.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

# vcrpy ships no annotations; this is the one module that imports it.
import vcr  # type: ignore[import-untyped]  # as said
from vcr.errors import (  # type: ignore[import-untyped]  # as said
    CannotOverwriteExistingCassetteException as NotInCassetteError,
)
from vcr.persisters.filesystem import (  # type: ignore[import-untyped]  # as said
    FilesystemPersister,
)
from vcr.request import Request  # type: ignore[import-untyped]  # as said
from vcr.serialize import serialize  # type: ignore[import-untyped]  # as said

__all__ = [
    "PLACEHOLDER",
    "PUBLIC",
    "NotInCassetteError",
    "Redaction",
    "SecretInCassetteError",
    "cassette",
    "found",
]

PUBLIC = "https://whitebit.com"
PLACEHOLDER = re.compile(
    r"(CLIENT-ID|CLIENT-SECRET|CODE|CODE-VERIFIER|ACCESS-TOKEN|REFRESH-TOKEN|API-SECRET)-[0-9]+"
    r"|00000000-0000-4000-8000-[0-9]{12}"
)
_FORM = {
    "client_id": "CLIENT-ID",
    "client_secret": "CLIENT-SECRET",
    "code": "CODE",
    "code_verifier": "CODE-VERIFIER",
    "token": "REFRESH-TOKEN",
}
_JSON = {
    "access_token": "ACCESS-TOKEN",
    "refresh_token": "REFRESH-TOKEN",
    "apiSecret": "API-SECRET",
    "externalId": "EXTERNAL-ID",
}
_OF_BODY, _NOT_OF_BODY = "BASE64-OF-THE-BODY", "NOT-THE-BODY"
_CREDENTIALS = ("authorization", "x-txc-apikey", "x-txc-payload", "x-txc-signature")
_REQUEST_HEADERS = ("content-type", *_CREDENTIALS)
_RESPONSE_HEADERS = ("content-type", "cache-control", "location", "retry-after")
# That of RFC 9110, section 15.5.21; Python before 3.13 has the older one.
_PHRASES = {422: "Unprocessable Content"}
_LEAST = 8  # what is shorter stands in many texts by chance
_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class SecretInCassetteError(Exception):
    """Say that a cassette was not written because a secret stands in it."""


def spellings(value: str) -> Iterator[str]:
    """Yield a value as it is, percent-encoded, in base64, base64url and hexadecimal.

    Of the base64 forms what does not depend on what stands before or after the value is searched:
    its core at each of the three offsets.
    """
    yield value
    yield quote(value, safe="")
    raw = value.encode()
    yield raw.hex()
    for offset in range(3):
        core = base64.b64encode(b"\0" * offset + raw).decode()
        core = core[(0, 2, 3)[offset] : len(core) // 4 * 4 - 4]
        if len(core) >= _LEAST:
            yield core
            yield core.replace("+", "-").replace("/", "_")


def found(values: Iterable[str], text: str) -> bool:
    """Return whether a value stands in a text in any spelling, hexadecimal also in capitals."""
    lower = text.lower()
    return any(
        spelling in text or (spelling.isalnum() and spelling.lower() in lower)
        for value in values
        for spelling in spellings(value)
    )


class Redaction:
    """Give every confidential value its placeholder, numbered in the order of appearance.

    The same object serves a replay: there the client holds placeholders, which stay what they
    are, and what it makes anew (the code verifier) is numbered as it was while recording.

    Args:
        server: The base URL that is recorded from.
        amounts: Whether the amounts of account reads stay: not those of a person.
    """

    def __init__(self, server: str = PUBLIC, *, amounts: bool = True) -> None:
        self._server = server
        self._amounts = amounts
        self._placeholders: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._placeholders)} values>"

    @property
    def secrets(self) -> frozenset[str]:
        """Every value that was replaced."""
        return frozenset(self._placeholders)

    def name(self, kind: str, value: str) -> str:
        """Return the placeholder of a value; a placeholder is its own."""
        if PLACEHOLDER.fullmatch(value):
            return value
        if value not in self._placeholders:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            external = f"00000000-0000-4000-8000-{number:012}"
            self._placeholders[value] = external if kind == "EXTERNAL-ID" else f"{kind}-{number}"
        return self._placeholders[value]

    def request(self, request: Request) -> Request | None:
        """Return a request as the cassette has it, or `None` for one of the person's browser."""
        if not urlsplit(request.uri).path.startswith(("/oauth2/", "/api/")):
            return None
        uri = self._known(request.uri)
        if uri.startswith(self._server):
            uri = PUBLIC + uri.removeprefix(self._server)
        headers = {name.lower(): str(value) for name, value in request.headers.items()}
        body = bytes(request.body or b"")
        self._sign(headers, body)
        if "authorization" in headers:
            token = headers["authorization"].removeprefix("Bearer ")
            headers["authorization"] = f"Bearer {self.name('ACCESS-TOKEN', token)}"
        if headers.get("content-type") == "application/x-www-form-urlencoded":
            body = self._form(body)
        elif body:
            body = self._json(body)
        kept = {name: headers[name] for name in _REQUEST_HEADERS if name in headers}
        return Request(request.method, uri, body or None, kept)

    def response(self, response: dict[str, Any], path: str = "") -> dict[str, Any]:
        """Return a response as the cassette has it."""
        headers = {name.lower(): values for name, values in response["headers"].items()}
        kept = {
            name: [self._known(value) for value in headers[name]]
            for name in _RESPONSE_HEADERS
            if name in headers
        }
        body = self._json(bytes(response["body"]["string"]), answer=True)
        status = dict(response["status"])
        status["message"] = _PHRASES.get(status["code"], status["message"])
        return {"status": status, "headers": kept, "body": {"string": body}}

    def _sign(self, headers: dict[str, str], body: bytes) -> None:
        """Replace key, payload and signature by what they were made of, if it was so."""
        # vcrpy redacts some requests twice.
        if headers.get("x-txc-payload") in (None, _OF_BODY, _NOT_OF_BODY):
            return
        payload, signature = headers["x-txc-payload"], headers["x-txc-signature"]
        of_body = payload == base64.b64encode(body).decode()
        secrets = {
            value: name for value, name in self._placeholders.items() if "API-SECRET" in name
        }
        secrets |= {f"API-SECRET-{number}": f"API-SECRET-{number}" for number in range(1, 10)}
        signer = "NOBODY"
        for secret, name in secrets.items():
            made = hmac.new(secret.encode(), payload.encode(), hashlib.sha512).hexdigest()
            if hmac.compare_digest(made, signature):
                signer = name
        headers["x-txc-apikey"] = self._known(headers["x-txc-apikey"])
        headers["x-txc-payload"] = _OF_BODY if of_body else _NOT_OF_BODY
        headers["x-txc-signature"] = f"SIGNED-WITH-{signer}"

    def _form(self, body: bytes) -> bytes:
        pairs = [
            (name, self.name(_FORM[name], value) if name in _FORM else value)
            for name, value in parse_qsl(body.decode(), keep_blank_values=True)
        ]
        return urlencode(pairs).encode()

    def _json(self, body: bytes, *, answer: bool = False) -> bytes:
        try:
            content = json.loads(body)
        except ValueError:
            return self._known(body.decode("utf-8", "replace")).encode()
        text = json.dumps(self._walk(content, answer=answer), separators=(",", ":"))
        return self._known(text).encode()

    def _walk(self, value: Any, field: str = "", *, answer: bool) -> Any:
        if isinstance(value, dict):
            return {name: self._walk(item, name, answer=answer) for name, item in value.items()}
        if isinstance(value, list):
            return [self._walk(item, field, answer=answer) for item in value]
        if field in _JSON and isinstance(value, str):
            return self.name(_JSON[field], value)
        if field == "nonce":
            return "NONCE"
        if answer and not self._amounts and _is_amount(value):
            return "1.5"
        return value

    def _known(self, text: str) -> str:
        """Replace every value that was met before, wherever it stands."""
        for value, placeholder in self._placeholders.items():
            if len(value) < _LEAST:
                continue
            text = text.replace(value, placeholder).replace(quote(value, safe=""), placeholder)
        return text


def _is_amount(value: Any) -> bool:
    return isinstance(value, float) or (
        isinstance(value, str) and _AMOUNT.fullmatch(value) is not None
    )


def _same_body(one: Request, two: Request) -> bool:
    return (one.body or b"") == (two.body or b"")


def _same_credentials(one: Request, two: Request) -> bool:
    return all(one.headers.get(name) == two.headers.get(name) for name in _CREDENTIALS)


@contextmanager
def cassette(path: Path, redaction: Redaction, mode: Literal["all", "none"]) -> Iterator[Any]:
    """Record into, or replay from, one cassette.

    Raises:
        SecretInCassetteError: A value that should be a placeholder stands in it; it is not written.
    """
    refused: list[str] = []

    class Guarded(FilesystemPersister):  # type: ignore[misc]  # vcrpy ships no annotations
        @staticmethod
        def save_cassette(cassette_path: Any, cassette_dict: Any, serializer: Any) -> None:
            text = serialize(cassette_dict, serializer)
            if found(redaction.secrets, text):
                refused.append(path.name)  # raised below: vcrpy takes its patches off first
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    recorder = vcr.VCR(
        record_mode=mode,
        before_record_request=redaction.request,
        before_record_response=redaction.response,
        decode_compressed_response=True,
    )
    recorder.register_persister(Guarded)
    recorder.register_matcher("redacted body", _same_body)
    recorder.register_matcher("credentials", _same_credentials)
    logger = logging.getLogger("vcr")
    before = logger.disabled, logger.level, logger.propagate
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    try:
        with recorder.use_cassette(
            str(path), match_on=("method", "uri", "redacted body", "credentials")
        ) as opened:
            yield opened
    finally:
        logger.disabled, level, logger.propagate = before
        logger.setLevel(level)
    if refused:
        raise SecretInCassetteError(f"{refused[0]} was not written")
