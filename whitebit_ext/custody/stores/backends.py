"""The differences between the databases of a SQL store."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Protocol

import sqlalchemy as sa

from ...errors import InvalidArgument

Values = tuple[str | bytes | int | float | None, ...]


class Backend(Protocol):
    """The preparation, queries and writes of one kind of database.

    Connections come from SQLAlchemy's pool, in autocommit mode. Statements on rows are prebuilt
    and sent to the driver directly, without SQLAlchemy's overhead for each statement. What does
    nothing here, not every database needs.

    Attributes:
        now: The SQL expression for unix time by the database's clock, as a float.
        shares_nothing_over_a_fork: Whether connections must be closed before a fork.
    """

    now: ClassVar[str]
    shares_nothing_over_a_fork: ClassVar[bool] = False

    def chosen(self, text: str) -> str:
        """Return the condition that a column is in a SELECT's result, for a limited DELETE."""

    def query(self, text: str) -> str:
        """Return a SELECT, with ``?`` for parameters, in the form that ``read`` accepts."""
        return text

    def change(self, text: str) -> str:
        """Return an INSERT, UPDATE or DELETE, with ``?`` for parameters, for ``write``."""
        return text

    def before_connecting(self) -> None:
        """Create or check what the first connection needs."""
        return

    def make_ready(self, connection: sa.Connection) -> None:
        """Prepare the database, outside of any transaction."""
        return

    def greet(self, connection: sa.Connection) -> None:
        """Initialize a new connection."""
        return

    def read(self, connection: sa.Connection, query: str, values: Values) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT, in its own transaction.

        Raises:
            StoreUnavailable: a standby answered.
        """

    def begin(self, connection: sa.Connection) -> None:
        """Begin a transaction whose commit is durable.

        Raises:
            StoreUnavailable: the server is a standby.
        """

    def write(self, connection: sa.Connection, statement: str, values: Values) -> int:
        """Execute a statement in the transaction and return the number of changed rows."""

    def commit(self, connection: sa.Connection) -> None:
        """Commit the transaction.

        Raises:
            CommitUnknown: the database did not confirm the commit, or only with a warning.
        """

    def rollback(self, connection: sa.Connection) -> None:
        """Roll back the transaction."""

    def scrub(self, connection: sa.Connection) -> None:
        """Remove deleted rows from the database's files, where it does not do so by itself."""
        return


def check(drivername: str, database: str | None) -> None:
    """Check that a database is supported.

    Raises:
        InvalidArgument: it is another product, uses another driver, or is in memory.
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
            "an SQLite database in memory is separate for every connection, and a file: URI "
            "can name one",
            hint="Use sqlite:///FILE, or MemoryStore() for tests and demos.",
        )


def of_engine(engine: sa.Engine, timeout: float) -> Backend:
    """Return the backend of an engine.

    Raises:
        InvalidArgument: its database is not supported.
    """
    name = f"{engine.dialect.name}+{engine.dialect.driver}"
    check("sqlite" if name == "sqlite+pysqlite" else name, engine.url.database)
    if name == "postgresql+psycopg":
        from .postgresql import PostgreSQL

        return PostgreSQL(timeout)
    from .sqlite import SQLite

    return SQLite(Path(engine.url.database or "").absolute(), timeout)
