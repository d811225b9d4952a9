"""Opening of a store and of its encryption keys."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .. import Secret, Store
from ..custody.sealing import Sealer
from ..errors import InvalidArgument
from ..settings.environment import VARIABLES, is_factory, keys_of, open_store, settings_of
from .exits import UsageError

if TYPE_CHECKING:
    import sqlalchemy as sa

STORE_VARIABLE: Final = VARIABLES["store"].name
KEYS_VARIABLE: Final = VARIABLES["encryption_keys"].name
_LARGEST_FILE: Final = 65_536
_TIMEOUT: Final = 10.0


# Encryption keys


def sealer_of(keys_file: Path | None) -> Sealer:
    """Return a sealer with the keys from the environment or from a file.

    Raises:
        UsageError: There are no keys, or two sources of keys, or others can read the file.
        InvalidArgument: A key is not a valid encryption key.
    """
    setting = settings_of()["encryption_keys"]
    if keys_file is not None and setting.value is not None:
        raise UsageError(
            f"keys are given in both {setting.name} and --keys-file. Use only one of them."
        )
    if keys_file is not None:
        keys = keys_of(_read_private(keys_file))
    else:
        keys = keys_of(setting.value) if isinstance(setting.value, Secret) else []
    if not keys:
        where = KEYS_VARIABLE if keys_file is None else str(keys_file)
        raise UsageError(
            f"no encryption key in {where}. Set {KEYS_VARIABLE} or use --keys-file; "
            "`custody init --new-key` creates a key."
        )
    return Sealer(keys)


def _read_private(path: Path) -> str:
    """Read a private file; the permissions are checked on the open file."""
    problem = ""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                problem = "it is not a regular file"
            elif os.name == "posix" and found.st_mode & 0o077:
                mode = stat.S_IMODE(found.st_mode)
                problem = f"other users can read it (mode {mode:04o}). Run chmod 600 on it, and "
                problem += "treat its keys as exposed"
            else:
                return file.read(_LARGEST_FILE).decode("ascii", "replace")
    except OSError as error:
        problem = error.strerror or type(error).__name__
    raise UsageError(f"cannot read the keys file {path}: {problem}.")


# Stores


@contextmanager
def opened(
    named: str | None, prefix: str, *, make: bool = False, migrate: bool = True
) -> Iterator[Store]:
    """Open the store of a URL or ``module:function``, and close it at the end.

    Args:
        named: The value of ``--store``.
        prefix: The prefix of the table names.
        make: Whether to create missing tables. Otherwise a database without them is an error, so
            that a mistyped URL is not taken for an empty store.
        migrate: Whether to bring the tables to this release, and to use them at once.

    Raises:
        UsageError: The store cannot be opened.
    """
    named = _named(named)
    if not named:
        raise UsageError(
            f"no store. Use --store sqlite:///FILE or postgresql+psycopg://…, or set "
            f"{STORE_VARIABLE}."
        )
    store: Any = (
        _made(named) if is_factory(named) else _sql_store(named, prefix, make, migrate=migrate)
    )
    try:
        yield store
    finally:
        close = getattr(store, "close", None)
        if callable(close):
            close()


def migrated(named: str | None, prefix: str, *, only_print: bool) -> tuple[int, str]:
    """Bring the tables of a database to this release.

    Args:
        named: The value of ``--store``: the URL of a database.
        prefix: The prefix of the table names.
        only_print: Whether to change nothing.

    Returns:
        The version that the tables had (0: there were none), and the statements that bring them
        to this release's.

    Raises:
        UsageError: The store is not a database, or cannot be opened.
    """
    named = _named(named)
    if not named or is_factory(named):
        raise UsageError(
            "migrate needs a database: --store sqlite:///FILE or postgresql+psycopg://…"
        )
    _require_sqlalchemy()
    from ..custody.stores import SQLStore, engines, schema

    engine = engines.make_engine(named, _TIMEOUT, 1)
    dialect, path = engine.dialect.name, Path(engine.url.database or "")
    if only_print and dialect == "sqlite" and not path.is_file():  # connecting would create it
        return 0, schema.ddl(dialect, prefix)
    with (
        _explained(named),
        SQLStore(named, table_prefix=prefix, timeout=_TIMEOUT, migrate=False) as store,
    ):
        before = store.schema_version()
        if not only_print:
            store.migrate()
    return before, schema.ddl(dialect, prefix, since=before)


def _named(given: str | None) -> str:
    """Return the store of ``--store``, or else of the environment."""
    value = given or settings_of()["store"].value
    return value.reveal() if isinstance(value, Secret) else str(value or "")


def _made(named: str) -> Store:
    """Call the function that returns a partner's own store."""
    # Modules in the current directory can be imported, but none of them replaces another module.
    if "" not in sys.path:
        sys.path.append("")
    try:
        return open_store(named)
    except InvalidArgument as error:
        problem = error.message.removeprefix("store: ")
    raise UsageError(f"{named} does not return a store: {problem}.")


def _sql_store(url: str, prefix: str, make: bool, *, migrate: bool) -> Store:
    _require_sqlalchemy()
    from ..custody.stores import SQLStore

    with _explained(url):
        _require_tables(url, prefix, make=make)
        store = SQLStore(url, table_prefix=prefix, timeout=_TIMEOUT, pool_size=1, migrate=migrate)
        if migrate:
            store.get("key", "")  # connects, and creates or migrates the tables
    return store


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Turn an error of the database into one line, without the password of the URL."""
    import sqlalchemy as sa

    problem = ""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        text = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        password = sa.make_url(url).password
        line = text.splitlines()[0]
        problem = line.replace(str(password), "***") if password else line
    except OSError as error:
        problem = f"{error.filename}: {error.strerror}"
    if problem:
        raise UsageError(f"cannot open the store: {problem}")


def _require_sqlalchemy() -> None:
    if find_spec("sqlalchemy") is None:
        raise UsageError(
            "a database store requires the extra `sql`. "
            "Install: pip install 'whitebit-oauth[cli,sql]'"
        )


def _require_tables(url: str, prefix: str, *, make: bool) -> None:
    """Check that a database has our tables, or can get them, without creating anything.

    Raises:
        UsageError: It has none, or is a directory.
    """
    from ..custody.stores import engines, schema

    engine: sa.Engine = engines.make_engine(url, _TIMEOUT, 1)
    path = engine.url.database or ""
    is_file = engine.dialect.name == "sqlite"
    if is_file and Path(path).is_dir():
        raise UsageError(f"{path} is a directory.")
    if make:
        return
    if is_file and not Path(path).is_file():  # connecting would create it
        raise UsageError(f"the file {path} does not exist. `custody init` creates it.")
    tables = schema.tables(prefix)
    try:
        with engine.connect() as connection:
            version = schema.version_of(connection, tables)
    finally:
        engine.dispose()
    if not version:
        raise UsageError(
            f"the table {tables.schema.name} does not exist. `custody init` creates it."
        )
