"""Our own stores pass the suite that we hold others to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

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


class TestPartnersEngine(StoreConformance):
    """The store in PostgreSQL conforms over connections that a partner's framework makes.

    They are in the middle of a transaction as soon as a cursor of theirs is used, prepare
    statements, and have a cursor class of their own, as Django's have.
    """

    @pytest.fixture
    def open_store(self, postgres: PostgresServer, database: str) -> Iterator[Open]:
        """Open one database, again and again, with engines that the partner disposes of."""
        engines = []

        def connect() -> psycopg.Connection:
            info = postgres.conninfo(database)
            return psycopg.connect(info, cursor_factory=psycopg.ClientCursor, prepare_threshold=0)

        def open_store() -> SQLStore:
            engine = sa.create_engine(
                "postgresql+psycopg://", creator=connect, pool_size=4, max_overflow=0
            )
            engines.append(engine)
            return SQLStore(engine)

        yield open_store
        for engine in engines:
            engine.dispose()
