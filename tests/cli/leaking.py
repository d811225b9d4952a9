"""The forms in which a secret could leak into an output."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote


def encodings(value: str) -> set[str]:
    """Return a value as an output could show it: plain, quoted, in base64, in hex."""
    raw = value.encode()
    return {
        value,
        quote(value, safe=""),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
        json.dumps(value)[1:-1],
    }
