"""What a SQL store does with a SQLite file: its rights, its durability, its failures."""

from __future__ import annotations

import os
import pwd
import resource
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from whitebit_ext.custody.stores import CommitUnknown, SQLStore
from whitebit_ext.custody.stores.conformance.opening import must_get
from whitebit_ext.custody.stores.conformance.processes import Child, needs_fork
from whitebit_ext.errors import InvalidArgument

from ..looking import writing

pytestmark = needs_fork  # and so has the file rights to look at


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is to be."""
    return tmp_path / "custody.db"


def rights(path: Path) -> dict[str, str]:
    """Return the mode of every file in the folder of a database."""
    return {
        entry.name: f"{stat.S_IMODE(entry.stat().st_mode):04o}" for entry in path.parent.iterdir()
    }


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_files_are_the_owners_alone(path: Path, umask: int) -> None:
    """The file and its two companions have mode 0600, whatever the umask."""

    def work() -> dict[str, str]:
        os.umask(umask)
        store = SQLStore(f"sqlite:///{path}")
        assert store.put("kind", "id", b"data", None)
        return rights(path)

    expected = {path.name + end: "0600" for end in ("", "-wal", "-shm")}
    assert Child(work).result() == expected


def test_file_is_private_from_birth(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the moment of its creation the file is closed to others already."""
    opened = os.open
    born: list[int] = []

    def watched(name: os.PathLike[str] | str, flags: int, mode: int = 0o777) -> int:
        made = opened(name, flags, mode)
        if flags & os.O_CREAT:
            assert flags & os.O_EXCL
            born.append(stat.S_IMODE(os.fstat(made).st_mode))
        return made

    before = os.umask(0)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(os, "open", watched)
            with SQLStore(f"sqlite:///{path}") as store:
                store.get("kind", "id")
    finally:
        os.umask(before)
    assert born == [0o600]


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622, 0o666])
def test_open_file_is_refused(path: Path, suffix: str, mode: int) -> None:
    """A file that others may read or write is refused with the command that mends it."""
    first = SQLStore(f"sqlite:///{path}")
    first.put("kind", "id", b"data", None)
    wide = Path(f"{path}{suffix}")
    wide.chmod(mode)
    with SQLStore(f"sqlite:///{path}") as store:
        with pytest.raises(InvalidArgument, match=f"mode {mode:04o}") as refused:
            store.get("kind", "id")
        assert f"chmod 600 {wide}" in refused.value.hint
        wide.chmod(0o600)
        assert must_get(store, "kind", "id").data == b"data"
    first.close()


def test_writes_are_synced(path: Path) -> None:
    """The file is in WAL mode, and every connection syncs each commit."""
    with SQLStore(f"sqlite:///{path}") as store:
        store.get("kind", "id")
        with writing(store) as connection:
            said = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "busy_timeout")
            ]
        assert said == ["wal", 2, 10_000]


def test_engine_is_held_to_the_same(path: Path) -> None:
    """With an engine of the partner's, file and connections are as with a URL."""
    engine = sa.create_engine(f"sqlite:///{path}")
    store = SQLStore(engine, timeout=3)
    store.put("kind", "id", b"data", None)
    assert set(rights(path).values()) == {"0600"}
    with writing(store) as connection:
        said = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        ]
    assert said == ["wal", 2, 3_000]
    engine.dispose()


def test_relative_path_stays_where_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that changes its directory keeps its file."""
    monkeypatch.chdir(path.parent)
    with SQLStore(f"sqlite:///{path.name}") as store:
        elsewhere = path.parent / "elsewhere"
        elsewhere.mkdir()
        monkeypatch.chdir(elsewhere)
        store.put("kind", "id", b"data", None)
        assert list(elsewhere.iterdir()) == []
        assert path.exists()


def test_missing_folder_is_an_error(path: Path) -> None:
    """No folder is made, and the system's own error is raised each time."""
    with SQLStore(f"sqlite:///{path.parent / 'no' / 'rows.db'}") as store:
        for _ in range(2):
            with pytest.raises(FileNotFoundError):
                store.get("kind", "id")


def test_locked_file_does_not_hang(path: Path) -> None:
    """Another's write makes ours wait so long and no longer; reads go on, and nothing is left."""
    with SQLStore(f"sqlite:///{path}", timeout=0.05) as store:
        store.put("kind", "id", b"first", None)
        row = must_get(store, "kind", "id")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(sa.exc.OperationalError, match="locked"):
                store.put("kind", "id", b"second", row.version)
            with pytest.raises(sa.exc.OperationalError, match="locked"):
                store.delete("kind", "id", row.version)
            assert store.get("kind", "id") == row
        finally:
            other.execute("ROLLBACK")
            other.close()
        assert store.put("kind", "id", b"third", row.version)


def test_file_that_is_no_database_is_an_error(path: Path) -> None:
    """A file of something else is not touched."""
    path.write_bytes(b"something else\n" * 100)
    path.chmod(0o600)
    with SQLStore(f"sqlite:///{path}") as store, pytest.raises(sa.exc.DatabaseError):
        store.put("kind", "id", b"data", None)
    assert path.read_bytes() == b"something else\n" * 100


def test_full_disk_leaves_no_half_row(path: Path) -> None:
    """A write that does not fit raises, the old row stays whole, and the store works on."""

    def work() -> list[object]:
        store = SQLStore(f"sqlite:///{path}")
        store.put("kind", "id", b"first", None)
        row = must_get(store, "kind", "id")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        raised = []
        for id, expect in (("id", row.version), ("new", None)):
            try:
                store.put("kind", id, os.urandom(1_000_000), expect)
            except (sa.exc.OperationalError, CommitUnknown) as error:
                raised.append(str(error))
        same = store.get("kind", "id") == row and store.get("kind", "new") is None
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        wrote = bool(store.put("kind", "id", os.urandom(1_000_000), row.version))
        return [len(raised), same, wrote, list(store.scan("kind"))]

    assert Child(work).result() == [2, True, True, ["id"]]


@pytest.fixture
def anybodys_folder() -> Iterator[Path]:
    """Return a folder that a process without root's rights can reach."""
    folder = Path(tempfile.mkdtemp(prefix="whitebit-oauth-"))
    yield folder
    shutil.rmtree(folder)


def test_read_only_file_is_an_error(anybodys_folder: Path) -> None:
    """A file that may not be written raises at each write, and what it holds stays."""
    path = anybodys_folder / "custody.db"
    nobody = pwd.getpwnam("nobody")
    if os.geteuid() == 0:
        os.chown(anybodys_folder, nobody.pw_uid, nobody.pw_gid)

    def work() -> list[object]:
        if os.geteuid() == 0:  # whom no mode keeps out
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
        with SQLStore(f"sqlite:///{path}") as store:
            store.put("kind", "id", b"first", None)
            row = must_get(store, "kind", "id")
        path.chmod(0o400)
        raised = []
        with SQLStore(f"sqlite:///{path}", timeout=0.05) as store:
            for _ in range(2):
                try:
                    store.put("kind", "id", b"second", row.version)
                except sa.exc.OperationalError as error:
                    raised.append(str(error.orig))
        path.chmod(0o600)
        with SQLStore(f"sqlite:///{path}") as store:
            return [len(raised), store.get("kind", "id") == row]

    assert Child(work).result() == [2, True]


def test_no_connection_lives_through_a_fork(path: Path) -> None:
    """A child inherits no open SQLite file: the library in it would believe in others' locks."""
    with SQLStore(f"sqlite:///{path}") as store:
        store.put("kind", "id", b"data", None)

        def inherited() -> list[str]:
            links = (os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd"))
            return [link for link in links if link.startswith(str(path))]

        assert inherited() != []
        child = Child(lambda: (inherited(), must_get(store, "kind", "id").data, inherited()))
        before, data, after = child.result()
        assert (before, data, after != []) == ([], b"data", True)
        assert must_get(store, "kind", "id").data == b"data"


def test_a_deleted_row_is_overwritten(tmp_path: Path) -> None:
    """After `scrub()` neither the file nor its write-ahead log has the bytes of a deleted row."""
    path = tmp_path / "custody.db"
    with SQLStore(f"sqlite:///{path}") as store:
        version = store.put("kind", "the-name", b"the-data", None)
        assert version is not None
        assert store.delete("kind", "the-name", version)
        store.scrub()
        for file in tmp_path.iterdir():
            assert b"the-name" not in file.read_bytes()
            assert b"the-data" not in file.read_bytes()
