"""Fresh databases of both kinds that a partner's processes may share."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from ..ports import free_port
from ..stores.postgres_server import PostgresServer

KINDS = ("sqlite", "postgresql")


class Databases:
    """Make empty databases; PostgreSQL is started when one of its kind is first asked for."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="whitebit-oauth-"))
        self._numbers = itertools.count()
        self._server: PostgresServer | None = None
        self._database: str | None = None

    @property
    def server(self) -> PostgresServer:
        """The PostgreSQL that databases are made in."""
        if self._server is None:
            self._server = PostgresServer(free_port()).__enter__()
        return self._server

    def new(self, kind: str) -> str:
        """Return the URL of an empty database; there is one on PostgreSQL at a time."""
        if kind == "sqlite":
            return f"sqlite:///{self._folder}/custody-{next(self._numbers)}.db"
        # One is emptied again and again: making one copies the 7 MB that an empty one has.
        self._database = self._database or self.server.database()
        with psycopg.connect(self.server.conninfo(self._database), autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS whitebit_oauth_rows, whitebit_oauth_schema")
        return self.server.url(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if self._server is not None:
                self._server.__exit__(kind, error, traceback)
        finally:
            shutil.rmtree(self._folder)
