"""How the commands over a store come to the store and to its encryption keys."""

from __future__ import annotations

import importlib
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..custody.sealing import Sealer
from ..custody.stores import Store

if TYPE_CHECKING:
    import sqlalchemy as sa

STORE_VARIABLE: Final = "WHITEBIT_OAUTH_STORE"
KEYS_VARIABLE: Final = "WHITEBIT_OAUTH_KEYS"
_FACTORY: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_LARGEST_FILE: Final = 65_536
_TIMEOUT: Final = 10.0


class UsageError(Exception):
    """Say why a command cannot begin, and what to do, without any secret."""


# Encryption keys


def sealer_of(keys_file: Path | None) -> Sealer:
    """Return a sealer of the keys from the environment or a file.

    Raises:
        UsageError: there are none, there are two sources, or others can read the file.
        InvalidArgument: one of them is no encryption key.
    """
    named = os.environ.get(KEYS_VARIABLE, "")
    if keys_file is not None and named.strip():
        raise UsageError(
            f"there are keys in {KEYS_VARIABLE} and in --keys-file, and the first key seals. "
            "Give one of the two."
        )
    text = named if keys_file is None else _read_private(keys_file)
    keys = [key for key in re.split(r"[,\s]+", text) if key]
    if not keys:
        where = KEYS_VARIABLE if keys_file is None else str(keys_file)
        raise UsageError(
            f"no encryption key in {where}. Set {KEYS_VARIABLE}, or give --keys-file; "
            "`custody init --new-key` makes a key."
        )
    return Sealer(keys)


def _read_private(path: Path) -> str:
    """Read a file that nobody else may read; what is checked is what is read."""
    problem = ""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                problem = "it is no file"
            elif os.name == "posix" and found.st_mode & 0o077:
                mode = stat.S_IMODE(found.st_mode)
                problem = f"others can open it (mode {mode:04o}). Run chmod 600 on it, and "
                problem += "consider its keys as seen"
            else:
                return file.read(_LARGEST_FILE).decode("ascii", "replace")
    except OSError as error:
        problem = error.strerror or type(error).__name__
    raise UsageError(f"the keys file {path} was not read: {problem}.")


# Stores


@contextmanager
def opened(named: str | None, prefix: str, *, make: bool = False) -> Iterator[Store]:
    """Open the store that a URL or ``module:function`` names, and close it in the end.

    Args:
        named: What the operator gave.
        prefix: Of the tables' names.
        make: Make what is not there; otherwise a database without our tables is an error, so
            that a mistyped URL is not taken for an empty store.

    Raises:
        UsageError: it cannot be opened.
    """
    if not named:
        raise UsageError(
            f"no store. Give --store sqlite:///FILE or postgresql+psycopg://…, or set "
            f"{STORE_VARIABLE}."
        )
    store: Any = _made(named) if _FACTORY.fullmatch(named) else _sql_store(named, prefix, make)
    try:
        yield store
    finally:
        close = getattr(store, "close", None)
        if callable(close):
            close()


def _made(named: str) -> Store:
    """Call the function that makes a partner's own store."""
    module, _, name = named.partition(":")
    # As with `python -m`: what stands in the current directory can be named.
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError, TypeError) as error:
        problem = f"{type(error).__name__}: {error}"
    else:
        if isinstance(found, Store):
            return found
        problem = f"it returned a {type(found).__name__}"
    raise UsageError(f"{named} does not make a store ({problem}).")


def _sql_store(url: str, prefix: str, make: bool) -> Store:
    if find_spec("sqlalchemy") is None:
        raise UsageError(
            "a store in a database needs the extra sql. "
            "Install: pip install 'whitebit-oauth[cli,sql]'"
        )
    import sqlalchemy as sa

    from ..custody.stores.sql import SQLStore

    problem = ""
    try:
        if not make:
            _require_tables(url, prefix)
        store = SQLStore(url, table_prefix=prefix, timeout=_TIMEOUT, pool_size=1)
        store.get("key", "")  # connects, and makes or migrates the tables
    except ModuleNotFoundError as error:  # the driver
        problem = str(error)
    except sa.exc.SQLAlchemyError as error:
        problem = _first_line(error, url)
    except OSError as error:
        problem = f"{error.filename}: {error.strerror}"
    else:
        return store
    raise UsageError(f"the store cannot be opened: {problem}")


def _require_tables(url: str, prefix: str) -> None:
    """Refuse a database in which nobody has made our tables, and make nothing there.

    Raises:
        UsageError: there are none.
    """
    from ..custody.stores import engines, schema

    engine: sa.Engine = engines.make_engine(url, _TIMEOUT, 1)
    path = engine.url.database or ""
    if engine.dialect.name == "sqlite" and not Path(path).is_file():  # connecting would make it
        raise UsageError(f"there is no file {path}. `custody init` makes it.")
    tables = schema.tables(prefix)
    try:
        with engine.connect() as connection:
            version = schema.version_of(connection, tables)
    finally:
        engine.dispose()
    if not version:
        raise UsageError(f"there is no table {tables.schema.name}. `custody init` makes it.")


def _first_line(error: Exception, url: str) -> str:
    """Return what the database says in one line, without the password of the URL."""
    import sqlalchemy as sa

    words = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    password = sa.make_url(url).password
    line = words.splitlines()[0]
    return line.replace(str(password), "***") if password else line
