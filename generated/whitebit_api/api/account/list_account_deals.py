# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""List deals with an access token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...models.deals_request import DealsRequest


def build_request(
    *,
    body: DealsRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    A flat array when a market is asked for, whose rows then name no market; keyed by market
    otherwise. Newest first, no total, perhaps with a smaller limit than the requested one;
    spot, margin and futures together. Removed on
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
