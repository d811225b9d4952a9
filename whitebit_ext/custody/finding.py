"""Finds the expected object in the response to a one-shot request. Pure.

Such a response comes once. It may have a byte-order mark, a notice before the JSON or a comment
after it, or be cut off after the document or before the end of the envelope: where one whole JSON
object with the expected field can be found, it is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..http.answers import DuplicateKey, decode_text, unique_keys
from .values import LONGEST_ANSWER

_MOST_TRIES = 2_000
_DEEPEST = 6

_decoder = json.JSONDecoder(object_pairs_hook=unique_keys)


def find(body: bytes, field: str) -> Mapping[str, Any] | None:
    """Return the first whole JSON object with a field, by its normalised name, or ``None``.

    Args:
        body: The body, decompressed.
        field: The name in lower case without ``_`` and ``-``, so that other spellings match.
    """
    text = decode_text(body, "replace")
    start, tries = text.find("{"), 0
    while start >= 0 and tries < _MOST_TRIES:
        tries += 1
        end = start + 1
        try:
            document, end = _decoder.raw_decode(text, start)
        except DuplicateKey:
            return None
        except (ValueError, RecursionError):
            document = None
        for found in _objects(document, 0):
            if field in found:
                return found
        start = text.find("{", end)
    return None


def fitting(body: bytes, field: str) -> bytes:
    """Return what is stored of a response: all of it, unless it is too long for a row.

    Of a longer one the object with the expected field is kept, else its beginning and its end.
    """
    if len(body) <= LONGEST_ANSWER:
        return body
    found = find(body, field)
    text = json.dumps(found).encode() if found is not None else b""
    if 0 < len(text) <= LONGEST_ANSWER:
        return text
    half = LONGEST_ANSWER // 2
    return body[:half] + body[-half:]


def shows(body: bytes, field: str) -> bool:
    """Return whether the name of a field occurs in a malformed body."""
    return field in _normal(decode_text(body, "replace"))


def _objects(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Yield the objects in a document, outer ones first, with normalised names."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        yield {_normal(name): item for name, item in value.items()}
        for item in value.values():
            yield from _objects(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item, depth + 1)


def _normal(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
