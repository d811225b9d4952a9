"""The spill directory: holds a one-time response that the store does not accept.

It is the last resort before a pair or a secret exists in one process's memory only. Its files are
encrypted like a row, and are stored by the user's next call on this machine, or by ``maintain()``.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from ..errors import CustodyError, InvalidArgument, SealBroken, StoreUnavailable
from ..runtime.events import EventName
from .connection import decode_attempt, encode_attempt
from .rows import Custody
from .sealing import Sealer
from .values import Attempt

log = logging.getLogger("whitebit_ext")

_SETTLED_NS = 1_000_000_000
"""Age of a directory's time stamp from which a later change is sure to alter it."""


@attrs.frozen
class Spilled:
    """A response in the spill directory.

    Attributes:
        user_id: The user that it belongs to.
        incarnation: Of the connection that it was requested for.
        attempt: The attempt, with the response.
    """

    user_id: str
    incarnation: str
    attempt: Attempt


class Spill:
    """Responses in files of a directory, encrypted and durable.

    A file is named by digests of the partner and of the user, and by the id of the attempt. So
    partners can share a directory, and a file opens only under the name that it was written with.

    Args:
        directory: An existing directory on a disk of this machine, not that of the store.
        sealer: Encrypts the files.
        custody: Provides the place of a response.
    """

    def __init__(self, directory: str | os.PathLike[str], sealer: Sealer, custody: Custody) -> None:
        self._directory = Path(directory)
        self._sealer = sealer
        self._custody = custody
        self._ours = _digest(custody.place("spill", ()))[:16]
        # For each file, the name that its user has today: an earlier client secret gave another.
        self._owners: dict[str, str] = {}
        # The names of our users with files here, and when the directory had them.
        self._listed: tuple[int, set[str]] = (0, set())
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

    def put(self, response: Spilled) -> bool:
        """Encrypt and write a response; it is on disk when this returns.

        Returns:
            Whether it was written; an error of the disk is logged.
        """
        path = self._path(response.user_id, response.attempt.id)
        sealed = self._sealed(response, path)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            with _failures("the spill directory was not written"):
                self._write(fresh, sealed)
                fresh.replace(path)
                self._sync_directory()
        except StoreUnavailable as error:
            log.error("a one-time response was not spilled either: %s", error.message)
            return False
        self._custody.events.emit(
            EventName.SECRET_SPILLED, response.user_id, asks=response.attempt.asks
        )
        return True

    def has(self, user_id: str) -> bool:
        """Return whether there may be files of a user; cheap enough for every call.

        The directory is listed only after it has changed. An error of the disk is logged, and
        counts as none: the call does not depend on this directory.
        """
        try:
            changed = self._directory.stat().st_mtime_ns
            listed, names = self._listed
            if changed != listed:
                names = {self._owner(path) for path in self._paths()}
                # A change within the same tick of the file system's clock would go unnoticed.
                settled = time.time_ns() - changed > _SETTLED_NS
                self._listed = (changed if settled else 0, names)
        except OSError as error:
            log.warning("the spill directory cannot be read (%s)", error.strerror)
            return False
        return bool(names) and self._name(user_id) in names

    def pass_over(self, user_id: str) -> None:
        """Let ``has`` ignore a user's files, which cannot be decrypted, until something changes."""
        self._listed[1].discard(self._name(user_id))

    def all(self, user_id: str) -> list[Spilled]:
        """Return the responses of a user in this directory.

        Raises:
            SealBroken, EncryptionKeyMissing: there is a file and it cannot be decrypted.
            StoreUnavailable: it cannot be read.
        """
        with _failures("the spill directory cannot be read"):
            paths = sorted(self._paths())
        ours = [path for path in paths if self._owner(path) == self._name(user_id)]
        return [kept for path in ours if (kept := self._open(path)) is not None]

    def everyone(self, limit: int) -> list[Spilled]:
        """Return up to ``limit`` responses of any user; a file that cannot be decrypted is logged.

        Raises:
            StoreUnavailable: the directory cannot be read.
        """
        found = list[Spilled]()
        with _failures("the spill directory cannot be read"):
            paths = sorted(self._paths())
        for path in paths:
            if len(found) >= limit:
                break
            try:
                kept = self._open(path)
            except CustodyError as error:  # it must not hide the others
                self._custody.log_trouble("a spilled response was not stored", error)
                continue
            if kept is not None:
                found.append(kept)
        return found

    def _paths(self) -> Iterator[Path]:
        return self._directory.glob(f"{self._ours}-*.sealed")

    def _owner(self, path: Path) -> str:
        owner = self._owners.get(path.name)
        if owner is not None:
            return owner
        try:
            kept = self._open(path)
        except CustodyError:
            kept = None
        if kept is None:
            return path.name.rpartition("-")[0]
        return self._owners.setdefault(path.name, self._name(kept.user_id))

    def _open(self, path: Path) -> Spilled | None:
        with _failures("the spill directory cannot be read"):
            try:
                sealed = path.read_bytes()
            except FileNotFoundError:  # another process has stored it since
                return None
        try:
            opened = self._sealer.open(sealed, self._place(path))
        except SealBroken as error:
            broken = SealBroken(
                f"{error.message} (file {path.name} of the spill directory)",
                hint="Treat it as tampering: move the file away and find out who wrote it.",
            )
        else:
            user_id, incarnation, attempt = json.loads(opened)
            return Spilled(user_id, incarnation, decode_attempt(attempt))
        raise broken

    def remove(self, attempt: str) -> None:
        """Delete an attempt, once the store has it; an error of the disk is logged.

        Its file may have the name that an earlier client secret gave it.
        """
        try:
            with _failures("the spill directory cannot be written"):
                for path in list(self._directory.glob(f"{self._ours}-*-{attempt}.sealed")):
                    path.unlink(missing_ok=True)
                    self._owners.pop(path.name, None)
                    self._sync_directory()
        except StoreUnavailable as error:
            log.warning("a spilled response was not deleted: %s", error.message)

    def forget(self, user_id: str) -> None:
        """Delete the files of a user, also those that cannot be decrypted.

        A file that was written with an earlier client secret is found by its contents.

        Raises:
            StoreUnavailable: the directory cannot be read or written.
        """
        with _failures("the spill directory cannot be written"):
            for path in list(self._paths()):
                if self._owner(path) == self._name(user_id):
                    path.unlink(missing_ok=True)

    def _sealed(self, response: Spilled, path: Path) -> bytes:
        """Return the encrypted response; no frame that can raise holds it in the clear."""
        user_id, incarnation, attempt = response.user_id, response.incarnation, response.attempt
        place = self._place(path)
        return self._sealer.seal(
            json.dumps([user_id, incarnation, encode_attempt(attempt)]).encode(), place
        )

    def _place(self, path: Path) -> tuple[str, ...]:
        return self._custody.place("spill", (path.name,))

    def _name(self, user_id: str) -> str:
        # A keyed digest: without the client secret, a file name does not reveal its user.
        return f"{self._ours}-{self._custody.events.pseudonym(user_id)}"

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


def _digest(place: tuple[str, ...]) -> str:
    named = b"".join(len(part).to_bytes(4, "big") + part.encode() for part in place)
    return hashlib.sha256(named).hexdigest()


@contextmanager
def _failures(otherwise: str) -> Iterator[None]:
    """Convert errors of the file system to this library's error."""
    try:
        yield
        return
    except OSError as error:
        failure = StoreUnavailable(f"{otherwise} ({error.strerror})")
    raise failure
