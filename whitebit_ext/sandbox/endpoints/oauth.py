"""Token and refresh endpoints (contract section 3).

Where the contract leaves a response open, the sandbox chooses: an undocumented field gets a 422
like a missing field; a refresh by an unknown client, or from an address that is not on the
allowlist, gets a 401 like a code exchange.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from starlette.responses import Response

from .. import answers
from ..world.model import AuthorizationCode, PartnerClient, TokenPair
from .calls import Call, Refused

# RFC 7636 section 4.1
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


async def exchange_code(call: Call) -> Response:
    """Handle a code exchange, and schedule the creation of the API key."""
    fields = call.form(
        required=("client_id", "client_secret", "code"),
        known=("client_id", "client_secret", "code", "code_verifier"),
    )
    verifier = fields.get("code_verifier")
    if verifier:
        call.world.state.issued.add("code_verifier", verifier)
    client = _authenticate(call, fields)
    _check_verifier_field(call, fields["code"], verifier)
    call.present("code")
    code = call.world.state.take_code(fields["code"], client, call.region)
    if code is None or not _verifies(code, verifier):
        raise Refused(answers.refusal(401, "Invalid request"))
    pair = call.world.tokens.issue(client, code.user, call.region)
    if client.makes_keys and call.region == "global":
        call.world.keys.plan(client, code.user, code.grants)
    return _pair_answer(pair)


async def refresh_token(call: Call) -> Response:
    """Handle a refresh."""
    fields = call.form(
        required=("client_id", "client_secret", "token"),
        known=("client_id", "client_secret", "token"),
    )
    client = _authenticate(call, fields)
    known = call.world.tokens.find(fields["token"])
    if known is None:
        call.present("unknown refresh token")
    else:
        kind, old = known
        call.present(f"{kind} of {old.user.name}")
        if old.region != call.region:
            call.breach("other-region", f"a token of {old.region} was sent to {call.region}")
    pair = call.world.tokens.refresh(fields["token"], client, call.region)
    if pair is None:
        return answers.json_answer({"data": {"token": ["Invalid token."]}}, 400)
    return _pair_answer(pair)


def _authenticate(call: Call, fields: dict[str, str]) -> PartnerClient:
    """Return the client with the credentials in the form, or refuse with 401."""
    if "authorization" in call.headers:
        call.breach("authorization", "client credentials belong in the form only")
    client = call.world.state.clients.get(fields["client_id"])
    call.present("client_secret")
    if client is not None and call.region not in client.regions:
        call.breach("other-region", f"credentials of another region were sent to {call.region}")
        client = None
    if client is None or not hmac.compare_digest(
        client.client_secret.encode(), fields["client_secret"].encode()
    ):
        raise Refused(answers.refusal(401, "Invalid request"))
    if not call.allowed_from(client.allowed_addresses):
        raise Refused(answers.refusal(401, "Invalid request"))
    return client


def _check_verifier_field(call: Call, code: str, verifier: str | None) -> None:
    """Check that the form has a valid `code_verifier` exactly if the login had a challenge."""
    known, challenge = call.world.state.challenge_of(code)
    if not known:
        return
    if challenge is None and verifier is not None:
        call.breach("unknown-field", "a code_verifier was sent, but the login had no challenge")
        raise Refused(answers.validation({"code_verifier": ["validation.unknown"]}))
    if challenge is not None and not verifier:
        call.breach("code-verifier", "the code_verifier is missing")
        raise Refused(answers.validation({"code_verifier": ["validation.required"]}))
    if verifier is not None and _VERIFIER.fullmatch(verifier) is None:
        call.breach("code-verifier", "the code_verifier is not 43 to 128 unreserved characters")
        raise Refused(answers.validation({"code_verifier": ["validation.regex"]}))


def _verifies(code: AuthorizationCode, verifier: str | None) -> bool:
    """Return whether a verifier matches the challenge of a code (RFC 7636 section 4.6)."""
    if code.challenge is None or verifier is None:
        return code.challenge is None and verifier is None
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    challenge = base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
    return hmac.compare_digest(challenge, code.challenge)


def _pair_answer(pair: TokenPair) -> Response:
    content: dict[str, object] = {
        "access_token": pair.access_token,
        "expires_in": pair.expires_in,
    }
    if pair.refresh_token is not None:
        content["refresh_token"] = pair.refresh_token
    content["scope"] = ",".join(pair.client.scopes)
    content["token_type"] = "Bearer"  # noqa: S105 - the type's name
    return answers.data(content)
