# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Read the main balance with a signed request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...models.signed_main_balance_request import SignedMainBalanceRequest


def build_request(
    *,
    body: SignedMainBalanceRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    With a ticker one flat balance, without it a map of all currencies.

    Args:
        body: Which main balance to read, as a signed body.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/v4/main-account/balance",
    }
    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs
