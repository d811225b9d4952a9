"""How an export is written to a file, so that it can be gone on with after an interruption."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import attrs

from .custody_store import UsageError

_VERSION: Final = 1


@attrs.frozen
class Standing:
    """Say how far an export has come.

    Attributes:
        cursor: The walk's cursor; ``None`` at the beginning.
        rows: How many rows the file has.
        size: How many bytes of the file belong to them.
    """

    cursor: str | None = None
    rows: int = 0
    size: int = 0


class ResumableFile:
    """A file that grows page by page, with a sidecar that says how far it is whole.

    A page is on the disk before the sidecar speaks of it. What a crash leaves behind the size in
    the sidecar, be it a torn line or a whole page, is cut off, and those rows are read again.

    Args:
        path: The file.
        export: What is exported, to be the same when it is resumed.
    """

    def __init__(self, path: Path, export: Mapping[str, str]) -> None:
        self.path = path
        self.sidecar = sidecar_of(path)
        self.standing = Standing()
        self._export = dict(export)
        self._file: BinaryIO | None = None

    def stand(self, resume: bool) -> Standing:
        """Find out where to begin; nothing is changed yet.

        Raises:
            UsageError: an interrupted export is there and is not to be resumed, or the reverse.
        """
        require_writable(self.path)
        if not self.sidecar.exists():
            if resume and self.path.exists():
                raise UsageError(
                    f"{self.path} has no {self.sidecar.name} beside it: it is finished, or not "
                    "from here. Leave --resume out to write it anew."
                )
            return self.standing
        if not resume:
            raise UsageError(
                f"{self.path} is of an interrupted export. --resume goes on with it; delete "
                f"{self.sidecar} to begin anew."
            )
        self.standing = self._read()
        return self.standing

    def _read(self) -> Standing:
        try:
            content = json.loads(self.sidecar.read_bytes())
        except ValueError:
            content = None
        match content:
            case {
                "version": 1,
                "export": dict() as export,
                "cursor": (str() | None) as cursor,
                "rows": int() as rows,
                "size": int() as size,
            } if rows >= 0 and size >= 0:
                pass
            case _:
                raise UsageError(f"{self.sidecar} is not what an export leaves. Delete it.")
        if export != self._export:
            differing = [n for n in self._export if export.get(n) != self._export[n]]
            raise UsageError(
                f"{self.path} is of another export ({', '.join(differing)} differ). Resume it with "
                f"the arguments that it was begun with, or delete {self.sidecar}."
            )
        if size > (self.path.stat().st_size if self.path.exists() else 0):
            raise UsageError(
                f"{self.path} is shorter than {self.sidecar.name} says. Delete the latter to begin "
                "anew."
            )
        return Standing(cursor, rows, size)

    def __enter__(self) -> Self:
        """Cut off what is not whole, after the sidecar is there to say that something is not."""
        self._note()
        file = self.path.open("ab")
        file.truncate(self.standing.size)
        self._file = file
        return self

    def __exit__(self, *raised: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def write(self, content: str, cursor: str, rows: int) -> None:
        """Append a page, and then note it.

        Args:
            content: The page as text.
            cursor: The walk's cursor behind the page.
            rows: How many rows the page has.
        """
        if self._file is None:
            raise RuntimeError("the file is not open")
        encoded = content.encode()
        self._file.write(encoded)
        self._file.flush()
        os.fsync(self._file.fileno())
        before = self.standing
        self.standing = Standing(cursor, before.rows + rows, before.size + len(encoded))
        self._note()

    def finish(self) -> None:
        """Remove the sidecar: the file is whole."""
        self.sidecar.unlink(missing_ok=True)

    def _note(self) -> None:
        content: dict[str, Any] = {
            "version": _VERSION,
            "export": self._export,
            **attrs.asdict(self.standing),
        }
        write_whole(self.sidecar, json.dumps(content) + "\n")


def sidecar_of(path: Path) -> Path:
    """Return where the cursor of an export to a file is kept."""
    return path.with_name(f"{path.name}.cursor")


def require_writable(path: Path) -> None:
    """Refuse what is no file, such as a device, or is in no directory.

    Raises:
        UsageError: it is so.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no file.")
    if not path.parent.is_dir():
        raise UsageError(f"there is no directory {path.parent}.")


def write_whole(path: Path, content: str) -> None:
    """Write a file so that a reader sees either what was there before or all of the new."""
    beside = path.with_name(f"{path.name}.new")
    with beside.open("wb") as file:
        file.write(content.encode())
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
