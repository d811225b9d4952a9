"""Checks of the store and of the spill directory."""

from __future__ import annotations

import os
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ... import Store
from ...custody.asked import asked
from ...custody.sealing import Sealer
from ...maintenance import Maintenance
from .findings import Finding

_KIND: Final = "doctor"
_NETWORK: Final = re.compile(r"nfs\d?|cifs|smb\d?|smbfs|afs|ceph|fuse\.(sshfs|s3fs|glusterfs)")


def schema(store: Store) -> Iterator[Finding]:
    """Check that the tables are those of this release, without changing them."""
    version = getattr(store, "schema_version", None)
    if version is None:
        return
    from ...custody.stores.schema import CURRENT

    found: int = version()
    if found < CURRENT:
        state = f"have version {found}" if found else "do not exist"
        yield Finding(
            "schema",
            f"the tables {state}; this release needs version {CURRENT}",
            "Run `whitebit-oauth custody migrate`; with --sql it prints what to run.",
        )


def durable(store: Store) -> Iterator[Finding]:
    """Check that the store outlives the process."""
    if not store.durable:
        yield Finding(
            "store-volatile",
            f"{type(store).__name__} forgets everything when the process ends",
            "Use a durable store: a secret can be retrieved only once.",
        )


def file_system(store: Store, mounts: str | None = None) -> Iterator[Finding]:
    """Check that a SQLite file is not on a network file system, whose locks do not hold."""
    engine: Any = getattr(store, "_engine", None)
    url = getattr(engine, "url", None)
    if url is None or not str(url.drivername).startswith("sqlite"):
        return
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
        except OSError:  # another system than Linux
            return
    path = Path(url.database or "").resolve()
    kind, depth = "", -1
    for line in mounts.splitlines():
        _, where, kind_there, *_ = [*line.split(), "", "", ""]
        root = Path(where.replace("\\040", " "))
        if (root == path or root in path.parents) and len(root.parts) >= depth:
            kind, depth = kind_there, len(root.parts)
    if _NETWORK.fullmatch(kind):
        yield Finding(
            "store-network-file",
            f"the SQLite file {path} is on a network file system ({kind})",
            "Put it on a local disk; for several machines use PostgreSQL.",
        )


def compare_and_swap(store: Store, other: Store) -> Iterator[Finding]:
    """Write a row of the doctor's own over two connections, and delete it.

    Raises:
        StoreUnavailable: the store cannot be written.
    """
    id = secrets.token_hex(16)
    # A store may answer with the version or with a flag: `asked` converts the database's errors.
    wrote = asked("write", _KIND, lambda: store.put(_KIND, id, b"1", None))
    try:
        row = asked("read", _KIND, lambda: other.get(_KIND, id))
        if wrote in (None, False) or row is None:
            yield Finding(
                "store-shared",
                "a row written over one connection is not there over another",
                "All processes need one store that they share, and its primary: no replica.",
            )
            return
        second = asked("write", _KIND, lambda: other.put(_KIND, id, b"2", row.version))
        third = asked("write", _KIND, lambda: store.put(_KIND, id, b"3", row.version))
        if second in (None, False) or third not in (None, False):
            yield Finding(
                "store-compare-and-swap",
                "the store does not compare versions: one of two writers would be lost",
                "Run the conformance suite on it (docs/own-store.md).",
            )
    finally:
        left = asked("read", _KIND, lambda: store.get(_KIND, id))
        if left is not None:
            asked("delete", _KIND, lambda: store.delete(_KIND, id, left.version))


def seals(store: Store, sealer: Sealer) -> Iterator[Finding]:
    """Decrypt every row."""
    problems, rows = Counter[bool](), 0
    for found in Maintenance(store, sealer).check():
        rows += 1
        if found is not None:
            problems[found.lacks_key] += 1
    if problems[True]:
        yield Finding(
            "encryption-key-missing",
            f"{problems[True]} of {rows} rows need an encryption key that is not in the list",
            "Add it after the first key of WHITEBIT_OAUTH_ENCRYPTION_KEYS.",
        )
    if problems[False]:
        yield Finding(
            "row-changed",
            f"{problems[False]} of {rows} rows were changed or moved",
            "Treat it as tampering: see `whitebit-oauth custody check`.",
        )


def spill(directory: str | None) -> Iterator[Finding]:
    """Check that the spill directory can be written, and is empty."""
    if directory is None:
        return
    path = Path(directory)
    if not path.is_dir():
        if path.exists():
            problem, remedy = "is not a directory", "Name a directory on a local disk."
        else:
            problem, remedy = "does not exist", f"Run: mkdir -m 700 {path}"
        yield Finding("spill", f"the spill directory {path} {problem}", remedy)
        return
    probe = path / f".doctor-{secrets.token_hex(8)}"
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        probe.unlink()
    except OSError as error:
        yield Finding(
            "spill",
            f"the spill directory {path} cannot be written ({error.strerror})",
            "Without it no secret is requested: give this user the right to write there.",
        )
    left = len(list(path.glob("*.sealed")))
    if left:
        yield Finding(
            "spill-left",
            f"{left} one-time responses are in {path}: the store failed when they arrived",
            "Repair the store, and run `whitebit-oauth maintain` on this machine.",
        )
    if os.name == "posix" and path.stat().st_mode & 0o022:
        yield Finding(
            "spill", f"other users can write to the spill directory {path}", f"chmod 700 {path}"
        )
