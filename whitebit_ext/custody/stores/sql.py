"""A store in a SQL database: a SQLite file, or PostgreSQL for many machines."""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

try:
    import sqlalchemy as sa
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "SQLStore needs SQLAlchemy: pip install 'whitebit-oauth[sql]'", name=missing.name
    ) from None

from ...errors import InvalidArgument
from ...runtime.forks import watch_forks
from . import backends, schema
from .base import Row
from .engines import make_engine
from .gate import Gate

_PAGE = 500  # ids that one query of a scan fetches
# Pools inherited over a fork: never used again, and never collected either, so that nothing of
# them is closed, or complained about, in the child.
_inherited: list[object] = []


class SQLStore:
    """Keep rows in a SQLite file or in PostgreSQL; tables are made and migrated on first use.

    Nothing is opened before the first use, and each process opens its own connections: a store
    can be made before a fork, and used on both sides of it. A failing database's own error is
    raised (``sqlalchemy.exc.DBAPIError``), with the statement and without its parameters.

    Args:
        url: ``sqlite:///FILE`` (the embedded choice: any number of processes of one machine),
            ``postgresql+psycopg://…`` (any number of machines, also behind a transaction
            pooler), or an engine of one of the two. An engine's own settings are left alone,
            so behind a pooler it needs ``connect_args={"prepare_threshold": None}`` itself.
        table_prefix: What the names of the two tables start with.
        timeout: Seconds that one statement may take or wait for others, and that connecting
            or waiting for a connection of the pool may take.
        pool_size: Connections that a process uses at most; more threads wait for their turn.

    Raises:
        InvalidArgument: an argument is wrong, or rows cannot be kept in such a database.
        ModuleNotFoundError: psycopg is missing.
    """

    def __init__(
        self,
        url: str | sa.URL | sa.Engine,
        *,
        table_prefix: str = "whitebit_oauth_",
        timeout: float = 10.0,
        pool_size: int = 4,
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
        self._backend = backends.of_engine(engine, timeout)
        # A copy with settings of its own over the same pool. The driver begins nothing by itself:
        # what a transaction begins with is written in `backends`.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._engine.hide_parameters = True
        self._closed = False
        self._start()
        watch_forks(self)

    def _start(self) -> None:
        """Begin as a process that has used nothing yet."""
        self._gate = Gate(self._pool_size, self._timeout, self._before_fork)
        self._preparing = threading.Lock()
        self._is_prepared = False

    def _before_fork(self) -> None:
        """Close, in the parent, what must not be open in two processes."""
        if self._backend.shares_nothing_over_a_fork:
            self._engine.dispose()

    def after_fork(self) -> None:
        """Leave the parent's connections to the parent, without closing them."""
        _inherited.append(self._engine.pool)
        self._engine.dispose(close=False)
        self._start()

    @property
    def durable(self) -> bool:
        """Tell that a row is on the disk once ``put`` has returned."""
        return True

    def get(self, kind: str, id: str) -> Row | None:
        """Return the row, or ``None``; one look-up in the primary key."""
        rows = self._tables.rows
        query = sa.select(rows.c.data, rows.c.version).where(rows.c.kind == kind, rows.c.id == id)
        with self._reading() as connection:
            found = connection.execute(query).one_or_none()
        return None if found is None else Row(bytes(found.data), int(found.version))

    def put(self, kind: str, id: str, data: bytes, expect: int | None) -> bool:
        """Write the row if its version is the expected one.

        Where the answer to the commit is lost, the row is read back on a new connection: the new
        version is there, or the database's error is raised and the outcome stays unknown (the
        server may still be at it). ``False`` is only ever said by the database.
        """
        rows = self._tables.rows
        # Random, so that no version is ever given twice, whoever deletes and makes rows anew.
        version = secrets.randbits(63)
        statement: sa.Insert | sa.Update
        if expect is None:
            values = {"kind": kind, "id": id, "data": bytes(data), "version": version}
            statement = self._backend.insert(rows, values)
        else:
            statement = rows.update().where(*self._is(kind, id, expect))
            statement = statement.values(data=bytes(data), version=version)
        lost: sa.exc.DBAPIError | None = None
        changed = False
        try:
            with self._writing() as connection:
                # SQLAlchemy drops the count of an INSERT unless it is asked for.
                kept = {"preserve_rowcount": True}
                changed = connection.execute(statement, execution_options=kept).rowcount == 1
                try:
                    connection.exec_driver_sql("COMMIT")
                except sa.exc.DBAPIError as error:
                    lost = error
                    raise
        except sa.exc.DBAPIError:
            # Without a COMMIT sent, nothing is written once the connection is gone.
            if lost is None or not changed or not self._has(kind, id, version, lost):
                raise
        return changed

    def _has(self, kind: str, id: str, version: int, lost: sa.exc.DBAPIError) -> bool:
        """Tell whether a write whose commit was not answered is there all the same."""
        try:
            row = self.get(kind, id)
        except sa.exc.SQLAlchemyError:
            raise lost from None  # the error that tells what happened; this one says: still so
        return row is not None and row.version == version

    def delete(self, kind: str, id: str, expect: int) -> bool:
        """Delete the row if its version is the expected one.

        Where the answer to the commit is lost, the error is raised: that the row is gone would
        not tell who deleted it.
        """
        statement = self._tables.rows.delete().where(*self._is(kind, id, expect))
        with self._writing() as connection:
            changed = connection.execute(statement).rowcount == 1
            connection.exec_driver_sql("COMMIT")
        return changed

    def scan(self, kind: str) -> Iterator[str]:
        """Yield the ids of a kind, page by page: nothing stays open between two of them."""
        rows = self._tables.rows
        query = sa.select(rows.c.id).where(rows.c.kind == kind).order_by(rows.c.id).limit(_PAGE)
        page = query
        while True:
            with self._reading() as connection:
                ids = list(connection.execute(page).scalars())
            yield from ids
            if len(ids) < _PAGE:
                return
            page = query.where(rows.c.id > ids[-1])

    def close(self) -> None:
        """Close this process's connections; an engine that was given stays as it is."""
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
        url = self._engine.url
        where = f"{url.host}/{url.database}" if url.host else url.database
        return f"<SQLStore {url.drivername} {where}>"

    def _is(self, kind: str, id: str, version: int) -> tuple[sa.ColumnElement[bool], ...]:
        columns = self._tables.rows.c
        return columns.kind == kind, columns.id == id, columns.version == version

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        self._prepare()
        with self._transaction(self._backend.read) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        self._prepare()
        with self._transaction(self._backend.write) as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: tuple[str, ...]) -> Iterator[sa.Connection]:
        """Enter the database; whatever is begun and not committed is rolled back."""
        with self._gate.operation():
            connection = self._begun(begin)
            try:
                yield connection
            except BaseException:
                # The transaction dies with its connection, in whatever state that is.
                connection.invalidate()
                raise
            finally:
                connection.close()

    def _begun(self, begin: tuple[str, ...]) -> sa.Connection:
        """Return a connection that has answered, so that a restarted database costs no error.

        A pooled connection may be dead without knowing. Nothing but the beginning was sent on
        it, so it is safe to begin again, once, on a new one.
        """
        try:
            return self._begin_once(begin)
        except sa.exc.DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return self._begin_once(begin)

    def _begin_once(self, begin: tuple[str, ...]) -> sa.Connection:
        if self._closed:
            raise InvalidArgument("store", "it was closed", hint="Make a new SQLStore.")
        connection = self._engine.connect()
        try:
            greeted = connection.info.setdefault("whitebit_oauth", set())
            if self._backend not in greeted:
                for statement in self._backend.on_connection:
                    connection.exec_driver_sql(statement)
                greeted.add(self._backend)
            for statement in begin:
                connection.exec_driver_sql(statement)
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        return connection

    def _prepare(self) -> None:
        """Make or migrate the tables, once per process."""
        if self._is_prepared:
            return
        with self._preparing:
            if self._is_prepared:
                return
            self._backend.before_connecting()
            with self._transaction(()) as connection:
                self._backend.make_ready(connection)
            with self._transaction(self._backend.read) as connection:
                version = schema.version_of(connection, self._tables)
            if version < schema.CURRENT:
                with self._transaction(self._backend.write) as connection:
                    schema.migrate(connection, self._tables)
                    connection.exec_driver_sql("COMMIT")
            self._is_prepared = True
