"""The FastAPI example: PostgreSQL, two workers of uvicorn."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from ..stores.postgres_server import PostgresServer
from .applications import Running, serving
from .walks import Walks


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Serve the application."""
    log = tmp_path_factory.mktemp("fastapi") / "log"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with (
        PostgresServer(port) as postgres,
        serving(
            *("fastapi", postgres.url(postgres.database()), log),
            *("uvicorn", "app:app", "--workers", "2", "--port", "PORT"),
        ) as running,
    ):
        yield running


class TestFastAPIApplication(Walks):
    """The conformance suite and the walks."""
