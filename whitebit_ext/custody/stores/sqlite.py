"""The SQLite backend of the SQL store."""

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
from .backends import Backend, Values
from .base import CommitUnknown

_PAUSE = 0.02  # seconds between two attempts to enable WAL
_PRIMARY = 0xFF  # mask of the primary result code


@attrs.frozen
class SQLite(Backend):
    """A SQLite file.

    Args:
        path: The file; it and its ``-wal`` and ``-shm`` are readable only by their owner.
        timeout: Seconds to wait for another process's write.
    """

    path: Path
    timeout: float

    now = "(julianday('now') - 2440587.5) * 86400.0"  # with millisecond precision
    shares_nothing_over_a_fork = True  # sqlite.org/howtocorrupt, section 2.6

    def chosen(self, text: str) -> str:
        """Return a plain IN condition: only one process writes at a time."""
        return f"IN ({text})"

    def before_connecting(self) -> None:
        """Create the file with mode 0600, or refuse one that other users can open.

        SQLite creates ``-wal`` and ``-shm`` with the mode of the database.
        """
        if os.name != "posix":
            return
        try:
            made = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        except FileExistsError:
            self._refuse_open_files()
            return
        try:
            os.fchmod(made, 0o600)  # the umask may have removed the owner's permissions
        finally:
            os.close(made)
        # The directory entry must survive a power failure, like the rows.
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
                if suffix:  # -wal and -shm exist only while the database is open
                    continue
                raise
            if mode & 0o077:
                raise InvalidArgument(
                    "url",
                    f"{path} is open to other users of the machine (mode {mode:04o})",
                    hint=f"Run: chmod 600 {shlex.quote(str(path))}",
                )

    def make_ready(self, connection: sa.Connection) -> None:
        """Enable WAL, which is persistent."""
        until = time.monotonic() + self.timeout
        while True:
            try:
                mode = connection.exec_driver_sql("PRAGMA journal_mode = WAL").scalar_one()
                break
            except sa.exc.OperationalError:
                # Locked by another process that does the same; the busy timeout does not apply to
                # this change.
                if time.monotonic() >= until:
                    raise
            time.sleep(_PAUSE)
        if mode != "wal":
            raise StoreUnavailable(
                f"the file system of {self.path} cannot hold a write-ahead log",
                hint="Put the file on a local disk; for many machines use PostgreSQL.",
            )

    def greet(self, connection: sa.Connection) -> None:
        """Set the options of a connection."""
        for pragma in (
            f"busy_timeout = {round(self.timeout * 1000)}",
            "synchronous = FULL",  # the WAL is synced at every commit, not at checkpoints
            "fullfsync = 1",  # macOS: fsync alone stops at the drive's own cache
            "secure_delete = ON",  # the id of a connection row contains the user's name
        ):
            connection.exec_driver_sql(f"PRAGMA {pragma}")

    def read(self, connection: sa.Connection, query: str, values: Values) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT, in its own transaction; WAL avoids waits for writers."""
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        try:
            return driver.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise sa.exc.DBAPIError.instance(
                query, None, error, sqlite3.Error, hide_parameters=True
            ) from error

    def begin(self, connection: sa.Connection) -> None:
        """Begin with the write lock: upgrading to it later may fail without waiting."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def write(self, connection: sa.Connection, statement: str, values: Values) -> int:
        """Execute a statement in the transaction and return the number of changed rows."""
        # SQLAlchemy discards the row count of an INSERT by default.
        kept = {"preserve_rowcount": True}
        return connection.exec_driver_sql(statement, values, execution_options=kept).rowcount

    def commit(self, connection: sa.Connection) -> None:
        """Commit; after an I/O error, the outcome is unknown."""
        try:
            connection.exec_driver_sql("COMMIT")
        except sa.exc.DBAPIError as error:
            code = getattr(error.orig, "sqlite_errorcode", 0)
            if code & _PRIMARY != sqlite3.SQLITE_IOERR:
                raise  # disk full, read-only, locked: not committed
            raise CommitUnknown(f"the commit was not confirmed ({error.orig})") from error

    def rollback(self, connection: sa.Connection) -> None:
        """Roll back the transaction."""
        connection.exec_driver_sql("ROLLBACK")

    def scrub(self, connection: sa.Connection) -> None:
        """Empty the write-ahead log, which has earlier pages; other processes may delay that."""
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
