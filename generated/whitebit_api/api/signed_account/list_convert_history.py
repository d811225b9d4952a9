# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""List conversions with a signed request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...models.signed_converts_request import SignedConvertsRequest


def build_request(
    *,
    body: SignedConvertsRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    Newest id first. Both ends of the time range default to now: send both.

    Args:
        body: Which conversions to list, as a signed body.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/v4/convert/history",
    }
    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs
