"""The request that renews a token pair, and what its failures mean. Pure."""

from __future__ import annotations

from typing import Any

from ..custody.connection import Connection
from ..custody.values import TokenPair
from ..errors import BadRequest, NotConnected, TokenUnavailable, WhiteBITError
from ..http.requests import Send
from ..secret import Secret
from .protocol import Credentials


def refresh_request(credentials: Credentials, parent: Secret) -> Send[Any]:
    """Return the request that renews a pair."""
    from whitebit_api.api.tokens import refresh_token as endpoint
    from whitebit_api.models.token_refresh_request import TokenRefreshRequest

    def arguments() -> dict[str, Any]:
        return {
            "body": TokenRefreshRequest(
                client_id=credentials.client_id,
                client_secret=credentials.client_secret.reveal(),
                token=parent.reveal(),
            )
        }

    secrets = (credentials.client_secret, parent)
    return Send("refresh_token", endpoint, bool, arguments, secrets=secrets)


def pair_of(row: Connection | None) -> TokenPair:
    """Return the pair of a row.

    Raises:
        NotConnected: there is none, as with an adopted key alone.
    """
    if row is None or row.pair is None:
        raise NotConnected("the store holds no token pair of this user")
    return row.pair


def ended(pair: TokenPair) -> str:
    """Return which token of a pair has expired or was refused."""
    if pair.dead:
        return "the server does not accept the refresh token"
    if pair.refresh is None:
        return "the access token has expired and there is no refresh token"
    return "the access token and the refresh token have expired"


def is_refused(error: WhiteBITError) -> bool:
    """Return whether the refresh token was refused, and not the partner or the address."""
    return isinstance(error, BadRequest) and error.status_code == 400 and "token" in error.errors


def provisional(doubt: float) -> TokenUnavailable:
    """Return the error of a refusal while an earlier request may still be answered."""
    return TokenUnavailable(
        "the refresh token was refused, and an earlier request may still be answered",
        operation="refresh_token",
        retry_after=doubt,
    )


def unavailable(failure: WhiteBITError) -> TokenUnavailable:
    """Return the error of a failed refresh for its caller: the pair is kept."""
    hint = None
    if failure.status_code in (401, 422):
        hint = (
            "Check client_id and client_secret, and that this machine's address is on the "
            "partner's IP allowlist. The refresh token is kept until it expires."
        )
    return TokenUnavailable.of(
        failure, f"the token pair could not be renewed now: {failure.message}", hint=hint
    )
