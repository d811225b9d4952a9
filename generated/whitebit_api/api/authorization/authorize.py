# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Start the login in the user's browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ...errors import UnexpectedStatus
from ...types import UNSET, Response, Unset

if TYPE_CHECKING:
    import httpx

    from ...types import AsyncClient, ResponsePolicy, SyncClient


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


def parse_response(*, client: ResponsePolicy, response: httpx.Response) -> str | None:
    """Parse a documented answer.

    Returns:
        The parsed body; None for an answer without one and for a status that is not documented.

    Raises:
        UnexpectedStatus: The status is not documented, and the client wants to be told.
        MalformedBody: The body is not JSON.
        LookupError: A required field is missing.
        ValueError, TypeError, AttributeError: A value in the body has another type.
    """

    if response.status_code == 302:
        return None

    if response.status_code == 429:
        return response.text

    if 500 <= response.status_code <= 599:
        return response.text

    if client.raise_on_unexpected_status:
        raise UnexpectedStatus(response.status_code, response.content)
    return None


def _build_response(*, client: ResponsePolicy, response: httpx.Response) -> Response[str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: SyncClient,
    client_id: str,
    redirect_uri: str | Unset = UNSET,
    state: str | Unset = UNSET,
    code_challenge: str | Unset = UNSET,
    code_challenge_method: Literal["S256"] | Unset = UNSET,
) -> Response[str]:
    """Start the login in the user's browser.

    Raises as `parse_response` does, and what the client raises.
    """
    response = client.get_httpx_client().request(
        **build_request(
            client_id=client_id,
            redirect_uri=redirect_uri,
            state=state,
            code_challenge=code_challenge,
            code_challenge_method=code_challenge_method,
        )
    )
    return _build_response(client=client, response=response)


async def asyncio_detailed(
    *,
    client: AsyncClient,
    client_id: str,
    redirect_uri: str | Unset = UNSET,
    state: str | Unset = UNSET,
    code_challenge: str | Unset = UNSET,
    code_challenge_method: Literal["S256"] | Unset = UNSET,
) -> Response[str]:
    """Do as `sync_detailed` does, without blocking the event loop.

    Raises as `parse_response` does, and what the client raises.
    """
    response = await client.get_async_httpx_client().request(
        **build_request(
            client_id=client_id,
            redirect_uri=redirect_uri,
            state=state,
            code_challenge=code_challenge,
            code_challenge_method=code_challenge_method,
        )
    )
    return _build_response(client=client, response=response)
