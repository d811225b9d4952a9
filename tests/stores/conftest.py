"""What the stores' tests share: one real PostgreSQL, and empty databases in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..ports import free_port
from .postgres_server import PostgresServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Run one PostgreSQL for all tests."""
    with PostgresServer(free_port()) as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    """Return the name of a new, empty database."""
    return postgres.database()
