# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""List deposits and withdrawals with an access token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...models.transactions_request import TransactionsRequest


def build_request(
    *,
    body: TransactionsRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    Newest first, without a filter by date. No more than 10,000 rows can be paged through:
    beyond them narrow by method, ticker or status. Removed on 1 November 2026;
    `list_main_account_history` reads the same.

    Args:
        body: Which deposits and withdrawals to list.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/v4/accounts/transactions",
    }
    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs
