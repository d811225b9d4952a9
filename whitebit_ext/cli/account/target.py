"""Where an export goes, and which columns it has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from ...account.frames import to_dict
from ..exits import UsageError
from ..options import require_writable
from .files import Mode, ResumableFile
from .rows import Format, Layout

if TYPE_CHECKING:
    from ... import Page
    from .options import ReadOptions

BALANCES: Final = ("ticker", "main_balance", "spot_available", "spot_freeze")
UNKNOWN: Final = "unknown"
_BY_PAGE: Final = frozenset({Format.JSONL, Format.CSV})
_SUFFIXES: Final = {f".{name.value}": name for name in Format if name is not Format.TABLE}
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "transactions": (
        *("method", "transaction_id", "unique_id"),
        *("created_at", "amount", "status"),
    ),
    "orders": ("market", "id", "status"),
    "deals": ("market", "id", "order_id", "role"),
    "converts": ("id", "date"),
}
"""The columns by which an appended row is told from those of the file."""


@attrs.define
class Target:
    """The destination of an export, and what has reached it.

    Attributes:
        read: The name of the history, or ``balances``.
        layout: The format and the columns.
        out: The file; ``None`` for standard output.
        mode: What to do with the file of an earlier export.
        columns: The columns that were chosen for a table; ``None`` for the most important ones.
        printed: The number of rows that were written to standard output.
        drawing: Whether a table is being written there.
        file: The file that grows by page, once it is open.
    """

    read: str
    layout: Layout
    out: Path | None
    mode: Mode
    columns: tuple[str, ...] | None
    printed: int = 0
    drawing: bool = False
    file: ResumableFile | None = None

    @classmethod
    def of(cls, read: str, options: ReadOptions, mode: Mode = Mode.REPLACE) -> Target:
        """Return a target; the default format depends on the file extension.

        Raises:
            UsageError: The options do not fit each other, or the file cannot be written.
        """
        out, format = options.out, options.format
        if format is None:
            format = _SUFFIXES.get(out.suffix.lower() if out else "", Format.TABLE)
        if mode is not Mode.REPLACE and (out is None or format not in _BY_PAGE):
            raise UsageError(f"--{mode.value} requires --out and the format jsonl or csv.")
        if format is not Format.CSV and (options.bom or options.raw_cells):
            raise UsageError("--bom and --raw-cells require the format csv.")
        columns = _chosen(read, options)
        lacking = [name for name in NAMES.get(read, ()) if name not in columns]
        if mode is Mode.APPEND and lacking:
            raise UsageError(f"--append requires the columns {', '.join(lacking)} too.")
        if out is not None:
            require_writable(out)
        chosen = columns if options.columns or options.unknown else None
        layout = Layout(format, columns, raw_cells=options.raw_cells, bom=options.bom)
        return cls(read, layout, out, mode, chosen)

    @property
    def by_page(self) -> bool:
        """Whether each page is written when it was received."""
        return self.layout.format in _BY_PAGE

    @property
    def kept(self) -> str:
        """What an export that has stopped leaves behind, in a sentence."""
        if self.file is not None:
            position = self.file.position
            where = f"{position.rows:,} rows are saved in {self.out}."
            return where if position.finished else f"{where} Add --resume to continue."
        if self.drawing:
            return "The output is incomplete."
        return f"{self.printed:,} rows were written." if self.printed else ""

    def rows(self, page: Page[Any]) -> list[dict[str, Any]]:
        """Return the rows of a page, with their unknown fields if they are wanted."""
        if UNKNOWN not in self.layout.columns:
            return page.to_dicts()
        return [{**to_dict(row), UNKNOWN: dict(row.unknown)} for row in page]


def _chosen(read: str, options: ReadOptions) -> tuple[str, ...]:
    """Return the columns that the options choose."""
    known = columns_of(read)
    columns = known
    if options.columns is not None:
        columns = tuple(name.strip() for name in options.columns.split(","))
        wrong = [name for name in columns if name not in (*known, UNKNOWN)]
        if wrong or len(set(columns)) < len(columns):
            problem = (
                f"there is no column {wrong[0] or repr('')}" if wrong else "a name is repeated"
            )
            raise UsageError(f"--columns: {problem}. Choose from {', '.join((*known, UNKNOWN))}.")
    return (*columns, UNKNOWN) if options.unknown and UNKNOWN not in columns else columns


def columns_of(read: str) -> tuple[str, ...]:
    """Return the keys of a read's rows, also for a history without rows."""
    from ... import Convert, Deal, Order, Transaction

    kinds: Mapping[str, type[Any]] = {
        "transactions": Transaction,
        "orders": Order,
        "deals": Deal,
        "converts": Convert,
    }
    if read not in kinds:
        return BALANCES
    kind = kinds[read]
    return tuple(to_dict(kind(**dict.fromkeys(kind.__struct_fields__))))
