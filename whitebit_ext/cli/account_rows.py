"""Rows of an export as text: JSON, JSON lines, CSV."""

from __future__ import annotations

import csv
import enum
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

_LONGEST: Final = 100


class Format(enum.StrEnum):
    """What an export is written as."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def plain(value: Any) -> Any:
    """Return a value as JSON has it: money as exact text, times as ISO 8601 in UTC."""
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
    """Return every digit of an amount, without an exponent unless it would fill a page."""
    return str(amount) if abs(amount.adjusted()) > _LONGEST else format(amount, "f")


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as one JSON array, a row to a line."""
    lines = [json.dumps(plain(row)) for row in rows]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def as_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as JSON lines."""
    return "".join(json.dumps(plain(row)) + "\n" for row in rows)


def as_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, header: bool) -> str:
    """Return rows as CSV (RFC 4180, lines ended by a line feed).

    Args:
        rows: Rows, with the same keys each.
        columns: The keys, in order.
        header: Whether a line with the columns' names comes first.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if header:
        writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    value = plain(value)
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
