"""What differs between the databases of a SQL store."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from ...errors import InvalidArgument

Values = tuple[str | bytes | int | float | None, ...]


class Backend(Protocol):
    """How one kind of database is made ready, asked and written to.

    Connections come from SQLAlchemy's pool, in its autocommit mode. What is said on them for a
    row goes to the driver itself: prebuilt, and without what SQLAlchemy does for each statement.
    """

    @property
    def shares_nothing_over_a_fork(self) -> bool:
        """Return whether connections must be closed before a fork."""

    @property
    def now(self) -> str:
        """The expression for unix time by the database's clock, as a float."""

    def chosen(self, text: str) -> str:
        """Return the condition that a column is among what a SELECT finds, for a bounded DELETE."""

    def query(self, text: str) -> str:
        """Return a SELECT, with ``?`` for values, as ``read`` takes it."""

    def change(self, text: str) -> str:
        """Return an INSERT, UPDATE or DELETE, with ``?`` for values, as ``write`` takes it."""

    def before_connecting(self) -> None:
        """Make or check what must be there before the first connection."""

    def make_ready(self, connection: sa.Connection) -> None:
        """Make the database itself ready, outside of any transaction."""

    def greet(self, connection: sa.Connection) -> None:
        """Say what has to be said once on a new connection."""

    def read(self, connection: sa.Connection, query: str, values: Values) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT that is its own transaction.

        Raises:
            StoreUnavailable: a standby answered.
        """

    def begin(self, connection: sa.Connection) -> None:
        """Begin a transaction whose commit means durably.

        Raises:
            StoreUnavailable: the server is a standby.
        """

    def write(self, connection: sa.Connection, statement: str, values: Values) -> int:
        """Run a statement in the transaction that was begun; return how many rows it changed."""

    def commit(self, connection: sa.Connection) -> None:
        """Commit what was begun.

        Raises:
            CommitUnknown: the database did not say, without reservation, that it did.
        """

    def rollback(self, connection: sa.Connection) -> None:
        """Give up what was begun."""


def check(drivername: str, database: str | None) -> None:
    """Refuse a database that rows cannot be kept in.

    Raises:
        InvalidArgument: it is another product, goes through another driver, or is in memory.
    """
    if drivername == "postgresql+psycopg":
        return
    if drivername != "sqlite":
        raise InvalidArgument(
            "url",
            f"{drivername} is not supported",
            hint="Use sqlite:///FILE or postgresql+psycopg://…, or bring a store of your own "
            "(docs/stores.md).",
        )
    if not database or database == ":memory:" or database.startswith("file:"):
        raise InvalidArgument(
            "url",
            "an SQLite database in memory is another one for every connection, and a file: URI "
            "can name one",
            hint="Use sqlite:///FILE, or MemoryStore() for tests and demos.",
        )


def of_engine(engine: sa.Engine, timeout: float) -> Backend:
    """Return the backend of an engine.

    Raises:
        InvalidArgument: rows cannot be kept in its database.
    """
    name = f"{engine.dialect.name}+{engine.dialect.driver}"
    check("sqlite" if name == "sqlite+pysqlite" else name, engine.url.database)
    if name == "postgresql+psycopg":
        from .postgresql import PostgreSQL

        return PostgreSQL(timeout)
    from .sqlite import SQLite

    return SQLite(Path(engine.url.database or "").absolute(), timeout)
