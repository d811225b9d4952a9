"""A store's rows on a PostgreSQL server.

Statements go to libpq through psycopg's own wrapper of it (`psycopg.pq`), not through a cursor.
A cursor cannot be made to stop waiting, and every wait here has an end: on a primary whose
synchronous standby is gone, `COMMIT` waits for ever, and no setting of the server limits it.
Nothing is ever prepared, so that a pooler may give each transaction another server connection.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import select
import struct
import time
from typing import Any, cast

import attrs
import psycopg
import sqlalchemy as sa
from psycopg import pq

from ...errors import StoreUnavailable
from .backends import Values
from .base import CommitUnknown

_GRACE = 1.0  # seconds for a cancellation to arrive, and again for what comes of it
_TYPES = {str: 25, bytes: 17, int: 20, float: 701, type(None): 0}  # text, bytea, int8, float8
_DOUBLE = struct.Struct("!d")
_NOT_A_PRIMARY = ("0A000", "25006")  # what BEGIN READ WRITE is refused with on a standby
_HINT = (
    "After a failover, try again. Otherwise name all servers in the URL, and say "
    "target_session_attrs=read-write (docs/stores.md)."
)


@attrs.frozen
class PostgreSQL:
    """A server.

    Everything that a transaction is set to is said inside of it, in one message with its BEGIN:
    behind a pooler that shares connections by transaction a session's settings would reach other
    clients.

    Args:
        timeout: Seconds that a statement may take, waiting for others included; after it the
            server is asked to cancel the statement.
    """

    timeout: float

    @property
    def shares_nothing_over_a_fork(self) -> bool:
        """Tell that the parent keeps its connections; a child never touches them."""
        return False

    @property
    def now(self) -> str:
        """Return the server's time; `now()` would be that of the transaction's beginning."""
        return "EXTRACT(EPOCH FROM clock_timestamp())::float8"

    def chosen(self, text: str) -> str:
        """Pass by the rows that another process deletes.

        An array is made once; a plain IN may be asked for again and again, beyond its limit.
        """
        return f"= ANY (ARRAY({text} FOR UPDATE SKIP LOCKED))"

    def query(self, text: str) -> str:
        """Number the values, and let each answer tell whether a standby gives it.

        There is an answer also where there is no row. One row joined to an ordered list by a
        condition that always holds leaves the list in its order.
        """
        return (
            "SELECT answer.*, pg_is_in_recovery() FROM (SELECT 1) AS one "  # noqa: S608  # our own text
            f"LEFT JOIN ({self.change(text)}) AS answer ON TRUE"
        )

    def change(self, text: str) -> str:
        """Number the values."""
        numbers = itertools.count(1)
        return re.sub(r"\?", lambda _: f"${next(numbers)}", text)

    def before_connecting(self) -> None:
        """Do nothing: the server is somebody else's."""

    def make_ready(self, connection: sa.Connection) -> None:
        """Do nothing: the database is there, or connecting says so."""

    def greet(self, connection: sa.Connection) -> None:
        """Do nothing: see the class."""

    def read(self, connection: sa.Connection, query: str, values: Values) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT, which is its own transaction and one round trip."""
        result, _ = self._ask(connection, query, values)
        encoding = _driver(connection).info.encoding
        columns = range(result.nfields)
        kinds = [result.ftype(column) for column in columns]
        rows = [
            tuple(
                _value(kinds[column], result.get_value(row, column), encoding) for column in columns
            )
            for row in range(result.ntuples)
        ]
        if rows[0][-1]:
            raise StoreUnavailable("a standby answered, whose rows may be old", hint=_HINT)
        return [row[:-1] for row in rows if row[0] is not None]

    def begin(self, connection: sa.Connection) -> None:
        """Begin a transaction that cannot hang, holds no locks while it sleeps, and is durable.

        A standby refuses READ WRITE. The commit's warnings are not to be silenced.
        """
        limit = round(self.timeout * 1000)
        try:
            self._ask(
                connection,
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; "
                f"SET LOCAL statement_timeout = {limit}; "
                f"SET LOCAL idle_in_transaction_session_timeout = {limit}; "
                "SET LOCAL synchronous_commit = on; "
                "SET LOCAL client_min_messages = warning",
            )
        except sa.exc.DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _NOT_A_PRIMARY:
                raise
            raise StoreUnavailable("the server is a standby", hint=_HINT) from error

    def write(self, connection: sa.Connection, statement: str, values: Values) -> int:
        """Run a statement in the transaction; return how many rows it changed."""
        result, _ = self._ask(connection, statement, values)
        return result.command_tuples or 0

    def commit(self, connection: sa.Connection) -> None:
        """Commit, and take nothing but a clean answer in time for a success.

        A wait for a synchronous standby that is cancelled, by whomever, ends with a warning and
        otherwise like a success: the row is on this server, and gone after a failover.
        """
        driver = _driver(connection)
        notices: list[str] = []

        def noticed(notice: psycopg.errors.Diagnostic) -> None:
            notices.append(notice.message_primary or "a warning")

        driver.add_notice_handler(noticed)
        try:
            _, was_cancelled = self._ask(connection, "COMMIT")
        except sa.exc.DBAPIError as error:
            reason = "; ".join([*notices, str(error.orig)])
            raise CommitUnknown(f"the commit was not confirmed ({reason})") from error
        finally:
            driver.remove_notice_handler(noticed)
        if notices:
            raise CommitUnknown(f"the commit was not confirmed ({'; '.join(notices)})")
        if was_cancelled:
            connection.invalidate()  # the cancellation may still hit what comes next

    def rollback(self, connection: sa.Connection) -> None:
        """Give up what was begun."""
        self._ask(connection, "ROLLBACK")

    def _ask(
        self, connection: sa.Connection, statement: str, values: Values = ()
    ) -> tuple[pq.abc.PGresult, bool]:
        """Return what the server answers, and whether it had to be asked to stop.

        Raises:
            DBAPIError: the server refused, is gone, or did not answer in time.
        """
        driver = _driver(connection)
        pgconn = driver.pgconn
        answers: list[pq.abc.PGresult] = []
        late = False
        try:
            _send(pgconn, statement, values, driver.info.encoding)
            if not _collect(pgconn, answers, self.timeout):
                late = True
                with contextlib.suppress(psycopg.Error):  # told by what comes of it
                    driver.cancel_safe(timeout=_GRACE)
                if not _collect(pgconn, answers, _GRACE):
                    driver.close()
                    raise psycopg.OperationalError(f"no answer within {self.timeout:g} s")
            for answer in answers:
                if answer.status == pq.ExecStatus.FATAL_ERROR:
                    raise _refusal(answer, driver.info.encoding)
            return answers[-1], late
        except psycopg.Error as error:
            is_lost = driver.closed
            if is_lost:
                _tell_pool(connection)
            raise sa.exc.DBAPIError.instance(
                statement,
                None,
                error,
                psycopg.Error,
                hide_parameters=True,
                connection_invalidated=is_lost and not late,  # the time for another try is over
            ) from error


def _driver(connection: sa.Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def _send(pgconn: pq.abc.PGconn, statement: str, values: Values, encoding: str) -> None:
    if not values:
        pgconn.send_query(statement.encode())
        return
    # All in binary: a text would end at its first zero byte.
    pgconn.send_query_params(
        statement.encode(),
        [_parameter(value, encoding) for value in values],
        param_types=[_TYPES[type(value)] for value in values],
        param_formats=[pq.Format.BINARY] * len(values),
        result_format=pq.Format.BINARY,
    )


def _parameter(value: str | bytes | int | float | None, encoding: str) -> bytes | None:
    if isinstance(value, str):
        return value.encode(encoding)
    if isinstance(value, int):
        return value.to_bytes(8, "big", signed=True)
    return _DOUBLE.pack(value) if isinstance(value, float) else value


def _value(kind: int, value: bytes | None, encoding: str) -> object:
    if value is None or kind == _TYPES[bytes]:
        return value
    if kind == _TYPES[str]:
        return value.decode(encoding)
    if kind == _TYPES[float]:
        return _DOUBLE.unpack(value)[0]
    return int.from_bytes(value, "big", signed=True)  # int8, and bool


def _collect(pgconn: pq.abc.PGconn, answers: list[pq.abc.PGresult], seconds: float) -> bool:
    """Take what the server answers until it is ready for more; say whether it is in time."""
    until = time.monotonic() + seconds
    while True:
        unsent = pgconn.flush()
        while not unsent and not pgconn.is_busy():
            answer = pgconn.get_result()
            if answer is None:
                return True
            answers.append(answer)
        left = until - time.monotonic()
        if left <= 0 or not _ready(pgconn.socket, bool(unsent), left):
            return False
        pgconn.consume_input()


def _ready(socket: int, is_writing: bool, seconds: float) -> bool:
    """Wait until the socket can be read, or written where that is wanted."""
    if hasattr(select, "poll"):  # takes a socket of any number
        poll = select.poll()
        poll.register(socket, select.POLLIN | (select.POLLOUT if is_writing else 0))
        return bool(poll.poll(seconds * 1000))
    return any(select.select([socket], [socket] if is_writing else [], [], seconds))


def _refusal(answer: pq.abc.PGresult, encoding: str) -> psycopg.Error:
    """Make the driver's error of an answer, without the detail: that quotes values."""
    state = (answer.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
    said = answer.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or answer.error_message
    try:
        kind = psycopg.errors.lookup(state)
    except KeyError:  # the connection ended, or the state is newer than the driver
        kind = psycopg.OperationalError
    return kind(said.decode(encoding, "replace").strip())


def _tell_pool(connection: sa.Connection) -> None:
    """Let SQLAlchemy find out that the connection is dead: it then drops those of before too."""
    with contextlib.suppress(sa.exc.DBAPIError):
        connection.exec_driver_sql("SELECT 1")
