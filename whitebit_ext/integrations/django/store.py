"""A store in a database of Django's settings, on connections of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections

if TYPE_CHECKING:
    import sqlalchemy as sa

    from ...custody.stores import SQLStore

_DROPPED = {"context", "cursor_factory", "client_encoding", "prepare_threshold", "pool"}
_PLACES = {"dbname": "database", "user": "username", "password": "password", "host": "host"}


def _of_store(name: str) -> Callable[..., Any]:
    """Return a method that is the one of ``SQLStore``."""
    return lambda store, *values, **named: getattr(store._store(), name)(*values, **named)


class DjangoStore:
    """A ``SQLStore`` that is opened on first use, with the parameters of a database of Django.

    By then a test runner has put the name of its test database in the place of the real one. The
    store never uses Django's own connections: with ``ATOMIC_REQUESTS`` a rollback would erase the
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

    get = _of_store("get")
    put = _of_store("put")
    reseal = _of_store("reseal")
    delete = _of_store("delete")
    sweep = _of_store("sweep")
    page = _of_store("page")
    scan = _of_store("scan")
    scrub = _of_store("scrub")

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
