"""The spill directory: holds a one-time response that the store does not accept.

It is the last resort before a pair or a secret exists in one process's memory only. Its files are
encrypted like a row, and are stored by the next call that finds them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InvalidArgument, SealBroken, StoreUnavailable
from .connection import decode_attempt, encode_attempt
from .rows import Custody
from .sealing import Sealer
from .values import Attempt

log = logging.getLogger("whitebit_ext")


class Spill:
    """Responses in files of a directory, encrypted and durable.

    Args:
        directory: An existing directory on a disk of this machine, not that of the store.
        sealer: Encrypts the files.
        custody: Provides the place of a response.
    """

    def __init__(self, directory: str | os.PathLike[str], sealer: Sealer, custody: Custody) -> None:
        self._directory = Path(directory)
        self._sealer = sealer
        self._custody = custody
        if not self._directory.is_dir():
            raise InvalidArgument("spill", f"{self._directory} is not a directory")

    def check(self) -> None:
        """Verify that a file can be written here now.

        Raises:
            StoreUnavailable: it cannot; nothing was sent.
        """
        probe = self._directory / f".probe-{secrets.token_hex(8)}"
        with _failures("the spill directory cannot be written; nothing was sent"):
            self._write(probe, b"probe")
            probe.unlink()

    def put(self, user_id: str, incarnation: str, attempt: Attempt) -> bool:
        """Encrypt and write an attempt with its response; it is on disk when this returns.

        Returns:
            Whether it was written; an error of the disk is logged.
        """
        place = self._place(user_id, attempt.id)
        sealed = self._sealed(incarnation, attempt, place)
        path = self._path(user_id, attempt.id)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            with _failures("the spill directory was not written"):
                self._write(fresh, sealed)
                fresh.replace(path)
                self._sync_directory()
        except StoreUnavailable as error:
            log.error("a one-time response was not spilled either: %s", error.message)
            return False
        log.error("a one-time response is in the spill directory")
        return True

    def all(self, user_id: str) -> list[tuple[str, Attempt]]:
        """Return the attempts of a user in this directory, each with its incarnation.

        Raises:
            SealBroken, EncryptionKeyMissing: there is a file and it cannot be decrypted.
            StoreUnavailable: it cannot be read.
        """
        found = []
        with _failures("the spill directory cannot be read"):
            paths = sorted(self._directory.glob(f"{self._name(user_id)}-*.sealed"))
        for path in paths:
            id = path.name.removesuffix(".sealed").rpartition("-")[2]
            kept = self._open(path, self._place(user_id, id))
            if kept is not None:
                found.append(kept)
        return found

    def _open(self, path: Path, place: tuple[str, ...]) -> tuple[str, Attempt] | None:
        with _failures("the spill directory cannot be read"):
            try:
                sealed = path.read_bytes()
            except FileNotFoundError:  # another process has stored it since
                return None
        try:
            opened = self._sealer.open(sealed, place)
        except SealBroken as error:
            broken = SealBroken(
                f"{error.message} (file {path.name} of the spill directory)",
                hint="Treat it as tampering: move the file away and find out who wrote it.",
            )
        else:
            incarnation, attempt = json.loads(opened)
            return incarnation, decode_attempt(attempt)
        raise broken

    def remove(self, user_id: str, attempt: str) -> None:
        """Delete an attempt, once the store has it; an error of the disk is logged."""
        path = self._path(user_id, attempt)
        try:
            with _failures("the spill directory cannot be written"):
                if path.exists():
                    path.unlink(missing_ok=True)
                    self._sync_directory()
        except StoreUnavailable as error:
            log.warning("a spilled response was not deleted: %s", error.message)

    def _sealed(self, incarnation: str, attempt: Attempt, place: tuple[str, ...]) -> bytes:
        return self._sealer.seal(json.dumps([incarnation, encode_attempt(attempt)]).encode(), place)

    def _place(self, user_id: str, attempt: str) -> tuple[str, ...]:
        return self._custody.place("spill", (user_id, attempt))

    def _name(self, user_id: str) -> str:
        place = self._custody.place("spill", (user_id,))
        named = b"".join(len(part).to_bytes(4, "big") + part.encode() for part in place)
        return hashlib.sha256(named).hexdigest()

    def _path(self, user_id: str, attempt: str) -> Path:
        return self._directory / f"{self._name(user_id)}-{attempt}.sealed"

    def _write(self, path: Path, data: bytes) -> None:
        """Write a new file that only its owner can read, and flush it to disk."""
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
    """Convert errors of the file system to this library's error."""
    try:
        yield
        return
    except OSError as error:
        failure = StoreUnavailable(f"{otherwise} ({error.strerror})")
    raise failure
