"""A store's rows in a SQLite file."""

from __future__ import annotations

import os
import shlex
import sqlite3
import stat
import time
from pathlib import Path
from typing import Any, cast

import attrs
import sqlalchemy as sa

from ...errors import InvalidArgument, StoreUnavailable
from .backends import Values
from .base import CommitUnknown

_PAUSE = 0.02  # seconds between two tries to turn a file to WAL
_PRIMARY = 0xFF  # the part of an extended error code that names the kind of error


@attrs.frozen
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
    def now(self) -> str:
        """Return the time of the machine, to the millisecond."""
        return "(julianday('now') - 2440587.5) * 86400.0"

    def chosen(self, text: str) -> str:
        """Return the plain condition: one process writes at a time."""
        return f"IN ({text})"

    def query(self, text: str) -> str:
        """Return the text as it is."""
        return text

    def change(self, text: str) -> str:
        """Return the text as it is."""
        return text

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

    def greet(self, connection: sa.Connection) -> None:
        """Set what belongs to a connection, not to the file."""
        for pragma in (
            f"busy_timeout = {round(self.timeout * 1000)}",
            "synchronous = FULL",  # the WAL is synced at every commit, not at checkpoints
            "fullfsync = 1",  # macOS: fsync alone stops at the drive's own cache
        ):
            connection.exec_driver_sql(f"PRAGMA {pragma}")

    def read(self, connection: sa.Connection, query: str, values: Values) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT: its own transaction, and WAL lets it wait for nobody."""
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        try:
            return driver.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise sa.exc.DBAPIError.instance(
                query, None, error, sqlite3.Error, hide_parameters=True
            ) from error

    def begin(self, connection: sa.Connection) -> None:
        """Take the write lock first: a lock that is taken later cannot be waited for."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def write(self, connection: sa.Connection, statement: str, values: Values) -> int:
        """Run a statement in the transaction; return how many rows it changed."""
        # SQLAlchemy drops the count of an INSERT unless it is asked for.
        kept = {"preserve_rowcount": True}
        return connection.exec_driver_sql(statement, values, execution_options=kept).rowcount

    def commit(self, connection: sa.Connection) -> None:
        """Commit; where writing to the disk failed, it is unknown what a restart will find."""
        try:
            connection.exec_driver_sql("COMMIT")
        except sa.exc.DBAPIError as error:
            code = getattr(error.orig, "sqlite_errorcode", 0)
            if code & _PRIMARY != sqlite3.SQLITE_IOERR:
                raise  # full, read-only, locked: SQLite does not commit
            raise CommitUnknown(f"the commit was not confirmed ({error.orig})") from error

    def rollback(self, connection: sa.Connection) -> None:
        """Give up what was begun."""
        connection.exec_driver_sql("ROLLBACK")
