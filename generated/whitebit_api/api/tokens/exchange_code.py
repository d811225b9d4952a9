# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Exchange an authorization code for a token pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import UnexpectedStatus, read_json
from ...types import Response

if TYPE_CHECKING:
    import httpx

    from ...models.code_exchange_request import CodeExchangeRequest
    from ...models.token_response import TokenResponse
    from ...types import AsyncClient, ResponsePolicy, SyncClient


def build_request(
    *,
    body: CodeExchangeRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    The caller's address must be on the partner's allowlist, say the pages on tokens; the
    newer guide to API keys says that no address is checked. `grant_type` and `redirect_uri`
    are not documented here, unlike in RFC 6749.

    Args:
        body: What is sent to exchange an authorization code.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/oauth2/token",
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
    body: CodeExchangeRequest,
) -> Response[TokenResponse]:
    """Exchange an authorization code for a token pair.

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
    body: CodeExchangeRequest,
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
