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
    from ...models.envelope_error import EnvelopeError
    from ...models.legacy_error import LegacyError
    from ...models.message_error import MessageError
    from ...models.v4_error import V4Error
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
) -> ApiKeySecretResponse | EnvelopeError | LegacyError | MessageError | str | V4Error | None:
    """Parse a documented answer.

    Returns:
        The parsed body; None for an answer without one and for a status that is not documented.

    Raises:
        UnexpectedStatus: The status is not documented, and the client wants to be told.
        MalformedBody: The body is not JSON.
        LookupError: A required field is missing.
        ValueError, TypeError, AttributeError: A value in the body has another type.
    """
    from ...models.api_key_secret_response import ApiKeySecretResponse
    from ...models.envelope_error import EnvelopeError
    from ...models.legacy_error import LegacyError
    from ...models.message_error import MessageError
    from ...models.v4_error import V4Error

    if response.status_code == 200:
        response_200 = ApiKeySecretResponse.from_dict(read_json(response))

        return response_200

    if response.status_code in {401, 403, 404, 409, 423}:
        if response.headers.get("content-type", "").startswith("text/html"):
            return response.text
        response_401 = MessageError.from_dict(read_json(response))

        return response_401

    if response.status_code == 429:
        if response.headers.get("content-type", "").startswith("text/html"):
            return response.text

        def _parse_response_429(data: object) -> EnvelopeError | LegacyError | V4Error:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                v4_error = V4Error.from_dict(data)

                return v4_error
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                envelope_error = EnvelopeError.from_dict(data)

                return envelope_error
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            legacy_error = LegacyError.from_dict(data)

            return legacy_error

        response_429 = _parse_response_429(read_json(response))

        return response_429

    if 500 <= response.status_code <= 599:
        return response.text

    if client.raise_on_unexpected_status:
        raise UnexpectedStatus(response.status_code, response.content)
    return None


def _build_response(
    *, client: ResponsePolicy, response: httpx.Response
) -> Response[ApiKeySecretResponse | EnvelopeError | LegacyError | MessageError | str | V4Error]:
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
) -> Response[ApiKeySecretResponse | EnvelopeError | LegacyError | MessageError | str | V4Error]:
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
) -> Response[ApiKeySecretResponse | EnvelopeError | LegacyError | MessageError | str | V4Error]:
    """Do as `sync_detailed` does, without blocking the event loop.

    Raises as `parse_response` does, and what the client raises.
    """
    response = await client.get_async_httpx_client().request(
        **build_request(
            external_id=external_id,
        )
    )
    return _build_response(client=client, response=response)
