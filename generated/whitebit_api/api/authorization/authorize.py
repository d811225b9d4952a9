# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Start the login in the user's browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ...types import UNSET, Unset

if TYPE_CHECKING:
    pass


def build_request(
    *,
    client_id: str,
    redirect_uri: str | Unset = UNSET,
    state: str | Unset = UNSET,
    code_challenge: str | Unset = UNSET,
    code_challenge_method: Literal["S256"] | Unset = UNSET,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    The user's browser is sent here; nothing is to be fetched by a program. Scopes are fixed
    when the partner is registered, so there is no `scope` parameter.

    After consent the browser comes back to the redirect URI with `code` and `state`. What a
    refusal sends is not published: expect `error`, nothing to read, or no callback at all.
    There is none when WhiteBIT's own checks stop the user (not logged in, no second factor,
    a key exists already, identity level, feature not available).

    Args:
        client_id: The partner's client id; in camel case, unlike RFC 6749.
        redirect_uri: The registered redirect URI, exactly; needed for the API key flow.
        state: A value that the callback repeats, against forged callbacks; send it
            always.
        code_challenge: The SHA-256 of the code verifier in unpadded base64url (RFC 7636, 4.2);
            needed for the API key flow.
        code_challenge_method: Goes with the challenge; `plain` is not taken.
    """

    params: dict[str, Any] = {}

    params["clientId"] = client_id

    params["redirect_uri"] = redirect_uri

    params["state"] = state

    params["code_challenge"] = code_challenge

    params["code_challenge_method"] = code_challenge_method

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/auth/login",
        "params": params,
    }
    return _kwargs
