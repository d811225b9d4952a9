# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""List conversions with an access token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...models.converts_request import ConvertsRequest


def build_request(
    *,
    body: ConvertsRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    Newest id first. Both ends of the time range default to now: send both. Removed on
    1 November 2026; `list_convert_history` reads the same.

    Args:
        body: Which conversions to list.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/v4/accounts/converts",
    }
    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs
