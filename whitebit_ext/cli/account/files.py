"""Files of exports that can be resumed after an interruption."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import attrs

from ..store import UsageError

_VERSION: Final = 1


@attrs.frozen
class Position:
    """The position of an export.

    Attributes:
        cursor: The cursor of the walk; ``None`` at the start.
        rows: The number of rows in the file.
        size: The number of bytes of these rows.
    """

    cursor: str | None = None
    rows: int = 0
    size: int = 0


class ResumableFile:
    """A file that grows page by page, with a sidecar file that holds the position.

    A page is on disk before the sidecar is updated. After a crash, everything past the size in
    the sidecar (a partial line or a whole page) is removed, and these rows are read again.

    Args:
        path: The file.
        export: The arguments of the export; they must be the same when it is resumed.
    """

    def __init__(self, path: Path, export: Mapping[str, str]) -> None:
        self.path = path
        self.sidecar = sidecar_of(path)
        self.position = Position()
        self._export = dict(export)
        self._file: BinaryIO | None = None

    def start(self, resume: bool) -> Position:
        """Return the position to start at, without changing any file.

        Raises:
            UsageError: An interrupted export exists and `resume` is false, or the reverse.
        """
        require_writable(self.path)
        if not self.sidecar.exists():
            if resume and self.path.exists():
                raise UsageError(
                    f"{self.path} has no {self.sidecar.name} beside it: the export is complete, or "
                    "the file is from another source. Omit --resume to overwrite it."
                )
            return self.position
        if not resume:
            raise UsageError(
                f"{self.path} is an interrupted export. Add --resume to continue it, or delete "
                f"{self.sidecar} to start again."
            )
        self.position = self._read()
        return self.position

    def _read(self) -> Position:
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
                raise UsageError(f"{self.sidecar} is not the cursor of an export. Delete it.")
        if export != self._export:
            differing = [n for n in self._export if export.get(n) != self._export[n]]
            raise UsageError(
                f"{self.path} is another export (different: {', '.join(differing)}). Resume it "
                f"with its original arguments, or delete {self.sidecar}."
            )
        if size > (self.path.stat().st_size if self.path.exists() else 0):
            raise UsageError(
                f"{self.path} is shorter than recorded in {self.sidecar.name}. Delete the latter "
                "to start again."
            )
        return Position(cursor, rows, size)

    def __enter__(self) -> Self:
        """Write the sidecar, then remove everything past the position."""
        self._note()
        file = self.path.open("ab")
        file.truncate(self.position.size)
        self._file = file
        return self

    def __exit__(self, *raised: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def write(self, content: str, cursor: str, rows: int) -> None:
        """Append a page, then update the sidecar.

        Args:
            content: The page as text.
            cursor: The cursor of the walk after the page.
            rows: The number of rows on the page.
        """
        if self._file is None:
            raise RuntimeError("the file is not open")
        encoded = content.encode()
        self._file.write(encoded)
        self._file.flush()
        os.fsync(self._file.fileno())
        before = self.position
        self.position = Position(cursor, before.rows + rows, before.size + len(encoded))
        self._note()

    def finish(self) -> None:
        """Remove the sidecar: the file is complete."""
        self.sidecar.unlink(missing_ok=True)

    def _note(self) -> None:
        content: dict[str, Any] = {
            "version": _VERSION,
            "export": self._export,
            **attrs.asdict(self.position),
        }
        write_whole(self.sidecar, json.dumps(content) + "\n")


def sidecar_of(path: Path) -> Path:
    """Return the path of the file with the cursor of an export."""
    return path.with_name(f"{path.name}.cursor")


def require_writable(path: Path) -> None:
    """Check that a path can be written as a regular file.

    Raises:
        UsageError: It is not a regular file, or its directory does not exist.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a regular file.")
    if not path.parent.is_dir():
        raise UsageError(f"the directory {path.parent} does not exist.")


def write_whole(path: Path, content: str) -> None:
    """Replace the content of a file atomically."""
    beside = path.with_name(f"{path.name}.new")
    with beside.open("wb") as file:
        file.write(content.encode())
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
