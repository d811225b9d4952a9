"""A request for an operation, and its strict parsing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Any, Final
from urllib.parse import parse_qsl

import attrs
from starlette.datastructures import Headers
from starlette.responses import Response

from .. import answers
from ..operations import Operation, Region
from ..world.journal import RequestRecord
from ..world.model import TokenPair
from ..world.world import World

# RFC 6750 section 2.1
_BEARER = re.compile(r"Bearer ([A-Za-z0-9\-._~+/]+=*)")

_FORM: Final = "application/x-www-form-urlencoded"


class Refused(Exception):
    """The request is refused with a response."""

    def __init__(self, answer: Response) -> None:
        super().__init__(f"refused with status {answer.status_code}")
        self.answer = answer


@attrs.define(eq=False)
class Call:
    """A request for an operation.

    Attributes:
        address: The IP address of the caller, for limits and allowlists.
        arguments: The path parameters.
    """

    world: World
    operation: Operation
    region: Region
    arguments: dict[str, str]
    path: str
    query: str
    headers: Headers
    body: bytes
    address: str
    record: RequestRecord

    def breach(self, rule: str, detail: str) -> None:
        """Record a breach of the contract; `detail` contains names of fields, never values."""
        self.world.state.journal.breach(self.record, rule, detail)

    def present(self, label: str) -> None:
        """Record the label of a presented credential."""
        self.record.credentials += (label,)

    def check_envelope(self) -> None:
        """Record parts of the request that the operation does not accept."""
        if self.query:
            names = sorted({name for name, _ in parse_qsl(self.query, keep_blank_values=True)})
            self.breach(
                "query-parameter", f"the operation has no query parameters: {', '.join(names)}"
            )
        if "cookie" in self.headers:
            self.breach("cookie", "an API client sent a cookie, which may be another user's")
        if self.body and self.operation.method != "POST":
            self.breach("body", f"a {self.operation.method} has no body")
        if self.operation.security != "signed" and "x-txc-apikey" in self.headers:
            self.breach("signature", "the operation is not signed")
        if self.operation.security == "none" and "authorization" in self.headers:
            self.breach("authorization", "the operation needs no credentials")

    def form(self, required: Collection[str], known: Collection[str]) -> dict[str, str]:
        """Return the fields of a form body.

        Raises:
            Refused: With 422 if the body is not a form, or if a field is unknown, missing, empty
                or duplicated.
        """
        if self.media_type() != _FORM:
            self.breach("form-body", "the body must be a form")
            raise Refused(answers.validation({name: ["validation.required"] for name in required}))
        try:
            pairs = parse_qsl(
                self.body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(self.body)
            )
        except ValueError:
            self.breach("form-body", "the body is not a form")
            raise Refused(
                answers.validation({name: ["validation.required"] for name in required})
            ) from None
        errors: dict[str, list[str]] = {}
        fields: dict[str, str] = {}
        for name, value in pairs:
            if name not in known:
                self.breach("unknown-field", f"the form has an undocumented field {name!r}")
                errors[name] = ["validation.unknown"]
            elif name in fields:
                self.breach("duplicate-field", f"the form has {name!r} twice")
                errors[name] = ["validation.string"]
            fields[name] = value
        for name in required:
            if not fields.get(name):
                errors[name] = ["validation.required"]
        if errors:
            raise Refused(answers.validation(errors))
        return fields

    def media_type(self) -> str:
        """Return the media type of the body in lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def bearer(self) -> TokenPair | None:
        """Return the pair of the access token if it is valid on this server, or None."""
        values = self.headers.getlist("authorization")
        if not values:
            return None
        match = _BEARER.fullmatch(values[0])
        if match is None or len(values) > 1:
            self.breach("authorization", "the header is not a single `Bearer` token")
            return None
        token = match[1]
        known = self.world.tokens.find(token)
        if known is None:
            self.present("unknown bearer token")
            return None
        kind, pair = known
        self.present(f"{kind} of {pair.user.name}")
        if kind != "access_token":
            self.breach("wrong-token", "a refresh token was used as a bearer token")
            return None
        if pair.region != self.region:
            self.breach("other-region", f"a token of {pair.region} was sent to {self.region}")
            return None
        return self.world.tokens.check(token, self.region)


def read_object(
    body: bytes, duplicate: Callable[[str], None] | None = None
) -> dict[str, Any] | None:
    """Return a JSON object, or None if the body is something else.

    Args:
        body: The body.
        duplicate: A function to call with each duplicated key.
    """

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        collected: dict[str, Any] = {}
        for key, value in pairs:
            if key in collected and duplicate is not None:
                duplicate(key)
            collected[key] = value
        return collected

    try:
        content = json.loads(body.decode("utf-8"), object_pairs_hook=collect)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        return None
    return content if isinstance(content, dict) else None
