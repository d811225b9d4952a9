"""Our own stores pass the suite that we hold others to."""

from __future__ import annotations

from pathlib import Path

import pytest

from whitebit_ext.custody.stores import MemoryStore, SQLStore
from whitebit_ext.custody.stores.conformance import StoreConformance
from whitebit_ext.custody.stores.conformance.opening import Open

from .postgres_server import PostgresServer


class TestMemory(StoreConformance):
    """The store in memory conforms, as far as a store that forgets can."""

    @pytest.fixture
    def open_store(self) -> Open:
        """Open an empty store."""
        return MemoryStore


class TestSQLite(StoreConformance):
    """The store in a SQLite file conforms."""

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Open:
        """Open one file, again and again."""
        return lambda: SQLStore(f"sqlite:///{tmp_path / 'custody.db'}")


class TestPostgreSQL(StoreConformance):
    """The store in PostgreSQL conforms."""

    @pytest.fixture
    def open_store(self, postgres: PostgresServer, database: str) -> Open:
        """Open one database, again and again."""
        return lambda: SQLStore(postgres.url(database))
