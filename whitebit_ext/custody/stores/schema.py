"""The tables of a SQL store, and their migrations."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs
import sqlalchemy as sa

from ...errors import InvalidArgument, StoreUnavailable

_PREFIX = re.compile(r"[a-z_][a-z0-9_]{0,39}")


@attrs.frozen
class Tables:
    """The tables of one store.

    Attributes:
        prefix: The prefix of their names.
        rows: The table of sealed rows.
        schema: A table of one row: the schema version, and the oldest version whose releases can
            still use it.
    """

    prefix: str
    rows: sa.TableClause
    schema: sa.TableClause


def tables(prefix: str) -> Tables:
    """Return the tables with a prefix.

    Raises:
        InvalidArgument: the prefix is not a plain lower-case SQL identifier.
    """
    if not _PREFIX.fullmatch(prefix):
        raise InvalidArgument(
            "table_prefix", "expected up to 40 of a-z, 0-9 and _, not starting with a digit"
        )
    return Tables(prefix, sa.table(f"{prefix}rows"), sa.table(f"{prefix}schema"))


@attrs.frozen
class Step:
    """A migration from one schema version to the next.

    Attributes:
        oldest: The oldest version whose releases can use the tables afterwards.
        statements: The statements by dialect; ``{prefix}`` is replaced.
    """

    oldest: int
    statements: Mapping[str, tuple[str, ...]]


# Times are unix seconds by the database's clock. The collation "C" orders by bytes: it is the
# same on every machine, and an operating system update that changes collations cannot corrupt
# the index.
_ROWS: Final = """CREATE TABLE {{prefix}}rows (
    kind {text} NOT NULL,
    id {text} NOT NULL,
    data {bytes} NOT NULL,
    version BIGINT NOT NULL,
    written_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION,
    PRIMARY KEY (kind, id)
)"""
_FIRST: Final = (
    "CREATE INDEX {prefix}rows_expires ON {prefix}rows (kind, expires_at) "
    "WHERE expires_at IS NOT NULL",
    "CREATE TABLE {prefix}schema (version INTEGER NOT NULL, oldest INTEGER NOT NULL)",
    "INSERT INTO {prefix}schema (version, oldest) VALUES (0, 0)",
)
_TYPES: Final = {
    "postgresql": {"text": 'TEXT COLLATE "C"', "bytes": "BYTEA"},
    "sqlite": {"text": "TEXT", "bytes": "BLOB"},
}

# Each step migrates from the version of its index to the next one. A released step never changes.
# A new step only adds, so that earlier releases still work; what is no longer used is removed two
# releases later, and only that step raises `oldest`.
_STEPS: tuple[Step, ...] = (
    Step(
        oldest=1,
        statements=MappingProxyType(
            {dialect: (_ROWS.format(**types), *_FIRST) for dialect, types in _TYPES.items()}
        ),
    ),
)

CURRENT = len(_STEPS)
"""The schema version of this release."""
DIALECTS = frozenset(_TYPES)
"""The dialects that there are statements for."""


def ddl(dialect: str, prefix: str = "whitebit_oauth_", *, since: int = 0) -> str:
    """Return the SQL that creates or migrates the tables, for a database administrator.

    Args:
        dialect: ``postgresql`` or ``sqlite``.
        prefix: The prefix of the names of the tables.
        since: The schema version of the database, or 0 if it has no tables.

    Raises:
        InvalidArgument: there is no such dialect or version, or the prefix is invalid.
    """
    if dialect not in _TYPES:
        raise InvalidArgument("dialect", f"expected one of {', '.join(sorted(_TYPES))}")
    if not 0 <= since <= CURRENT:
        raise InvalidArgument("since", f"expected 0 to {CURRENT}")
    lines = statements(dialect, prefix, since=since)
    return "".join(f"{line};\n" for line in ("BEGIN", *lines, "COMMIT")) if lines else ""


def statements(
    dialect: str, prefix: str = "whitebit_oauth_", *, since: int = 0, until: int | None = None
) -> list[str]:
    """Return the statements that migrate from one version to another, e.g. for a migration."""
    made = tables(prefix)
    lines = []
    for number, step in enumerate(_STEPS[since:until], since + 1):
        lines += [line.format(prefix=made.prefix) for line in step.statements[dialect]]
        values = f"version = {number}, oldest = {step.oldest}"
        lines.append(f"UPDATE {made.schema.name} SET {values}")  # noqa: S608  # of a checked prefix
    return lines


def version_of(connection: sa.Connection, made: Tables) -> int:
    """Return the schema version of the database, or 0 if it has none.

    A newer version is accepted if the database declares it compatible with this release: during
    a rolling deployment, old and new processes run concurrently.

    Raises:
        StoreUnavailable: it is too new for this release, or of the unpublished release 0.1.0.
    """
    name = made.schema.name
    columns: set[str] = set()
    for _ in range(3):  # none are found where another process creates the table at that moment
        try:
            columns = {column["name"] for column in sa.inspect(connection).get_columns(name)}
        except sa.exc.NoSuchTableError:
            return 0
        if columns:
            break
    if "oldest" not in columns:
        raise StoreUnavailable(
            f"the tables of {name} were made by whitebit-oauth 0.1.0, which was never published, "
            "and are not read",
            hint=f"Choose another table_prefix, or drop {name} and {made.rows.name} and have "
            "the users connect again.",
        )
    query = f"SELECT version, oldest FROM {name}"  # noqa: S608  # likewise
    version, oldest = connection.exec_driver_sql(query).one()
    if oldest > CURRENT:
        raise StoreUnavailable(
            f"the schema in {name} has version {version}, which needs a release of whitebit-oauth "
            f"that knows version {oldest}; this one knows versions up to {CURRENT}",
            hint="A newer release has migrated the database: update this installation.",
        )
    return int(version)


def missing(version: int, made: Tables) -> StoreUnavailable:
    """Return the error for missing or outdated tables with ``migrate=False``."""
    state = f"has version {version}" if version else "is missing"
    return StoreUnavailable(
        f"the schema in {made.schema.name} {state}, this release needs version {CURRENT}, and "
        "migrate=False forbids to change it",
        hint="Run `whitebit-oauth custody migrate`; with --sql it prints what to run.",
    )


def migrate(connection: sa.Connection, made: Tables) -> None:
    """Migrate the schema to the current version, within the caller's transaction.

    If several processes start at once, the first one migrates, and the others wait for it.
    """
    dialect = connection.dialect.name
    if dialect == "postgresql":
        # Held until the end of the transaction. A SQLite transaction has the write lock already.
        digest = hashlib.sha256(made.schema.name.encode()).digest()
        lock = int.from_bytes(digest[:8], "big", signed=True)
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")
    for statement in statements(dialect, made.prefix, since=version_of(connection, made)):
        connection.exec_driver_sql(statement)
