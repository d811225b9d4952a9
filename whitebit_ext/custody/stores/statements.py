"""The statements of a SQL store, built once when the store is created."""

from __future__ import annotations

import secrets

import attrs

from .backends import Backend


@attrs.frozen
class Statements:
    """The SQL statements of a store, in the database's dialect.

    Comments in ``statements`` give the order of parameters where it is not obvious.
    """

    get: str
    first_page: str
    next_page: str
    insert: str
    update: str
    reseal: str
    delete: str
    sweep: str


def statements(table: str, backend: Backend) -> Statements:
    """Return the statements for a table."""
    now = backend.now
    row = f"data, version, {now} - written_at AS age"
    this = "kind = ? AND id = ?"

    def page(after: str) -> str:
        query = f"SELECT id, {row} FROM {table} WHERE kind = ?{after} ORDER BY id LIMIT ?"  # noqa: S608  # of a checked prefix
        return backend.query(query)

    due = f"SELECT id FROM {table} WHERE kind = ? AND expires_at <= ? ORDER BY expires_at LIMIT ?"  # noqa: S608  # likewise
    return Statements(
        get=backend.query(f"SELECT {row} FROM {table} WHERE {this}"),  # noqa: S608  # likewise
        first_page=page(""),
        next_page=page(" AND id > ?"),
        insert=backend.change(
            f"INSERT INTO {table} (data, version, expires_at, kind, id, written_at) "  # noqa: S608  # likewise
            f"VALUES (?, ?, ?, ?, ?, {now}) ON CONFLICT (kind, id) DO NOTHING"
        ),
        # Parameters: those of `insert`, then the expected version.
        update=backend.change(
            f"UPDATE {table} SET data = ?, version = ?, expires_at = ?, written_at = {now} "  # noqa: S608  # likewise
            f"WHERE {this} AND version = ?"
        ),
        reseal=backend.change(
            f"UPDATE {table} SET data = ?, version = ? WHERE {this} AND version = ?"  # noqa: S608  # likewise
        ),
        delete=backend.change(f"DELETE FROM {table} WHERE {this} AND version = ?"),  # noqa: S608  # likewise
        # Parameters: the kind twice, the time, the limit.
        sweep=backend.change(f"DELETE FROM {table} WHERE kind = ? AND id {backend.chosen(due)}"),  # noqa: S608  # likewise
    )


def new_version() -> int:
    """Return a random version: none is reused when a row is deleted and created again."""
    return secrets.randbits(63)
