# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Read the main balance with an access token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...models.main_balance_request import MainBalanceRequest


def build_request(
    *,
    body: MainBalanceRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    With a ticker one flat balance, without it a map of all currencies. Removed on
    1 November 2026; `get_main_account_balance` reads the same.

    Args:
        body: Which main balance to read.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/v4/accounts/balances/main",
    }
    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs
