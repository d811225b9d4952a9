# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""List deals with an access token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import UnexpectedStatus, read_json
from ...types import Response

if TYPE_CHECKING:
    import httpx

    from ...models.deal import Deal
    from ...models.deals_by_market import DealsByMarket
    from ...models.deals_request import DealsRequest
    from ...models.envelope_error import EnvelopeError
    from ...models.legacy_error import LegacyError
    from ...models.v4_error import V4Error
    from ...types import AsyncClient, ResponsePolicy, SyncClient


def build_request(
    *,
    body: DealsRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    A flat array when a market is asked for, whose rows then name no market; keyed by market
    otherwise. Newest first, no total; spot, margin and futures together. Removed on
    1 November 2026; `list_trade_account_executed_history` reads the same.

    Args:
        body: Which deals to list.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/v4/accounts/deals",
    }
    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs


def parse_response(
    *, client: ResponsePolicy, response: httpx.Response
) -> DealsByMarket | EnvelopeError | LegacyError | list[Deal] | str | V4Error | None:
    """Parse a documented answer.

    Returns:
        The parsed body; None for an answer without one and for a status that is not documented.

    Raises:
        UnexpectedStatus: The status is not documented, and the client wants to be told.
        MalformedBody: The body is not JSON.
        LookupError: A required field is missing.
        ValueError, TypeError, AttributeError: A value in the body has another type.
    """
    from ...models.deal import Deal
    from ...models.deals_by_market import DealsByMarket
    from ...models.envelope_error import EnvelopeError
    from ...models.legacy_error import LegacyError
    from ...models.v4_error import V4Error

    if response.status_code == 200:

        def _parse_response_200(data: object) -> DealsByMarket | list[Deal]:
            try:
                if not isinstance(data, list):
                    raise TypeError()
                response_200_type_0 = []
                _response_200_type_0 = data
                for deal_data in _response_200_type_0:
                    deal = Deal.from_dict(deal_data)

                    response_200_type_0.append(deal)

                return response_200_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            deals_by_market = DealsByMarket.from_dict(data)

            return deals_by_market

        response_200 = _parse_response_200(read_json(response))

        return response_200

    if response.status_code in {400, 401, 403, 422, 429, 500, 503}:
        if response.headers.get("content-type", "").startswith("text/html"):
            return response.text

        def _parse_response_400(data: object) -> EnvelopeError | LegacyError | V4Error:
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

        response_400 = _parse_response_400(read_json(response))

        return response_400

    if 500 <= response.status_code <= 599:
        return response.text

    if client.raise_on_unexpected_status:
        raise UnexpectedStatus(response.status_code, response.content)
    return None


def _build_response(
    *, client: ResponsePolicy, response: httpx.Response
) -> Response[DealsByMarket | EnvelopeError | LegacyError | list[Deal] | str | V4Error]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: SyncClient,
    body: DealsRequest,
) -> Response[DealsByMarket | EnvelopeError | LegacyError | list[Deal] | str | V4Error]:
    """List deals with an access token.

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
    body: DealsRequest,
) -> Response[DealsByMarket | EnvelopeError | LegacyError | list[Deal] | str | V4Error]:
    """Do as `sync_detailed` does, without blocking the event loop.

    Raises as `parse_response` does, and what the client raises.
    """
    response = await client.get_async_httpx_client().request(
        **build_request(
            body=body,
        )
    )
    return _build_response(client=client, response=response)
