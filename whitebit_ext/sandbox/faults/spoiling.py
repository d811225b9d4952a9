"""Replacement and corruption of responses for faults."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from .. import answers
from .faults import Fault


def replaced(fault: Fault) -> Response | None:
    """Return a response that replaces the original one, or None for other kinds of faults."""
    status = fault.status or 200
    if fault.kind == "status":
        answer = _error(fault, status)
    elif fault.kind == "html":
        answer = answers.html_page(status, "Sandbox gateway error")
    elif fault.kind == "body":
        answer = Response(fault.body, status, media_type="application/json")
    elif fault.kind == "empty":
        answer = Response(b"", status, media_type="application/json")
    else:
        return None
    answer.headers.update(fault.headers)
    return answer


def spoiled(answer: Response, fault: Fault) -> Response:
    """Return a corrupted response; `cut_off` is handled by the gateway."""
    body = bytes(answer.body)
    if fault.kind == "truncated":
        body = body[: len(body) // 2]
    elif fault.kind == "huge":
        body = _padded(body, fault.size)
    elif fault.kind == "wrong_types":
        body = _dump(_other_type(_load(body), top=True))
    elif fault.kind == "not_utf8":
        head, quote, tail = body.rpartition(b'"')
        body = head + b"\xff\xfe" + quote + tail
    elif fault.kind == "duplicate_keys":
        body = _doubled(_load(body)).encode()
    status = answer.status_code if fault.status is None else fault.status
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return Response(body, status, {**headers, **fault.headers})


def _error(fault: Fault, status: int) -> Response:
    if 300 <= status < 400:
        # This path does not exist: a caller that follows the redirect is recorded as a breach.
        fault.headers.setdefault("location", "/redirected")
    if fault.body is not None:
        return Response(fault.body, status, media_type="application/json")
    if fault.operation.template.startswith("/api/"):
        return answers.v4_error(status, 0, "Sandbox fault.", {})
    return answers.refusal(status, "Sandbox fault.")


def _load(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return {}  # not JSON


def _dump(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _padded(body: bytes, size: int) -> bytes:
    padding = b"x" * size
    if body.startswith(b"{") and len(body) > 2:
        return b'{"padding":"' + padding + b'",' + body[1:]
    return b'{"padding":"' + padding + b'"}'


def _other_type(value: Any, *, top: bool = False) -> Any:
    """Replace every value with one of another type; the outermost objects keep theirs."""
    if isinstance(value, dict) and value:
        return {key: _other_type(item) for key, item in value.items()}
    if isinstance(value, list) and value:
        return {str(index): _other_type(item) for index, item in enumerate(value)}
    if isinstance(value, bool):
        return "perhaps"
    if isinstance(value, str):
        return len(value)
    if isinstance(value, (int, float)):
        return [value]
    return [] if top else 0


def _doubled(value: Any) -> str:
    """Return JSON with every key twice, the second time with another value."""
    if isinstance(value, dict):
        pairs = []
        for key, item in value.items():
            name = json.dumps(key)
            pairs += [f"{name}:{_doubled(item)}", f"{name}:{json.dumps(_decoy(item))}"]
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_doubled(item) for item in value) + "]"
    return json.dumps(value)


def _decoy(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return "another value"
    if isinstance(value, int):
        return value + 1
    if isinstance(value, dict):
        return {key: _decoy(item) for key, item in value.items()}
    return value
