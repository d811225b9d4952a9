# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Read the spot balance with an access token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...models.spot_balance_request import SpotBalanceRequest


def build_request(
    *,
    body: SpotBalanceRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    With a ticker one flat balance, without it a map of the currencies that are not zero.
    Removed on 1 November 2026; `get_trade_account_balance` reads the same.

    Args:
        body: Which spot balance to read.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/v4/accounts/balances/spot",
    }
    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs
