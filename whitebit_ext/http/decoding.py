"""Undo the content encoding of a whole body, within a bound (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib

from ..errors import MalformedResponse, ResponseTooLarge

ACCEPTED = "gzip"
"""The ``Accept-Encoding`` of every request: what ``decoded`` can undo."""

_PIECE = 64 * 1024


def decoded(raw: bytes, encoding: str | None, limit: int, *, operation: str | None = None) -> bytes:
    """Return what a body is without its encoding, and unpack no more than the limit of it.

    A body that is not what its label says is returned as it is, since servers mislabel. Of one
    that is cut off, what came is returned: whether it is whole is for its parser to say.

    Args:
        raw: The body as it came.
        encoding: The value of ``Content-Encoding``.
        limit: The most bytes that the result may have.
        operation: The ``operationId``, for the error.

    Raises:
        ResponseTooLarge: the result would be longer than the limit.
        MalformedResponse: the encoding is one that was not asked for, or there are several.
    """
    names = [name.strip().lower() for name in (encoding or "").split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if names not in ([], ["gzip"], ["x-gzip"]):
        raise MalformedResponse(
            "the body is encoded in a way that was not asked for", operation=operation
        )
    body = _unzipped(raw, limit) if names and raw.startswith(b"\x1f\x8b") else raw
    if len(body) > limit:
        raise ResponseTooLarge(f"the body is longer than {limit} bytes", operation=operation)
    return body


def _unzipped(raw: bytes, limit: int) -> bytes:
    """Return what comes out until the end, a damaged byte, or one byte more than the limit."""
    body, rest = bytearray(), memoryview(raw)
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
    while rest and len(body) <= limit:
        if decoder.eof:  # RFC 1952, section 2.2: there may be several members
            decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        piece = rest[:_PIECE]
        try:
            body += decoder.decompress(piece, limit + 1 - len(body))
        except zlib.error:
            break
        rest = rest[len(piece) - len(decoder.unused_data) - len(decoder.unconsumed_tail) :]
    return bytes(body)
