"""Decode the content encoding of a whole body, within a limit (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib

from ..errors import MalformedResponse, ResponseTooLarge

ACCEPTED = "gzip"
"""The ``Accept-Encoding`` of every request that is not sent alone."""

_PIECE = 64 * 1024


def decoded(raw: bytes, encoding: str | None, limit: int, *, operation: str | None = None) -> bytes:
    """Return a body without its content encoding, decompressing no more than the limit.

    A body that does not have the declared encoding is returned unchanged, since servers mislabel.
    Of a truncated one, the received part is returned: its parser detects that it is incomplete.

    Args:
        raw: The body as received.
        encoding: The value of ``Content-Encoding``.
        limit: The maximum size of the result in bytes.
        operation: The ``operationId``, for the error.

    Raises:
        ResponseTooLarge: the result would be longer than the limit.
        MalformedResponse: the encoding was not requested, or there are several.
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
    """Decompress until the end, a damaged byte, or one byte more than the limit."""
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
