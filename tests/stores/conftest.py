"""What the stores' tests share: one real PostgreSQL, and empty databases in it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from .postgres_server import PostgresServer


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Run one PostgreSQL for all tests."""
    with PostgresServer(free_port()) as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    """Return the name of a new, empty database."""
    return postgres.database()
