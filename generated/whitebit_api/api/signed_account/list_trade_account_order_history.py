# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""List executed and cancelled orders with a signed request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...models.signed_orders_request import SignedOrdersRequest


def build_request(
    *,
    body: SignedOrdersRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    Keyed by market, also when one is asked for; newest first. There is no total: the last
    page is the one with fewer rows than `limit`, summed over the markets; a full page
    promises nothing, and the server may use a smaller limit than the requested one. B2B accounts have no cancelled orders.

    Args:
        body: Which executed and cancelled orders to list, as a signed body.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/v4/trade-account/order/history",
    }
    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs
