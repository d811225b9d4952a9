"""Creation of SQLAlchemy engines with this library's settings, from a URL."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ...errors import InvalidArgument
from . import backends


def make_engine(given: str | sa.URL, timeout: float, pool_size: int) -> sa.Engine:
    """Return an engine that is not connected yet.

    Args:
        given: The URL; its query parameters override this library's settings.
        timeout: Seconds to wait for connecting, an unresponsive network and the pool.
        pool_size: Maximum number of connections.

    Raises:
        InvalidArgument: the URL is invalid, or the database is not supported.
        ModuleNotFoundError: psycopg is missing.
    """
    try:
        url = sa.make_url(given)
    except (sa.exc.ArgumentError, ValueError):  # the latter for a port that is no number
        url = None
    if url is None:  # raised here, since the error above quotes the URL with its password
        raise InvalidArgument("url", "expected sqlite:///FILE or postgresql+psycopg://…")
    if url.drivername == "postgresql":  # its default driver depends on SQLAlchemy's version
        url = url.set(drivername="postgresql+psycopg")
    backends.check(url.drivername.replace("sqlite+pysqlite", "sqlite"), url.database)
    settings: dict[str, Any] = {}
    if url.drivername == "postgresql+psycopg":
        seconds = max(2, math.ceil(timeout))
        wanted = {
            "application_name": "whitebit-oauth",
            "connect_timeout": seconds,
            # Detect a network that drops all packets, as well as a server that hangs.
            "keepalives_idle": seconds,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": seconds * 1000,
        }
        settings = {name: value for name, value in wanted.items() if name not in url.query}
        # Behind a transaction pooler, the next statement may use another server connection.
        settings["prepare_threshold"] = None
    else:
        # Absolute, so that changing the working directory does not change the file.
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
