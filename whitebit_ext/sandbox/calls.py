"""One request on its way through the sandbox, and the strict reading of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.responses import Response

from . import answers
from .journal import RequestRecord
from .model import TokenPair
from .operations import Operation, Region
from .world import World

# RFC 6750 section 2.1
_BEARER = re.compile(r"Bearer ([A-Za-z0-9\-._~+/]+=*)")

_FORM: Final = "application/x-www-form-urlencoded"


class Refused(Exception):
    """Ends the handling of a call with an answer."""

    def __init__(self, answer: Response) -> None:
        """Hold the answer."""
        super().__init__(f"refused with status {answer.status_code}")
        self.answer = answer


@dataclass(slots=True)
class Call:
    """A request for one operation, with its body read.

    Attributes:
        address: The caller's IP address, which limits and allowlists go by.
        arguments: The path's parameters.
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
        """Record that the caller broke the contract; `detail` names fields, never values."""
        self.world.state.journal.breach(self.record, rule, detail)

    def present(self, label: str) -> None:
        """Record that a credential was presented, by its label."""
        self.record.credentials += (label,)

    def check_envelope(self) -> None:
        """Record what the operation does not take, beside the fields of its body."""
        if self.query:
            names = sorted({name for name, _ in parse_qsl(self.query, keep_blank_values=True)})
            self.breach("query-parameter", f"the operation takes none: {', '.join(names)}")
        if "cookie" in self.headers:
            self.breach("cookie", "an API caller sent a cookie, which may be another user's")
        if self.body and self.operation.method != "POST":
            self.breach("body", f"a {self.operation.method} takes no body")
        if self.operation.security != "signed" and "x-txc-apikey" in self.headers:
            self.breach("signature", "the operation takes no signature")
        if self.operation.security == "none" and "authorization" in self.headers:
            self.breach("authorization", "the operation takes no credentials")

    def form(self, required: Collection[str], known: Collection[str]) -> dict[str, str]:
        """Read a form body that has exactly the documented fields.

        Raises:
            Refused: 422 for a body of another type, a field that is unknown, missing, empty or
            there twice.
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
        """Return the body's media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def bearer(self) -> TokenPair | None:
        """Return the pair of the presented access token when it is good on this server."""
        values = self.headers.getlist("authorization")
        if not values:
            return None
        match = _BEARER.fullmatch(values[0])
        if match is None or len(values) > 1:
            self.breach("authorization", "the header is not one `Bearer` token")
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
    """Read a JSON object, or return None for anything else.

    Args:
        duplicate: Called with each key that an object of the body has twice.
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
