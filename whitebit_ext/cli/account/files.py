"""Files of exports that can be continued: after an interruption, and with what is new since."""

from __future__ import annotations

import enum
import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import attrs

from ..exits import UsageError
from ..options import require_writable

_VERSION: Final = 2


class Mode(enum.Enum):
    """What an export does with the file of an earlier one."""

    REPLACE = "replace"
    RESUME = "resume"
    APPEND = "append"


@attrs.frozen
class Position:
    """The position of an export.

    Attributes:
        cursor: The cursor of the walk; ``None`` at the start.
        rows: The number of rows in the file.
        size: The number of bytes of these rows.
        begun: When the walk began, as ISO 8601.
        since: What the walk was told as its earliest time, as ISO 8601.
        appends: Whether the file had rows before this walk.
        finished: Whether the walk has ended.
    """

    begun: str
    since: str | None
    cursor: str | None = None
    rows: int = 0
    size: int = 0
    appends: bool = False
    finished: bool = False

    @property
    def earliest(self) -> datetime | None:
        """The earliest time of the walk."""
        return None if self.since is None else datetime.fromisoformat(self.since)


class ResumableFile:
    """A file that grows page by page, with a sidecar file that holds the position.

    A page is on disk before the sidecar is updated. After a crash, everything past the size in
    the sidecar (a partial line or a whole page) is removed, and these rows are read again. The
    sidecar stays beside the finished file, for the next ``--append``.

    Args:
        path: The file.
        export: The arguments of the export; they must be the same when it is continued.
        since: The earliest time to export.
        overlap: How much earlier than the last export the next one begins; ``None`` for as early
            as the first.
    """

    def __init__(
        self,
        path: Path,
        export: Mapping[str, Any],
        since: datetime | None,
        overlap: timedelta | None,
    ) -> None:
        self.path = path
        self.sidecar = sidecar_of(path)
        now = datetime.now(UTC)
        self.position = Position(now.isoformat(), None if since is None else since.isoformat())
        self._since, self._overlap = since, overlap
        self._export = dict(export)
        self._file: BinaryIO | None = None

    def start(self, mode: Mode) -> Position:
        """Return the position to start at, without changing any file.

        Raises:
            UsageError: The file of an earlier export does not fit the mode.
        """
        require_writable(self.path)
        if not self.sidecar.exists():
            if mode is not Mode.REPLACE and self.path.exists():
                raise UsageError(
                    f"{self.path} has no {self.sidecar.name} beside it, so that it is not known "
                    f"where its export ended. Omit --{mode.value} to overwrite it."
                )
            return self.position
        export, found = self._read()
        if mode is Mode.REPLACE:
            if not found.finished:
                raise UsageError(
                    f"{self.path} is an interrupted export. Add --resume to continue it, or delete "
                    f"{self.sidecar} to start again."
                )
            return self.position
        if export != self._export:
            names = {*export, *self._export}
            differing = sorted(n for n in names if export.get(n) != self._export.get(n))
            raise UsageError(
                f"{self.path} is another export (different: {', '.join(differing)}). Continue it "
                f"with its original arguments, or delete {self.sidecar}."
            )
        if mode is Mode.RESUME and found.finished:
            raise UsageError(
                f"the export is complete: {self.path}. Use --append to add what is new since, or "
                "omit --resume to overwrite it."
            )
        size = self.path.stat().st_size if self.path.exists() else 0
        if size < found.size or (found.finished and size != found.size):
            raise UsageError(
                f"{self.path} is {'shorter' if size < found.size else 'longer'} than recorded in "
                f"{self.sidecar.name}. Delete the latter to start again."
            )
        self.position = self._next(found) if found.finished else found
        return self.position

    def _next(self, last: Position) -> Position:
        """Return where the export after a finished one begins."""
        since = None
        if self._overlap is not None:
            since = datetime.fromisoformat(last.begun) - self._overlap
        if self._since is not None and (since is None or since < self._since):
            since = self._since
        return attrs.evolve(
            self.position,
            since=None if since is None else since.isoformat(),
            rows=last.rows,
            size=last.size,
            appends=True,
        )

    def _read(self) -> tuple[dict[str, Any], Position]:
        try:
            content = json.loads(self.sidecar.read_bytes())
            version, export = content.pop("version"), content.pop("export")
            found = Position(**content)
            dates = datetime.fromisoformat(found.begun), found.earliest
            if version == _VERSION and found.rows >= 0 and found.size >= 0 and dates:
                return dict(export), found
        except (ValueError, TypeError, KeyError, AttributeError):
            pass
        raise UsageError(f"{self.sidecar} is not the cursor of an export. Delete it.")

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

    def write(self, records: Iterable[bytes], cursor: str, rows: int) -> None:
        """Append a page, then update the sidecar.

        Args:
            records: The encoded rows.
            cursor: The cursor of the walk after the page.
            rows: Their number; the names of the columns are not counted.
        """
        if self._file is None:
            raise RuntimeError("the file is not open")
        content = b"".join(records)
        self._file.write(content)
        self._file.flush()
        os.fsync(self._file.fileno())
        before = self.position
        self.position = attrs.evolve(
            before, cursor=cursor, rows=before.rows + rows, size=before.size + len(content)
        )
        self._note()

    def finish(self) -> None:
        """Record that the file is complete."""
        self.position = attrs.evolve(self.position, cursor=None, finished=True)
        self._note()

    def _note(self) -> None:
        content: dict[str, Any] = {
            "version": _VERSION,
            "export": self._export,
            **attrs.asdict(self.position),
        }
        write_whole(self.sidecar, [json.dumps(content).encode(), b"\n"])


def sidecar_of(path: Path) -> Path:
    """Return the path of the file with the cursor of an export."""
    return path.with_name(f"{path.name}.cursor")


def write_whole(path: Path, content: Iterable[bytes]) -> None:
    """Replace the content of a file atomically."""
    beside = path.with_name(f"{path.name}.new")
    with beside.open("wb") as file:
        file.writelines(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
