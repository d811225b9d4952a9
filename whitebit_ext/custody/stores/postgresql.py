"""The PostgreSQL backend of the SQL store.

Statements are sent to libpq through psycopg's wrapper (`psycopg.pq`), not through a cursor, which
has no timeout. All waiting here is limited: if a primary's synchronous standby is unavailable,
`COMMIT` waits forever, and no server setting limits that. Statements are never prepared, so that
a pooler may use another server connection for each transaction.
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
from .backends import Backend, Values
from .base import CommitUnknown

_GRACE = 1.0  # seconds to send a cancellation, and again to wait for its result
_TYPES = {str: 25, bytes: 17, int: 20, float: 701, type(None): 0}  # text, bytea, int8, float8
_DOUBLE = struct.Struct("!d")
_NOT_A_PRIMARY = ("0A000", "25006")  # the errors of BEGIN READ WRITE on a standby
_HINT = (
    "After a failover, try again. Otherwise name all servers in the URL, and set "
    "target_session_attrs=read-write (docs/stores.md)."
)


@attrs.frozen
class PostgreSQL(Backend):
    """A PostgreSQL server.

    Settings are local to a transaction and sent in one message with its BEGIN: behind a
    transaction pooler, session settings would affect other clients.

    Args:
        timeout: Seconds that a statement may take, including waits for locks; after it, the
            statement is cancelled on the server.
    """

    timeout: float

    # `now()` would be the start time of the transaction.
    now = "EXTRACT(EPOCH FROM clock_timestamp())::float8"

    def chosen(self, text: str) -> str:
        """Return a condition that skips rows which another process is deleting.

        An array is evaluated once; a plain IN may be evaluated repeatedly and exceed its limit.
        """
        return f"= ANY (ARRAY({text} FOR UPDATE SKIP LOCKED))"

    def query(self, text: str) -> str:
        """Number the parameters, and add a column with whether the server is a standby.

        The left join returns that column even if there are no rows. Joining one row to an ordered
        list by a constant condition keeps the order.
        """
        return (
            "SELECT answer.*, pg_is_in_recovery() FROM (SELECT 1) AS one "  # noqa: S608  # our own text
            f"LEFT JOIN ({self.change(text)}) AS answer ON TRUE"
        )

    def change(self, text: str) -> str:
        """Number the parameters."""
        numbers = itertools.count(1)
        return re.sub(r"\?", lambda _: f"${next(numbers)}", text)

    def read(self, connection: sa.Connection, query: str, values: Values) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT, in its own transaction and one round trip."""
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
            raise StoreUnavailable("a standby answered, whose rows may be stale", hint=_HINT)
        return [row[:-1] for row in rows if row[0] is not None]

    def begin(self, connection: sa.Connection) -> None:
        """Begin a durable transaction with timeouts for its statements and for idling.

        A standby refuses READ WRITE. Warnings of the commit must be sent.
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
        """Execute a statement in the transaction and return the number of changed rows."""
        result, _ = self._ask(connection, statement, values)
        return result.command_tuples or 0

    def commit(self, connection: sa.Connection) -> None:
        """Commit; only a result in time and without warnings is a success.

        A cancelled wait for a synchronous standby ends with a warning and otherwise like a success:
        the row is on this server, and lost after a failover.
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
            connection.invalidate()  # the cancellation may still hit the next statement

    def rollback(self, connection: sa.Connection) -> None:
        """Roll back the transaction."""
        self._ask(connection, "ROLLBACK")

    def _ask(
        self, connection: sa.Connection, statement: str, values: Values = ()
    ) -> tuple[pq.abc.PGresult, bool]:
        """Execute a statement; return its result and whether it was cancelled.

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
                with contextlib.suppress(psycopg.Error):  # the result shows whether it worked
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
                connection_invalidated=is_lost and not late,  # there is no time for a retry
            ) from error


def _driver(connection: sa.Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def _send(pgconn: pq.abc.PGconn, statement: str, values: Values, encoding: str) -> None:
    if not values:
        pgconn.send_query(statement.encode())
        return
    # All in binary: the text format ends at the first zero byte.
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
    """Collect results until the server is ready; return whether that was in time."""
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
    """Wait until the socket is readable, or writable if ``is_writing``."""
    if hasattr(select, "poll"):  # not limited to low file descriptors
        poll = select.poll()
        poll.register(socket, select.POLLIN | (select.POLLOUT if is_writing else 0))
        return bool(poll.poll(seconds * 1000))
    return any(select.select([socket], [socket] if is_writing else [], [], seconds))


def _refusal(answer: pq.abc.PGresult, encoding: str) -> psycopg.Error:
    """Return the driver's error for a result, without its detail, which quotes values."""
    state = (answer.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
    said = answer.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or answer.error_message
    try:
        kind = psycopg.errors.lookup(state)
    except KeyError:  # the connection ended, or the state is newer than the driver
        kind = psycopg.OperationalError
    return kind(said.decode(encoding, "replace").strip())


def _tell_pool(connection: sa.Connection) -> None:
    """Let SQLAlchemy detect the dead connection, so that it also drops older ones."""
    with contextlib.suppress(sa.exc.DBAPIError):
        connection.exec_driver_sql("SELECT 1")
