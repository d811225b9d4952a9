"""The spill directory: where a secret goes that the store does not take.

It is the last resort before a secret exists in one process's memory alone. What lies in it is
sealed like a row, and goes into custody at the next call that finds it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InvalidArgument, SealBroken, StoreUnavailable
from .rows import Custody, Value
from .sealing import Sealer
from .values import StoredKey


class Spill:
    """Keep a user's key in a file of a directory, sealed and durable.

    Args:
        directory: An existing directory on a disk of this machine, not that of the store.
        sealer: What seals the files.
        custody: What knows where a key belongs.
    """

    def __init__(self, directory: str | os.PathLike[str], sealer: Sealer, custody: Custody) -> None:
        self._directory = Path(directory)
        self._sealer = sealer
        self._custody = custody
        if not self._directory.is_dir():
            raise InvalidArgument("spill", f"{self._directory} is not a directory")

    def check(self) -> None:
        """Prove that a file can be written here now.

        Raises:
            StoreUnavailable: it cannot; nothing was sent.
        """
        probe = self._directory / f".probe-{secrets.token_hex(8)}"
        with _failures("the spill directory cannot be written; nothing was sent"):
            self._write(probe, b"probe")
            probe.unlink()

    def put(self, stored: StoredKey) -> None:
        """Seal and write a key; it is on the disk when this returns.

        Raises:
            StoreUnavailable: it could not be written.
        """
        place = self._place(stored.key.user_id)
        sealed = self._sealer.seal(json.dumps(self._custody.value_of(stored)).encode(), place)
        path = self._path(place)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with _failures("the spill directory was not written"):
            self._write(fresh, sealed)
            fresh.replace(path)
            self._sync_directory()

    def get(self, user_id: str) -> StoredKey | None:
        """Return the user's key that lies here, or ``None``.

        Raises:
            SealBroken, EncryptionKeyMissing: a file is there and does not open.
            StoreUnavailable: it cannot be read.
        """
        place = self._place(user_id)
        path = self._path(place)
        with _failures("the spill directory cannot be read"):
            try:
                sealed = path.read_bytes()
            except FileNotFoundError:
                return None
        try:
            opened = self._sealer.open(sealed, place)
        except SealBroken as error:
            broken = SealBroken(
                f"{error.message} (file {path.name} of the spill directory)",
                hint="Treat it as tampering: move the file away and find out who wrote it.",
            )
        else:
            return self._custody.stored_key(user_id, json.loads(opened))
        raise broken

    def hand_over(self, stored: StoredKey) -> bool:
        """Put a key that lay here into custody, unless custody holds a later one of the user.

        A user has one key at a time, and the one of the present login is the later one. Only
        where that tells nothing are times compared, since two machines' clocks may differ.
        """
        user_id = stored.key.user_id
        pair = self._custody.pair(user_id)
        login = pair.login if pair else None

        def change(value: Value | None) -> Value | None:
            if value is not None and value["external_id"] != stored.key.external_id:
                held, lay_here = value["login"] == login, stored.login == login
                if held > lay_here or (held == lay_here and value["since"] >= stored.since):
                    return None
            return self._custody.value_of(stored)

        return self._custody.update("key", (user_id,), change) is not None

    def remove(self, user_id: str) -> None:
        """Delete what lies here of a user, once custody has it.

        Raises:
            StoreUnavailable: it could not be deleted.
        """
        with _failures("the spill directory cannot be written"):
            self._path(self._place(user_id)).unlink(missing_ok=True)
            self._sync_directory()

    def _place(self, user_id: str) -> tuple[str, ...]:
        return self._custody.place("spill", (user_id,))

    def _path(self, place: tuple[str, ...]) -> Path:
        named = b"".join(len(part).to_bytes(4, "big") + part.encode() for part in place)
        return self._directory / f"{hashlib.sha256(named).hexdigest()}.sealed"

    def _write(self, path: Path, data: bytes) -> None:
        """Write a new file that nobody else can read, and have it on the disk."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise

    def _sync_directory(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _failures(otherwise: str) -> Iterator[None]:
    """Turn what the file system raises into this library's error."""
    try:
        yield
        return
    except OSError as error:
        failure = StoreUnavailable(f"{otherwise} ({error.strerror})")
    raise failure
