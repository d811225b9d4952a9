"""A store in a database of Django's settings, on connections of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from ...custody.stores import Row

if TYPE_CHECKING:
    import sqlalchemy as sa

    from ...custody.stores import SQLStore

_DROPPED = {"context", "cursor_factory", "client_encoding", "prepare_threshold", "pool"}
_PLACES = {"dbname": "database", "user": "username", "password": "password", "host": "host"}


class DjangoStore:
    """A ``SQLStore`` that is opened on first use, with the parameters of a database of Django.

    It never uses Django's own connections: with ``ATOMIC_REQUESTS`` a rollback would erase the
    record that a secret was requested. The tables are made by the migration, and not here.

    Args:
        using: The alias of the database: PostgreSQL with psycopg 3, or a SQLite file.
    """

    def __init__(self, using: str = "default") -> None:
        self._using = using
        self._lock = threading.Lock()
        self._opened: SQLStore | None = None

    def _store(self) -> SQLStore:
        with self._lock:
            if self._opened is None:
                from ...custody.stores import SQLStore

                self._opened = SQLStore(store_url(self._using), migrate=False)
            return self._opened

    @property
    def durable(self) -> bool:
        """Return ``True``: a row is on the disk once ``put`` has returned."""
        return True

    def get(self, kind: str, id: str) -> Row | None:
        """Return a row as ``SQLStore`` does."""
        return self._store().get(kind, id)

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> int | None:
        """Write a row as ``SQLStore`` does."""
        return self._store().put(kind, id, data, expect, expires_at=expires_at)

    def reseal(self, kind: str, id: str, data: bytes, expect: int) -> bool:
        """Replace the bytes of a row as ``SQLStore`` does."""
        return self._store().reseal(kind, id, data, expect)

    def delete(self, kind: str, id: str, expect: int) -> bool:
        """Delete a row as ``SQLStore`` does."""
        return self._store().delete(kind, id, expect)

    def sweep(self, kind: str, now: float, limit: int) -> int:
        """Delete expired rows as ``SQLStore`` does."""
        return self._store().sweep(kind, now, limit)

    def page(self, kind: str, after: str | None, limit: int) -> list[tuple[str, Row]]:
        """Return rows as ``SQLStore`` does."""
        return self._store().page(kind, after, limit)

    def scan(self, kind: str) -> Iterator[str]:
        """Yield ids as ``SQLStore`` does."""
        return self._store().scan(kind)

    def close(self) -> None:
        """Close this process's connections."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()


def store_url(using: str) -> sa.URL:
    """Return the URL of a database of Django, for ``SQLStore``.

    Raises:
        ImproperlyConfigured: the database is not supported, or is one in memory.
    """
    import sqlalchemy as sa

    connection: Any = connections[using]  # each backend has attributes of its own
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        if connection.is_in_memory_db():
            raise ImproperlyConfigured(
                f"the database {using!r} is in memory, where each connection has a database of its "
                "own: in tests use a MemoryStore, or a file as DATABASES['default']['TEST']['NAME']"
            )
        return sa.URL.create("sqlite", database=name)
    if connection.vendor != "postgresql" or "psycopg" not in connection.Database.__name__:
        raise ImproperlyConfigured(
            f"DjangoStore supports PostgreSQL and SQLite, and {using!r} is {connection.vendor}: "
            "give WHITEBIT['PARTNER'] a function that opens a store of your own"
        )
    given = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name not in _DROPPED and value not in (None, "")
    }
    port = given.pop("port", None)
    places = {_PLACES[name]: str(given.pop(name)) for name in _PLACES if name in given}
    if places.get("host", "").startswith("/"):  # a UNIX socket is a parameter in a URL
        given["host"] = places.pop("host")
    return sa.URL.create(
        "postgresql+psycopg",
        **places,
        port=None if port is None else int(port),
        query={name: str(value) for name, value in given.items()},
    )
