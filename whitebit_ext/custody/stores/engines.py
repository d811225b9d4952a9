"""Engines with this library's settings, for those who bring a URL."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ...errors import InvalidArgument
from . import backends


def make_engine(given: str | sa.URL, timeout: float, pool_size: int) -> sa.Engine:
    """Make an engine; nothing connects yet.

    Args:
        given: The URL; what its query says goes before this library's settings.
        timeout: Seconds for connecting, for a network that answers nothing, and for the pool.
        pool_size: Connections at most.

    Raises:
        InvalidArgument: the URL cannot be read, or rows cannot be kept there.
        ModuleNotFoundError: psycopg is missing.
    """
    try:
        url = sa.make_url(given)
    except sa.exc.ArgumentError:
        url = None
    if url is None:  # raised here, since the error above quotes the URL, password and all
        raise InvalidArgument("url", "expected sqlite:///FILE or postgresql+psycopg://…")
    if url.drivername == "postgresql":  # whose driver depends on SQLAlchemy's version
        url = url.set(drivername="postgresql+psycopg")
    backends.check(url.drivername.replace("sqlite+pysqlite", "sqlite"), url.database)
    settings: dict[str, Any] = {}
    if url.drivername == "postgresql+psycopg":
        seconds = max(2, math.ceil(timeout))
        wanted = {
            "application_name": "whitebit-oauth",
            "connect_timeout": seconds,
            # A network that swallows everything ends a wait too, as a server that hangs does.
            "keepalives_idle": seconds,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": seconds * 1000,
        }
        settings = {name: value for name, value in wanted.items() if name not in url.query}
        # Behind a transaction pooler the next statement meets another server connection.
        settings["prepare_threshold"] = None
    else:
        # A process that changes its directory must not find another file.
        url = url.set(database=str(Path(url.database or "").absolute()))
    try:
        return sa.create_engine(
            url,
            connect_args=settings,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",
            poolclass=sa.QueuePool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=timeout,
        )
    except ImportError as error:
        raise ModuleNotFoundError(
            f"SQLStore needs a driver for {url.drivername}: pip install 'whitebit-oauth[sql]' "
            f"({error})",
            name=error.name,
        ) from None
