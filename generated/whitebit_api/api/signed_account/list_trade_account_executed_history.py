# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""List deals with a signed request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...models.signed_deals_request import SignedDealsRequest


def build_request(
    *,
    body: SignedDealsRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    A flat array when a market is asked for, whose rows then name no market; keyed by market
    otherwise. Newest first, no total, perhaps with a smaller limit than the requested one;
    spot, margin and futures together.

    Args:
        body: Which deals to list, as a signed body.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/v4/trade-account/executed-history",
    }
    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs
