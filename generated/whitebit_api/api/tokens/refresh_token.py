# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Renew a token pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import UnexpectedStatus, read_json
from ...types import Response

if TYPE_CHECKING:
    import httpx

    from ...models.token_refresh_request import TokenRefreshRequest
    from ...models.token_response import TokenResponse
    from ...types import AsyncClient, ResponsePolicy, SyncClient


def build_request(
    *,
    body: TokenRefreshRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    Answers a new pair, which replaces the old one wholly. What becomes of the old refresh
    token is not published: treat it as dead. The refresh token goes into `token`, not into
    `refresh_token` as in RFC 6749.

    Args:
        body: What is sent to renew a token pair.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/oauth2/refresh_token",
    }
    _kwargs["data"] = body.to_dict()

    headers["Content-Type"] = "application/x-www-form-urlencoded"
    _kwargs["headers"] = headers
    return _kwargs


def parse_response(*, client: ResponsePolicy, response: httpx.Response) -> TokenResponse | None:
    """Parse a documented success.

    Returns:
        The parsed body; None for an answer with any other status.

    Raises:
        UnexpectedStatus: The status is another one, and the client wants to be told.
        MalformedBody: The body is not JSON.
        LookupError: A required field is missing.
        ValueError, TypeError, AttributeError: A value in the body has another type.
    """
    from ...models.token_response import TokenResponse

    if response.status_code == 200:
        response_200 = TokenResponse.from_dict(read_json(response))

        return response_200

    if client.raise_on_unexpected_status:
        raise UnexpectedStatus(response.status_code, response.content)
    return None


def _build_response(*, client: ResponsePolicy, response: httpx.Response) -> Response[TokenResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: SyncClient,
    body: TokenRefreshRequest,
) -> Response[TokenResponse]:
    """Renew a token pair.

    Raises as `parse_response` does, and what the client raises.
    """
    response = client.get_httpx_client().request(
        **build_request(
            body=body,
        )
    )
    return _build_response(client=client, response=response)


async def asyncio_detailed(
    *,
    client: AsyncClient,
    body: TokenRefreshRequest,
) -> Response[TokenResponse]:
    """Do as `sync_detailed` does, without blocking the event loop.

    Raises as `parse_response` does, and what the client raises.
    """
    response = await client.get_async_httpx_client().request(
        **build_request(
            body=body,
        )
    )
    return _build_response(client=client, response=response)
