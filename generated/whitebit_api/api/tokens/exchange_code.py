# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Exchange an authorization code for a token pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...models.code_exchange_request import CodeExchangeRequest


def build_request(
    *,
    body: CodeExchangeRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    The caller's address must be on the partner's allowlist, say the pages on tokens; the
    newer guide to API keys says that no address is checked. `grant_type` and `redirect_uri`
    are not documented here, unlike in RFC 6749.

    Args:
        body: What is sent to exchange an authorization code.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/oauth2/token",
    }
    _kwargs["data"] = body.to_dict()

    headers["Content-Type"] = "application/x-www-form-urlencoded"
    _kwargs["headers"] = headers
    return _kwargs
