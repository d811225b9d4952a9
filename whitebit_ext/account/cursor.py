"""The position of a walk as text, from which any process can resume it."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

from ..errors import InvalidArgument
from .parameters import Query

_VERSION = 1
_LONGEST = 200_000  # characters


def write_cursor(query: Query, state: dict[str, Any]) -> str:
    """Return a state as URL-safe ASCII text without spaces."""
    content = json.dumps([_VERSION, query.read, query.digest, state], separators=(",", ":"))
    return base64.urlsafe_b64encode(zlib.compress(content.encode())).decode()


def read_cursor(query: Query, cursor: object) -> dict[str, Any] | None:
    """Return the state in a cursor.

    Raises:
        InvalidArgument: it is not a cursor, or belongs to a walk with other arguments.
    """
    if cursor is None:
        return None
    content = None
    if isinstance(cursor, str) and len(cursor) <= _LONGEST:
        try:
            unpack = zlib.decompressobj()
            packed = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True)
            content = json.loads(unpack.decompress(packed, 10 * _LONGEST))
        except (ValueError, binascii.Error, zlib.error, RecursionError):
            content = None
    match content:
        case [version, read, digest, dict() as state] if version == _VERSION:
            if (read, digest) != (query.read, query.digest):
                raise InvalidArgument("cursor", "it belongs to a walk with other arguments")
            return state
    raise InvalidArgument("cursor", "expected a value of .cursor")
