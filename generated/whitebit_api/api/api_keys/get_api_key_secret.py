# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Take the secret of a key, once for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...errors import UnexpectedStatus, read_json
from ...types import Response

if TYPE_CHECKING:
    import httpx

    from ...models.api_key_secret_response import ApiKeySecretResponse
    from ...types import AsyncClient, ResponsePolicy, SyncClient


def build_request(
    external_id: str,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    The first `200` is the only one that a key ever gives. Store the answer before anything
    else is done. On `423` another retrieval is running: wait 5 to 10 s, double each time up
    to 60 s, 3 to 5 minutes in all. A `404` also covers a key of another user.

    Args:
        external_id: The id of the key, a UUID, letter by letter as `info` gave it.
    """

    _kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/oauth2/api-key/{external_id}/secret".format(
            external_id=quote(str(external_id), safe=""),
        ),
    }
    return _kwargs


def parse_response(
    *, client: ResponsePolicy, response: httpx.Response
) -> ApiKeySecretResponse | None:
    """Parse a documented success.

    Returns:
        The parsed body; None for an answer with any other status.

    Raises:
        UnexpectedStatus: The status is another one, and the client wants to be told.
        MalformedBody: The body is not JSON.
        LookupError: A required field is missing.
        ValueError, TypeError, AttributeError: A value in the body has another type.
    """
    from ...models.api_key_secret_response import ApiKeySecretResponse

    if response.status_code == 200:
        response_200 = ApiKeySecretResponse.from_dict(read_json(response))

        return response_200

    if client.raise_on_unexpected_status:
        raise UnexpectedStatus(response.status_code, response.content)
    return None


def _build_response(
    *, client: ResponsePolicy, response: httpx.Response
) -> Response[ApiKeySecretResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(client=client, response=response),
    )


def sync_detailed(
    external_id: str,
    *,
    client: SyncClient,
) -> Response[ApiKeySecretResponse]:
    """Take the secret of a key, once for ever.

    Raises as `parse_response` does, and what the client raises.
    """
    response = client.get_httpx_client().request(
        **build_request(
            external_id=external_id,
        )
    )
    return _build_response(client=client, response=response)


async def asyncio_detailed(
    external_id: str,
    *,
    client: AsyncClient,
) -> Response[ApiKeySecretResponse]:
    """Do as `sync_detailed` does, without blocking the event loop.

    Raises as `parse_response` does, and what the client raises.
    """
    response = await client.get_async_httpx_client().request(
        **build_request(
            external_id=external_id,
        )
    )
    return _build_response(client=client, response=response)
