"""The tables of a SQL store, and how older ones become the present ones."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ...errors import InvalidArgument, StoreUnavailable

_PREFIX = re.compile(r"[a-z_][a-z0-9_]{0,39}")

# The order of "C" is that of the bytes: the same on every machine, and safe from the day on
# which an operating system sorts letters anew and every other index is silently wrong.
_Text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one store.

    Attributes:
        rows: The sealed rows.
        schema: One row: the version of the schema.
    """

    rows: sa.Table
    schema: sa.Table


def tables(prefix: str) -> Tables:
    """Describe the tables whose names start with a prefix.

    Raises:
        InvalidArgument: the prefix is not a plain lower-case SQL identifier.
    """
    if not _PREFIX.fullmatch(prefix):
        raise InvalidArgument(
            "table_prefix", "expected up to 40 of a-z, 0-9 and _, not starting with a digit"
        )
    metadata = sa.MetaData()
    rows = sa.Table(
        f"{prefix}rows",
        metadata,
        sa.Column("kind", _Text, primary_key=True),
        sa.Column("id", _Text, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    schema = sa.Table(f"{prefix}schema", metadata, sa.Column("version", sa.Integer, nullable=False))
    return Tables(rows, schema)


def _first(connection: sa.Connection, made: Tables) -> None:
    made.schema.create(connection)
    made.rows.create(connection)
    connection.execute(made.schema.insert().values(version=0))


# Each step leads from the schema of its index to the next one. A step never changes once it is
# released, and leaves tables that the release before can still work with: others run meanwhile.
_STEPS: tuple[Callable[[sa.Connection, Tables], None], ...] = (_first,)

CURRENT = len(_STEPS)
"""The version of the schema that this release works with."""


def version_of(connection: sa.Connection, made: Tables) -> int:
    """Return the version of the schema that the database has; 0 where there is none.

    Raises:
        StoreUnavailable: it is newer than this release knows.
    """
    if not sa.inspect(connection).has_table(made.schema.name):
        return 0
    version = int(connection.execute(sa.select(made.schema.c.version)).scalar_one())
    if version > CURRENT:
        raise StoreUnavailable(
            f"the schema in {made.schema.name} has version {version}, and this release of "
            f"whitebit-oauth knows versions up to {CURRENT}",
            hint="A newer release has migrated the database: update this installation.",
        )
    return version


def migrate(connection: sa.Connection, made: Tables) -> None:
    """Bring the schema to the present version, inside the caller's transaction.

    Many processes may start at once: the first to come does it, the others wait and find it done.
    """
    if connection.dialect.name == "postgresql":
        # Held to the end of the transaction. SQLite's transaction holds its one lock already.
        digest = hashlib.sha256(made.schema.name.encode()).digest()
        lock = int.from_bytes(digest[:8], "big", signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.cast(lock, sa.BigInteger))))
    version = version_of(connection, made)
    for step in _STEPS[version:]:
        step(connection, made)
    connection.execute(made.schema.update().values(version=CURRENT))
