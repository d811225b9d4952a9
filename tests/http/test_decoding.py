"""Decoding a content encoding uses limited memory and loses no received byte."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from whitebit_ext.errors import MalformedResponse, ResponseTooLarge
from whitebit_ext.http.decoding import decoded

BODY = b'{"data": {"apiSecret": "made-up"}}' * 10


@pytest.mark.parametrize("encoding", [None, "", "identity", "gzip", "GZIP", "x-gzip", " gzip , "])
def test_plain_body_is_unchanged(encoding: str | None) -> None:
    """A plain body is unchanged, even under a wrong label."""
    assert decoded(BODY, encoding, 1000) == BODY


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "identity, gzip"])
def test_gzip_is_decoded(encoding: str) -> None:
    """A gzip body of one or several members is decoded, whatever follows the last member."""
    zipped = gzip.compress(BODY)
    assert decoded(zipped, encoding, 1000) == BODY
    assert decoded(zipped + zipped, encoding, 1000) == BODY + BODY
    assert decoded(zipped + b"\n<!-- cached -->", encoding, 1000) == BODY


def test_truncated_body_is_returned_as_far_as_received() -> None:
    """A body without its trailer is complete; of a shorter body, the beginning is returned."""
    zipped = gzip.compress(BODY)
    assert decoded(zipped[:-8], "gzip", 1000) == BODY
    for end in range(len(zipped)):
        assert BODY.startswith(decoded(zipped[:end], "gzip", 1000)) or end < 2
    assert decoded(b"", "gzip", 1000) == b""


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "compress", "?"])
def test_unrequested_encoding_is_refused(encoding: str) -> None:
    """Encodings that were not requested, nested ones too, raise an error with the operation."""
    with pytest.raises(MalformedResponse) as caught:
        decoded(zlib.compress(BODY), encoding, 1000, operation="get_api_key_info")
    assert caught.value.operation == "get_api_key_info"


def test_decompression_bomb_is_limited() -> None:
    """A kilobyte that expands to a gigabyte raises a typed error and uses a few megabytes."""
    compressor = zlib.compressobj(9, wbits=31)
    mega = bytes(1_000_000)
    bomb = b"".join(compressor.compress(mega) for _ in range(200)) + compressor.flush()
    tracemalloc.start()
    try:
        with pytest.raises(ResponseTooLarge):
            decoded(bomb, "gzip", 1_000_000)
        with pytest.raises(ResponseTooLarge):
            decoded(gzip.compress(b"x" * 999) * 100_000, "gzip", 1_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


def test_body_of_exactly_the_limit_is_allowed() -> None:
    """The limit itself is allowed for plain and compressed bodies."""
    assert decoded(BODY, None, len(BODY)) == BODY
    assert decoded(gzip.compress(BODY), "gzip", len(BODY)) == BODY
    for raw, encoding in ((BODY, None), (gzip.compress(BODY), "gzip")):
        with pytest.raises(ResponseTooLarge):
            decoded(raw, encoding, len(BODY) - 1)
