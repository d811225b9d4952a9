"""Twelve canaries through the whole flow on a database: not in its files, nor in what is logged."""

from __future__ import annotations

import base64
import io
import logging
import pickle
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import sqlalchemy as sa

from whitebit_ext import WhiteBITError
from whitebit_ext.custody.stores import SQLStore
from whitebit_ext.errors import StoreUnavailable

from ..looking import key_of, library_objects, maintenance_of, pair_of, row_id, state_of
from .databases import Databases
from .wiring import World

LOGGERS = ("", "httpx", "httpcore", "asyncio", "sqlalchemy", "psycopg", "authlib", "whitebit_ext")
ADOPTED = "canary/adopted+secret=0123456789"
PASSWORD = "canary-database-password"


def encodings(value: str) -> set[bytes]:
    """Return a value in the five encodings in which it may appear."""
    raw = value.encode()
    return {
        raw,
        quote(value, safe="").encode(),
        # Without the ends, which depend on what is around it.
        base64.b64encode(raw)[:-4],
        base64.urlsafe_b64encode(raw)[:-4],
        raw.hex().encode(),
    }


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Collect what every logger says, SQLAlchemy's with its statements and parameters."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    loggers[0].addHandler(handler)
    yield text
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def stored(world: World, databases: Databases) -> bytes:
    """Return every byte of the database: the files of SQLite, the rows of PostgreSQL as text."""
    if world.url.startswith("sqlite"):
        file = Path(world.url.removeprefix("sqlite:///"))
        return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))
    name = sa.make_url(world.url).database
    assert name is not None
    with psycopg.connect(databases.server.conninfo(name)) as connection:
        rows = connection.execute("SELECT r::text, r.data FROM whitebit_oauth_rows r").fetchall()
    return b"\n".join(
        part if isinstance(part, bytes) else part.encode() for row in rows for part in row
    )


def shown(error: BaseException) -> bytes:
    """Return all that can be read of an error, the locals of the library's frames too."""
    told = [repr(error), str(error), repr(vars(error)), repr(pickle.dumps(error))]
    told += traceback.format_exception(error)
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if "/tests/" not in frame.f_code.co_filename:
            told += [f"{name}={value!r}" for name, value in frame.f_locals.items()]
    return "\n".join(told).encode()


def test_no_canary_is_seen(world: World, databases: Databases, log: io.StringIO) -> None:
    """No canary is in the database, the logs, what prints, or the errors of rows that broke."""
    said: list[bytes] = []
    with world.store() as store, world.partner(store) as partner:
        world.sandbox.add_user("alice")
        login = partner.authorize("alice")
        mark = log.tell()
        callback = world.sandbox.person("alice").approve(login.url)
        # The browser's part: its address has the code in it, and is no part of the library.
        log.seek(mark)
        log.truncate()
        user = partner.connect(callback, binding=login.binding, user_id="alice")
        key = user.api_key.issue()
        world.advance(305)
        user.bearer.account.balances.main()
        user.account.balances.spot()
        partner.adopt("bob", public_key="bobs-key", secret=ADOPTED)
        custody = world.custody(store)
        things = (
            store,
            partner,
            user,
            login,
            key,
            pair_of(custody, "alice"),
            key_of(custody, "alice"),
        )
        inside = library_objects(partner)
        assert len(inside) > 10
        said += [f"{thing!r} {thing}".encode() for thing in (*things, *inside)]
        maintenance = maintenance_of(store, world.keys)
        said += [repr(vars(maintenance)).encode()]
        database = stored(world, databases)
        # Errors of rows that do not open, and of a database that refuses.
        place = row_id(custody, "alice")
        row = store.get("connection", place)
        assert row is not None
        spoiled = row.data[:-1] + bytes([row.data[-1] ^ 1])
        assert store.put("connection", place, spoiled, row.version)
        with pytest.raises(WhiteBITError) as broken:
            pair_of(custody, "alice")
        said.append(shown(broken.value))
        engine = sa.create_engine(world.url)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE whitebit_oauth_rows")
        engine.dispose()
        with pytest.raises(WhiteBITError) as dropped:
            partner.adopt("carol", public_key="carols-key", secret=ADOPTED)
        said.append(shown(dropped.value))
    issued = world.sandbox.issued_values()
    canaries = {*issued, ADOPTED, login.binding, state_of(login), *world.keys}
    assert len(canaries) >= 11
    assert len(database) > 1000
    assert "sqlalchemy" in log.getvalue()
    haystack = b"\n".join(said) + log.getvalue().encode()
    for canary in canaries:
        for needle in encodings(canary):
            assert needle not in database, "a secret lies in the database"
            assert needle not in haystack, "a secret is shown"


def test_the_search_can_fail(world: World, databases: Databases) -> None:
    """A canary that is put into the database as it is would be found there."""
    with world.store() as store:
        store.put("pair", "row", ADOPTED.encode(), None)
        database = stored(world, databases)
    assert any(needle in database for needle in encodings(ADOPTED))


def test_a_database_password_is_not_seen(world: World) -> None:
    """The twelfth: the password in a store's URL is in no error of ours and no representation."""
    url = f"postgresql+psycopg://partner:{PASSWORD}@127.0.0.1:9/custody?connect_timeout=2"
    with SQLStore(url) as store, world.partner(store) as partner:
        with pytest.raises(StoreUnavailable) as caught:
            pair_of(world.custody(store), "alice")
        assert caught.value.__context__ is caught.value.__cause__ is None
        said = shown(caught.value) + f"{store!r} {store} {partner!r}".encode()
    assert not any(needle in said for needle in encodings(PASSWORD))


def test_the_command_line_shows_nothing(
    world: World, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """What lists, checks and rotates custody in a terminal prints no canary."""
    with world.store() as store, world.partner(store) as partner:
        user = partner.user(world.connect(partner))
        user.api_key.issue()
        partner.adopt("bob", public_key="bobs-key", secret=ADOPTED)
    keys = tmp_path / "keys"
    keys.write_text("\n".join(world.keys))
    keys.chmod(0o600)
    main = (sys.executable, "-c", "from whitebit_ext.cli import main; main()")
    out = b""
    for command in ("list", "lost", "check", "rotate"):
        done = subprocess.run(
            [*main, "custody", command, "--store", world.url, "--keys-file", str(keys)],
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        out += done.stdout + done.stderr
    assert b"bobs-key" in out or b"bob" in out
    for canary in (*world.sandbox.issued_values(), ADOPTED, *world.keys):
        assert not any(needle in out for needle in encodings(canary))
