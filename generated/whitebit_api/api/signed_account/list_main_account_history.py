# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""List deposits and withdrawals with a signed request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...models.signed_transactions_request import SignedTransactionsRequest


def build_request(
    *,
    body: SignedTransactionsRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    Newest first, without a filter by date. No more than 10,000 rows can be paged through:
    beyond them narrow by method, ticker or status. The published success status is `201`;
    a `200` means the same.

    Args:
        body: Which deposits and withdrawals to list, as a signed body.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/v4/main-account/history",
    }
    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs
