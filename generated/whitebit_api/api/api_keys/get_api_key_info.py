# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Look up the user's key for this partner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import UnexpectedStatus, read_json
from ...types import Response

if TYPE_CHECKING:
    import httpx

    from ...models.api_key_info_response import ApiKeyInfoResponse
    from ...types import AsyncClient, ResponsePolicy, SyncClient


def build_request() -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    No key is a `200` with `exists: false`. `exists` without `isEnabled` is a key that was
    disabled after 14 days without use; only the user can delete that one. A `401` covers a
    missing, invalid or expired token and a missing scope. `403`, for a missing scope, and
    `404` stand in one published table only.

    The key appears some time after the exchange of the code, when the user has chosen and
    confirmed: ask every 1 to 2 s, less than 30 s in all.
    """

    _kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/oauth2/api-key/info",
    }
    return _kwargs


def parse_response(
    *, client: ResponsePolicy, response: httpx.Response
) -> ApiKeyInfoResponse | None:
    """Parse a documented success.

    Returns:
        The parsed body; None for an answer with any other status.

    Raises:
        UnexpectedStatus: The status is another one, and the client wants to be told.
        MalformedBody: The body is not JSON.
        LookupError: A required field is missing.
        ValueError, TypeError, AttributeError: A value in the body has another type.
    """
    from ...models.api_key_info_response import ApiKeyInfoResponse

    if response.status_code == 200:
        response_200 = ApiKeyInfoResponse.from_dict(read_json(response))

        return response_200

    if client.raise_on_unexpected_status:
        raise UnexpectedStatus(response.status_code, response.content)
    return None


def _build_response(
    *, client: ResponsePolicy, response: httpx.Response
) -> Response[ApiKeyInfoResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: SyncClient,
) -> Response[ApiKeyInfoResponse]:
    """Look up the user's key for this partner.

    Raises as `parse_response` does, and what the client raises.
    """
    response = client.get_httpx_client().request(**build_request())
    return _build_response(client=client, response=response)


async def asyncio_detailed(
    *,
    client: AsyncClient,
) -> Response[ApiKeyInfoResponse]:
    """Do as `sync_detailed` does, without blocking the event loop.

    Raises as `parse_response` does, and what the client raises.
    """
    response = await client.get_async_httpx_client().request(**build_request())
    return _build_response(client=client, response=response)
