"""Text formats of exported rows: JSON, JSON lines, CSV."""

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


def printable(text: str) -> str:
    """Replace characters that do not print: a server's text could control the terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as one JSON array, one row per line."""
    lines = [json.dumps(plain(row)) for row in rows]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def as_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as JSON lines."""
    return "".join(json.dumps(plain(row)) + "\n" for row in rows)


def as_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, header: bool) -> str:
    """Return rows as CSV (RFC 4180, with line feeds).

    Args:
        rows: Rows that all have the same keys.
        columns: The keys, in order.
        header: Whether to start with a line of column names.
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
