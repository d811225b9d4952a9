# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Read the server's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import UnexpectedStatus, read_json
from ...types import Response

if TYPE_CHECKING:
    import httpx

    from ...models.server_time import ServerTime
    from ...types import AsyncClient, ResponsePolicy, SyncClient


def build_request() -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    Whole seconds only; good enough to see that one's own clock is wrong.
    """

    _kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/api/v4/public/time",
    }
    return _kwargs


def parse_response(*, client: ResponsePolicy, response: httpx.Response) -> ServerTime | None:
    """Parse a documented success.

    Returns:
        The parsed body; None for an answer with any other status.

    Raises:
        UnexpectedStatus: The status is another one, and the client wants to be told.
        MalformedBody: The body is not JSON.
        LookupError: A required field is missing.
        ValueError, TypeError, AttributeError: A value in the body has another type.
    """
    from ...models.server_time import ServerTime

    if response.status_code == 200:
        response_200 = ServerTime.from_dict(read_json(response))

        return response_200

    if client.raise_on_unexpected_status:
        raise UnexpectedStatus(response.status_code, response.content)
    return None


def _build_response(*, client: ResponsePolicy, response: httpx.Response) -> Response[ServerTime]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: SyncClient,
) -> Response[ServerTime]:
    """Read the server's clock.

    Raises as `parse_response` does, and what the client raises.
    """
    response = client.get_httpx_client().request(**build_request())
    return _build_response(client=client, response=response)


async def asyncio_detailed(
    *,
    client: AsyncClient,
) -> Response[ServerTime]:
    """Do as `sync_detailed` does, without blocking the event loop.

    Raises as `parse_response` does, and what the client raises.
    """
    response = await client.get_async_httpx_client().request(**build_request())
    return _build_response(client=client, response=response)
