"""The spill directory: where a secret goes that the store does not take.

It is the last resort before a secret exists in one process's memory alone. What lies in it is
sealed like a row, and goes into custody at the next call that finds it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from pathlib import Path

from .custody import Custody, StoredKey
from .errors import InvalidArgument, StoreUnavailable
from .sealing import Sealer


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
            StoreUnavailable: it cannot.
        """
        probe = self._directory / f".probe-{secrets.token_hex(8)}"
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
        self._write(fresh, sealed)
        fresh.replace(path)
        self._sync_directory()

    def get(self, user_id: str) -> StoredKey | None:
        """Return the user's key that lies here, or ``None``.

        Raises:
            SealBroken, EncryptionKeyMissing: a file is there and does not open.
        """
        place = self._place(user_id)
        try:
            sealed = self._path(place).read_bytes()
        except FileNotFoundError:
            return None
        return self._custody.stored_key(user_id, json.loads(self._sealer.open(sealed, place)))

    def remove(self, user_id: str) -> None:
        """Delete what lies here of a user, once custody has it."""
        self._path(self._place(user_id)).unlink(missing_ok=True)

    def _place(self, user_id: str) -> tuple[str, ...]:
        return self._custody.place("spill", (user_id,))

    def _path(self, place: tuple[str, ...]) -> Path:
        named = b"".join(len(part).to_bytes(4, "big") + part.encode() for part in place)
        return self._directory / f"{hashlib.sha256(named).hexdigest()}.sealed"

    def _write(self, path: Path, data: bytes) -> None:
        """Write a new file that nobody else can read, and have it on the disk."""
        failure: OSError
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            return
        except OSError as error:
            failure = error
        path.unlink(missing_ok=True)
        raise StoreUnavailable(
            f"the spill directory cannot be written ({failure.strerror}); nothing was sent"
        )

    def _sync_directory(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
