"""A store in a SQL database: a SQLite file on one machine, or PostgreSQL for several."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self

try:
    import sqlalchemy as sa
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "SQLStore needs SQLAlchemy: pip install 'whitebit-oauth[sql]'", name=missing.name
    ) from None

from ...errors import InvalidArgument, StoreUnavailable
from ...runtime.forks import watch_forks
from ...runtime.rim import rim
from . import backends, schema
from .base import Row
from .engines import make_engine
from .gate import Gate
from .statements import new_version, statements

_PAGE = 500  # rows that one query of a scan fetches
_AGAIN = (sa.exc.DBAPIError, StoreUnavailable)
# Pools inherited over a fork: kept unused, since collecting one would close connections and warn.
_inherited: list[object] = []


class SQLStore:
    """A store in a SQLite file or in PostgreSQL; tables are created and migrated on first use.

    Nothing is opened before the first use, and each process opens its own connections: a store
    can be created before a fork and used by parent and child. Database errors are raised as
    ``sqlalchemy.exc.DBAPIError``, with the statement and without its parameters.

    Args:
        url: ``sqlite:///FILE`` (any number of processes on one machine),
            ``postgresql+psycopg://…`` (any number of machines, also behind a transaction
            pooler), or an engine of one of the two, whose settings are not changed.
        table_prefix: The prefix of the names of the two tables.
        timeout: Seconds that a statement may take or wait for locks, and that connecting or
            waiting for a pooled connection may take. On PostgreSQL it also limits the commit,
            whose outcome may then be unknown (``CommitUnknown``).
        pool_size: Maximum number of connections of a process; more threads wait.
        migrate: Create and migrate the tables on first use. ``False``: raise
            ``StoreUnavailable`` until that was done (``migrate()``, or the output of
            ``schema.ddl``).

    Raises:
        InvalidArgument: an argument is wrong, or the database is not supported.
        ModuleNotFoundError: psycopg is missing.
    """

    @rim
    def __init__(
        self,
        url: str | sa.URL | sa.Engine,
        *,
        table_prefix: str = "whitebit_oauth_",
        timeout: float = 10.0,
        pool_size: int = 4,
        migrate: bool = True,
    ) -> None:
        if not 0.001 <= timeout < math.inf:
            raise InvalidArgument("timeout", "expected seconds, more than 0")
        if pool_size < 1:
            raise InvalidArgument("pool_size", "expected at least 1")
        self._tables = schema.tables(table_prefix)
        self._is_ours = not isinstance(url, sa.Engine)
        engine = url if isinstance(url, sa.Engine) else make_engine(url, timeout, pool_size)
        self._timeout = timeout
        self._pool_size = pool_size
        self._migrate = migrate
        self._backend = backends.of_engine(engine, timeout)
        self._say = statements(self._tables.rows.name, self._backend)
        if not self._is_ours:
            # A copy with separate settings over the same pool. Autocommit: the backend begins
            # transactions explicitly.
            engine = engine.execution_options(isolation_level="AUTOCOMMIT")
            engine.hide_parameters = True
        self._engine = engine
        self._closed = False
        self._start()
        watch_forks(self)

    def _start(self) -> None:
        """Initialize the state of a process that has not used the store yet."""
        self._gate = Gate(self._pool_size, self._timeout, self._before_fork)
        self._preparing = threading.Lock()
        self._is_prepared = False

    def _before_fork(self) -> None:
        """Close, in the parent, connections that must not be open in two processes."""
        if self._backend.shares_nothing_over_a_fork:
            self._engine.dispose()

    def after_fork(self) -> None:
        """Abandon the parent's connections without closing them."""
        _inherited.append(self._engine.pool)
        self._engine.dispose(close=False)
        self._start()

    @property
    def durable(self) -> bool:
        """Return ``True``: a row is on the disk once ``put`` has returned."""
        return True

    def get(self, kind: str, id: str) -> Row | None:
        """Return the row, or ``None``; one statement, by primary key."""
        found = self._read(self._say.get, (kind, id))
        return Row(*found[0]) if found else None

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> int | None:
        """Write the row if its version is the expected one, and return the new one.

        Raises:
            CommitUnknown: the database did not confirm the commit in time and without a warning.
        """
        expires_at = None if expires_at is None else float(expires_at)
        version = new_version()
        values = (bytes(data), version, expires_at, kind, id)
        if expect is None:
            changed = self._write(self._say.insert, values) == 1
        else:
            changed = self._write(self._say.update, (*values, expect)) == 1
        return version if changed else None

    def reseal(self, kind: str, id: str, data: bytes, expect: int) -> bool:
        """Replace the bytes if the row has the expected version; age and expiry are kept.

        Raises:
            CommitUnknown: as for ``put``.
        """
        values = (bytes(data), new_version(), kind, id, expect)
        return self._write(self._say.reseal, values) == 1

    def delete(self, kind: str, id: str, expect: int) -> bool:
        """Delete the row if it has the expected version.

        Raises:
            CommitUnknown: as for ``put``; a missing row does not show which caller deleted it.
        """
        return self._write(self._say.delete, (kind, id, expect)) == 1

    def sweep(self, kind: str, now: float, limit: int) -> int:
        """Delete up to ``limit`` expired rows of a kind and return how many.

        Several processes may sweep concurrently; on PostgreSQL they do not wait for each other.
        """
        return self._write(self._say.sweep, (kind, kind, float(now), limit))

    def page(self, kind: str, after: str | None, limit: int) -> list[tuple[str, Row]]:
        """Return up to ``limit`` rows of a kind after an id, in the order of ids."""
        if after is None:
            found = self._read(self._say.first_page, (kind, limit))
        else:
            found = self._read(self._say.next_page, (kind, after, limit))
        return [(id, Row(*row)) for id, *row in found]

    def scan(self, kind: str) -> Iterator[str]:
        """Yield the ids of a kind, read page by page; no statement stays open in between."""
        after = None
        while True:
            found = self.page(kind, after, _PAGE)
            for after, _ in found:
                yield after
            if len(found) < _PAGE:
                return

    def scrub(self) -> None:
        """Empty SQLite's write-ahead log; PostgreSQL removes deleted rows by itself (vacuum)."""
        self._prepare()
        with self._gate.operation(), self._connection() as connection:
            self._backend.scrub(connection)

    def schema_version(self) -> int:
        """Return the schema version of the database, or 0 if there are no tables.

        Raises:
            StoreUnavailable: this release does not support it.
        """
        self._backend.before_connecting()
        with self._gate.operation(), self._connection() as connection:
            return schema.version_of(connection, self._tables)

    @rim
    def migrate(self) -> None:
        """Create the tables, or migrate older ones to this release's version, if needed.

        The first use of a store does so unless ``migrate=False``.
        """
        self._prepare(migrate=True)

    def close(self) -> None:
        """Close this process's connections; an engine passed by the caller is not closed."""
        self._closed = True
        if self._is_ours:
            self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if not hasattr(self, "_engine"):  # its arguments were rejected
            return "<SQLStore>"
        url = self._engine.url
        where = f"{url.host}/{url.database}" if url.host else url.database
        return f"<SQLStore {url.drivername} {where}>"

    def _read(self, query: str, values: backends.Values) -> list[tuple[Any, ...]]:
        """Execute a query; after a dead connection or a standby's answer, retry once."""
        self._prepare()
        with self._gate.operation():
            try:
                with self._connection() as connection:
                    return self._backend.read(connection, query, values)
            except _AGAIN as error:
                self._allow_another(error)
            with self._connection() as connection:
                return self._backend.read(connection, query, values)

    def _write(self, statement: str, values: backends.Values) -> int:
        self._prepare()
        with self._transaction() as connection:
            changed = self._backend.write(connection, statement, values)
            if changed:
                self._backend.commit(connection)
            else:
                self._backend.rollback(connection)
            return changed

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        """Begin a transaction on a live connection to a server that accepts writes.

        A pooled connection may be dead. Only BEGIN was sent on it, so it is safe to retry once on a
        new one.
        """
        with self._gate.operation(), ExitStack() as stack:
            try:
                with ExitStack() as first:
                    connection = first.enter_context(self._connection())
                    self._backend.begin(connection)
                    stack.enter_context(first.pop_all())
            except _AGAIN as error:
                self._allow_another(error)
                connection = stack.enter_context(self._connection())
                self._backend.begin(connection)
            yield connection

    def _allow_another(self, error: sa.exc.DBAPIError | StoreUnavailable) -> None:
        """Raise the error unless another connection may succeed."""
        if isinstance(error, sa.exc.DBAPIError):
            if not error.connection_invalidated:
                raise error
        elif self._is_ours:
            # The server is a standby, and other pooled connections may lead to it as well.
            self._engine.dispose()

    @contextmanager
    def _connection(self) -> Iterator[sa.Connection]:
        """Check out a connection; after an error, discard it with its open transaction."""
        if self._closed:
            raise InvalidArgument("store", "it was closed", hint="Create a new SQLStore.")
        connection = self._engine.connect()
        try:
            greeted = connection.info.setdefault("whitebit_oauth", set())
            if self._backend not in greeted:
                self._backend.greet(connection)
                greeted.add(self._backend)
            yield connection
        except BaseException:
            connection.invalidate()
            raise
        finally:
            connection.close()

    def _prepare(self, *, migrate: bool = False) -> None:
        """Create or migrate the tables, once per process."""
        if self._is_prepared:
            return
        with self._preparing:
            if self._is_prepared:
                return
            self._backend.before_connecting()
            with self._gate.operation(), self._connection() as connection:
                self._backend.make_ready(connection)
            version = self.schema_version()
            if version < schema.CURRENT:
                if not (migrate or self._migrate):
                    raise schema.missing(version, self._tables)
                with self._transaction() as connection:
                    schema.migrate(connection, self._tables)
                    self._backend.commit(connection)
            self._is_prepared = True
