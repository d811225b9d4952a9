"""Formats of exported rows: JSON, JSON lines, CSV."""

from __future__ import annotations

import csv
import enum
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import attrs

_LONGEST: Final = 100


class Format(enum.StrEnum):
    """The output format of an export."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def plain(value: Any) -> Any:
    """Return a value for JSON: amounts as exact text, times as ISO 8601 in UTC."""
    if isinstance(value, Decimal):
        return exact(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def exact(amount: Decimal) -> str:
    """Return an amount with all its digits; with an exponent only if it is very large or small."""
    return str(amount) if abs(amount.adjusted()) > _LONGEST else format(amount, "f")


def encoded(text: str) -> bytes:
    """Return text in UTF-8; a lone surrogate, which UTF-8 cannot have, escaped as in JSON."""
    return text.encode("utf-8", "backslashreplace")


_BOM: Final = b"\xef\xbb\xbf"
# What a spreadsheet takes for the beginning of a formula (CWE-1236), and its wide forms.
_FORMULA: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@attrs.frozen
class Layout:
    """How rows are written as JSON, JSON lines or CSV (RFC 4180, with line feeds).

    Attributes:
        format: The format.
        columns: The keys of a row to write, in order.
        raw_cells: Whether text that a spreadsheet would run as a formula is left as it is, in CSV.
            Otherwise an apostrophe goes before it. Amounts are never changed.
        bom: Whether CSV begins with a byte order mark, by which Excel recognizes UTF-8.
    """

    format: Format
    columns: tuple[str, ...]
    raw_cells: bool = False
    bom: bool = False

    def head(self) -> bytes:
        """Return what precedes the rows: the names of the columns, in CSV."""
        if self.format is not Format.CSV:
            return b""
        return (_BOM if self.bom else b"") + _line(self.columns)

    def records(self, rows: Iterable[Mapping[str, Any]]) -> list[bytes]:
        """Return each row as a line, or as several in CSV where a text has line breaks."""
        if self.format is Format.CSV:
            return [_line([self._cell(row[name]) for name in self.columns]) for row in rows]
        return [encoded(json.dumps(self._object(row)) + "\n") for row in rows]

    def whole(self, rows: Iterable[Mapping[str, Any]]) -> list[bytes]:
        """Return all rows as they fill a file; in JSON one array, with a row per line."""
        if self.format is not Format.JSON:
            return [self.head(), *self.records(rows)]
        lines = [encoded(json.dumps(self._object(row))) for row in rows]
        return [b"[\n", b",\n".join(lines), b"\n]\n"] if lines else [b"[]\n"]

    def names(self, rows: Iterable[Mapping[str, Any]], keys: Sequence[str]) -> list[str]:
        """Return of each row the cells of some columns, as one text."""
        return [json.dumps([self._cell(row[key]) for key in keys]) for row in rows]

    def names_in(self, path: Path, keys: Sequence[str]) -> set[str]:
        """Return the same of the rows in a file that was written with this layout."""
        with path.open(encoding="utf-8-sig", newline="") as lines:
            if self.format is Format.CSV:
                return {json.dumps([row[key] for key in keys]) for row in csv.DictReader(lines)}
            return set(self.names(map(json.loads, lines), keys))

    def _object(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: plain(row[name]) for name in self.columns}

    def _cell(self, value: Any) -> str:
        found = plain(value)
        if found is None:
            return ""
        if not isinstance(found, str):
            return json.dumps(found)
        if self.format is not Format.CSV or self.raw_cells or isinstance(value, Decimal):
            return found
        runs = found.lstrip().startswith(_FORMULA) or found.startswith(("\t", "\r", "\n"))
        return f"'{found}" if runs else found


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    # A cell with a character of the line's end is quoted, and both can be in a text.
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return encoded(f"{text.getvalue()[:-2]}\n")
