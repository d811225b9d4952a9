"""A request for an operation, and its strict parsing."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, Final
from urllib.parse import parse_qsl

import attrs
from starlette.datastructures import Headers
from starlette.responses import Response

from .. import answers
from ..operations import OPERATIONS, Operation, Region
from ..world.journal import RequestRecord
from ..world.model import TokenPair
from ..world.world import World

# RFC 6750 section 2.1; the name of a scheme has no case (RFC 9110 section 11.1).
_BEARER = re.compile(r"(?i:(bearer)) ([A-Za-z0-9\-._~+/]+=*)")

_FORM: Final = "application/x-www-form-urlencoded"

# Names of fields that may be shown. Any other name may be a secret that is in the wrong place.
_SHOWN: Final = frozenset(
    (
        *("access_token", "account", "address", "addresses", "audience", "clientId"),
        *("clientOrderId", "client_assertion", "client_assertion_type", "client_id"),
        *("client_secret", "code", "code_challenge", "code_challenge_method", "code_verifier"),
        *("endDate", "from", "fromTicker", "grant_type", "limit", "market", "memo", "nonce"),
        *("nonceWindow", "offset", "orderId", "prompt", "quoteId", "redirect_uri", "refresh_token"),
        *("request", "resource", "response_mode", "response_type", "scope", "startDate", "state"),
        *("status", "ticker", "to", "toTicker", "token", "token_type", "transactionMethod"),
        *("uniqueId", "unique_id"),
    )
)


def shown(name: str) -> str:
    """Return the name of a field for a message, unless it may be a secret."""
    return repr(name) if name in _SHOWN else "with an unknown name"


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

    def note(self, rule: str, detail: str) -> None:
        """Record what is accepted although it is not documented; `detail` has no values."""
        self.world.state.journal.note(self.record, rule, detail)

    def allowed_from(self, addresses: Collection[str] | None) -> bool:
        """Return whether an allowlist, if it is checked, has the caller's address."""
        if not self.world.state.settings.address_checks or addresses is None:
            return True
        return self.address in addresses

    def present(self, label: str) -> None:
        """Record the label of a presented credential."""
        self.record.credentials += (label,)

    def check_envelope(self) -> None:
        """Record parts of the request that the operation does not accept."""
        if self.query and self.operation.name in OPERATIONS:
            pairs = parse_qsl(self.query, keep_blank_values=True)
            names = sorted({shown(name) for name, _ in pairs})
            self.breach(
                "query-parameter", f"the operation has no query parameters: {', '.join(names)}"
            )
        if "cookie" in self.headers:
            self.breach("cookie", "an API client sent a cookie, which may be another user's")
        if self.body and self.operation.method != "POST":
            self.breach("body", f"a {self.operation.method} has no body")
        if self.operation.security != "signed" and self.headers.get("x-txc-apikey"):
            self.breach("signature", "the operation is not signed")
        if self.operation.security == "none" and "authorization" in self.headers:
            self.breach("authorization", "the operation needs no credentials")

    def form(self, required: Collection[str], known: Collection[str]) -> dict[str, str]:
        """Return the known fields of a form body; others are accepted, and noted.

        Raises:
            Refused: With 422 if the body is not a form, or if a field is missing, empty or
                duplicated.
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
                # The published schema forbids no further fields (contract section 3).
                self.note("extra-field", f"the form has an undocumented field, {shown(name)}")
                continue
            if name in fields:
                self.breach("duplicate-field", f"the form has {name!r} twice")
                errors[name] = ["validation.string"]
            fields[name] = value
        for name in required:
            if not fields.get(name):
                errors[name] = ["validation.required"]
        if errors:
            raise Refused(answers.validation(errors))
        return fields

    def json_object(self) -> dict[str, Any] | None:
        """Return the JSON object in the body, or None if the body is something else."""

        def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            collected: dict[str, Any] = {}
            for name, value in pairs:
                if name in collected:
                    self.breach("duplicate-field", f"the body has a field {shown(name)} twice")
                collected[name] = value
            return collected

        try:
            content = json.loads(self.body.decode("utf-8"), object_pairs_hook=collect)
        except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
            return None
        return content if isinstance(content, dict) else None

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
        if match[1] != "Bearer":
            self.note("bearer-case", "the scheme `Bearer` has another case")
        token = match[2]
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
