"""Responses in WhiteBIT's formats (contract sections 3, 4 and 6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import HTMLResponse, Response

_PAGE = (
    '<!DOCTYPE html>\n<html lang="en"><head><title>{status} {title}</title></head>\n'
    "<body><center><h1>{status} {title}</h1></center><hr><center>sandbox</center></body></html>\n"
)


def json_answer(
    content: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a response with compact JSON."""
    body = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return Response(body, status, headers, media_type="application/json")


def data(content: object, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with the `data` envelope of the OAuth and API key operations."""
    return json_answer({"data": content}, 200, headers)


def refusal(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error of an OAuth or API key operation: `{"data": {"message": [text]}}`."""
    return json_answer({"data": {"message": [text]}}, status, headers)


def validation(errors: Mapping[str, list[str]]) -> Response:
    """Return a validation error of the token endpoint: 422 with `errors`."""
    return json_answer({"errors": dict(errors), "notification": None}, 422)


def v4_error(
    status: int, code: int, message: str, errors: Mapping[str, list[str]] | None = None
) -> Response:
    """Return a V4 error: `{"code", "message", "errors"}`, without `errors` if None."""
    content: dict[str, Any] = {"code": code, "message": message}
    if errors is not None:
        content["errors"] = dict(errors)
    return json_answer(content, status)


def html_page(status: int, title: str) -> Response:
    """Return an HTML page as a proxy or CDN sends it instead of JSON."""
    return HTMLResponse(_PAGE.format(status=status, title=title), status)
