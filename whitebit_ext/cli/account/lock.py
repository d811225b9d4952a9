"""The lock of an export: one process at a time writes a file."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ..exits import UsageError

_LONGEST: Final = 200  # bytes of the holder's name


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the lock of a file while it is written; the system releases it if the process dies.

    The lock is on a file of its own, ``FILE.lock``, because an export may replace the file itself.

    Raises:
        UsageError: Another process is writing the file.
    """
    beside = path.with_name(f"{path.name}.lock")
    descriptor = _acquired(path, beside)
    try:
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        holder = f"process {os.getpid()} on {socket.gethostname()} since {now} UTC"
        os.truncate(descriptor, 0)
        os.write(descriptor, holder.encode("utf-8", "replace")[:_LONGEST])
        yield
    finally:
        # Before it is released: who waits for it sees that it is not the file of this name.
        beside.unlink(missing_ok=True)
        os.close(descriptor)


def _acquired(path: Path, beside: Path) -> int:
    while True:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(descriptor):
            holder = os.read(descriptor, _LONGEST).decode("utf-8", "replace")
            os.close(descriptor)
            raise UsageError(
                f"{path} is being written by {holder or 'another process'}. Wait until it ends, "
                "or use another file."
            )
        try:
            if os.path.samestat(os.fstat(descriptor), os.stat(beside)):
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)  # its holder removed it between opening and locking


if sys.platform == "win32":  # pragma: no cover  # the tests run on Linux

    def _lock(descriptor: int) -> bool:
        import msvcrt

        try:
            # Past the content, which would otherwise not be readable.
            os.lseek(descriptor, 1 << 20, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:

    def _lock(descriptor: int) -> bool:
        """Lock an open file, if nobody else has; return whether it is locked."""
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
