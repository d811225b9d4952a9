"""What the tests of connections share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .raw_server import Face, certificate


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest) -> Iterator[Face]:
    """Return what sends requests, sync and async in turn."""
    made = Face(request.param)
    yield made
    made.close()


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the key and the certificate of TLS servers on loopback."""
    return certificate(tmp_path_factory.mktemp("tls"))
