"""What differs between the databases of a SQL store."""

from __future__ import annotations

import os
import shlex
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ...errors import InvalidArgument, StoreUnavailable

_PAUSE = 0.02  # seconds between two tries to turn a file to WAL


class Backend(Protocol):
    """How one kind of database is made ready, entered and written to."""

    @property
    def shares_nothing_over_a_fork(self) -> bool:
        """Tell whether connections must be closed before a fork."""

    @property
    def on_connection(self) -> tuple[str, ...]:
        """What is said once on every new connection."""

    @property
    def read(self) -> tuple[str, ...]:
        """What begins a reading transaction."""

    @property
    def write(self) -> tuple[str, ...]:
        """What begins a writing transaction; ``True`` from ``put`` then means durably."""

    def insert(self, table: sa.Table, values: dict[str, Any]) -> sa.Insert:
        """Return the statement that inserts a row unless there is one."""

    def before_connecting(self) -> None:
        """Make or check what must be there before the first connection."""

    def make_ready(self, connection: sa.Connection) -> None:
        """Make the database itself ready, outside of any transaction."""


@dataclass(frozen=True, slots=True)
class SQLite:
    """A file.

    Args:
        path: The file; it and its two companions are readable by its owner alone.
        timeout: Seconds to wait for another process's write.
    """

    path: Path
    timeout: float

    @property
    def shares_nothing_over_a_fork(self) -> bool:
        """Tell that no connection may live through a fork (sqlite.org/howtocorrupt, 2.6)."""
        return True

    @property
    def on_connection(self) -> tuple[str, ...]:
        """Return the pragmas that belong to a connection, not to the file."""
        return (
            f"PRAGMA busy_timeout = {round(self.timeout * 1000)}",
            "PRAGMA synchronous = FULL",  # the WAL is synced at every commit, not at checkpoints
            "PRAGMA fullfsync = 1",  # macOS: fsync alone stops at the drive's own cache
        )

    @property
    def read(self) -> tuple[str, ...]:
        """Return nothing: one SELECT is its own transaction, and WAL lets it wait for nobody."""
        return ()

    @property
    def write(self) -> tuple[str, ...]:
        """Return what takes the write lock first: a lock taken later cannot be waited for."""
        return ("BEGIN IMMEDIATE",)

    def insert(self, table: sa.Table, values: dict[str, Any]) -> sa.Insert:
        """Return the statement that inserts a row unless there is one."""
        return sqlite.insert(table).values(values).on_conflict_do_nothing()

    def before_connecting(self) -> None:
        """Make the file with mode 0600, or refuse one that others may open.

        SQLite gives the mode of the database to its ``-wal`` and ``-shm``.
        """
        if os.name != "posix":
            return
        try:
            made = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        except FileExistsError:
            self._refuse_open_files()
            return
        try:
            os.fchmod(made, 0o600)  # a umask may have taken the owner's rights as well
        finally:
            os.close(made)
        # The name in the directory must survive a power failure as the rows do.
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _refuse_open_files(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            path = self.path.with_name(self.path.name + suffix)
            try:
                mode = stat.S_IMODE(path.stat().st_mode)
            except FileNotFoundError:
                if suffix:  # companions come and go
                    continue
                raise
            if mode & 0o077:
                raise InvalidArgument(
                    "url",
                    f"{path} is open to other users of the machine (mode {mode:04o})",
                    hint=f"Run: chmod 600 {shlex.quote(str(path))}",
                )

    def make_ready(self, connection: sa.Connection) -> None:
        """Turn the file to WAL, which it stays."""
        until = time.monotonic() + self.timeout
        while True:
            try:
                mode = connection.exec_driver_sql("PRAGMA journal_mode = WAL").scalar_one()
                break
            except sa.exc.OperationalError:
                # Locked by another process that makes it ready as well; the busy timeout does
                # not cover this one change.
                if time.monotonic() >= until:
                    raise
            time.sleep(_PAUSE)
        if mode != "wal":
            raise StoreUnavailable(
                f"the file system of {self.path} cannot hold a write-ahead log",
                hint="Put the file on a local disk; for many machines use PostgreSQL.",
            )


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A server.

    Everything is said inside the transaction, in one message with its BEGIN: behind a pooler
    that shares connections by transaction a session's settings would reach other clients.

    Args:
        timeout: Seconds that a statement may take, waiting for others included.
    """

    timeout: float

    @property
    def shares_nothing_over_a_fork(self) -> bool:
        """Tell that the parent keeps its connections; a child never touches them."""
        return False

    @property
    def on_connection(self) -> tuple[str, ...]:
        """Return nothing: see the class."""
        return ()

    @property
    def read(self) -> tuple[str, ...]:
        """Return what begins a transaction that cannot hang, nor hold locks while it sleeps."""
        limit = round(self.timeout * 1000)
        return (
            "BEGIN ISOLATION LEVEL READ COMMITTED; "
            f"SET LOCAL statement_timeout = {limit}; "
            f"SET LOCAL idle_in_transaction_session_timeout = {limit}",
        )

    @property
    def write(self) -> tuple[str, ...]:
        """Return the same, with a commit that is on the disk when it is reported."""
        (begin,) = self.read
        return (f"{begin}; SET LOCAL synchronous_commit = on",)

    def insert(self, table: sa.Table, values: dict[str, Any]) -> sa.Insert:
        """Return the statement that inserts a row unless there is one."""
        return postgresql.insert(table).values(values).on_conflict_do_nothing()

    def before_connecting(self) -> None:
        """Do nothing: the server is somebody else's."""

    def make_ready(self, connection: sa.Connection) -> None:
        """Do nothing: the database is there, or connecting says so."""


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
        return PostgreSQL(timeout)
    return SQLite(Path(engine.url.database or "").absolute(), timeout)
