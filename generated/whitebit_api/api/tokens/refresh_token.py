# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Renew a token pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...models.token_refresh_request import TokenRefreshRequest


def build_request(
    *,
    body: TokenRefreshRequest,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    Answers a new pair, which replaces the old one wholly. What becomes of the old refresh
    token is not published: treat it as dead. The refresh token goes into `token`, not into
    `refresh_token` as in RFC 6749.

    Args:
        body: What is sent to renew a token pair.
    """
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/oauth2/refresh_token",
    }
    _kwargs["data"] = body.to_dict()

    headers["Content-Type"] = "application/x-www-form-urlencoded"
    _kwargs["headers"] = headers
    return _kwargs
