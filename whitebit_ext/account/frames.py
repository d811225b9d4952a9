"""Records as flat dicts, for ``pandas.DataFrame`` and ``polars.from_dicts``."""

from __future__ import annotations

import enum
import typing
from collections.abc import Iterable
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from whitebit_api.records import Record, Transaction


def to_dicts(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Return one flat dict per record (see ``to_dict``)."""
    return [to_dict(record) for record in records]


def to_dict(record: Record) -> dict[str, Any]:
    """Return a record as a flat dict; keys and their order are the same for every row of its kind.

    ``Decimal`` and ``datetime`` are kept, enumerations become plain text or numbers, nested
    values become columns with joined names (``confirmations_actual``), a conversion's path
    becomes a list of dicts, and a transaction gets its ``outcome`` as a column.
    """
    row = _flat(record)
    if isinstance(record, Transaction):
        row["outcome"] = record.outcome.value
    return row


def _flat(value: Any) -> dict[str, Any]:
    row: dict[str, Any] = {}
    kind: type[Struct] = type(value)
    for name, nested in _columns(kind):
        found = getattr(value, name)
        if nested is None:
            row[name] = _plain(found)
        else:
            inner = _empty(nested) if found is None else _flat(found)
            row.update({f"{name}_{key}": item for key, item in inner.items()})
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, tuple):
        return [_flat(item) for item in value]
    return value


def _empty(kind: type[Struct]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, nested in _columns(kind):
        if nested is None:
            row[name] = None
        else:
            row.update({f"{name}_{key}": None for key in _empty(nested)})
    return row


@cache
def _columns(kind: type[Struct]) -> tuple[tuple[str, type[Struct] | None], ...]:
    """Return the fields of a class, each with its nested class, if it has one."""
    found = []
    for field in fields(kind):
        options = [field.type, *typing.get_args(field.type)]
        nested = [o for o in options if isinstance(o, type) and issubclass(o, Struct)]
        is_tuple = typing.get_origin(field.type) is tuple
        found.append((field.name, nested[0] if nested and not is_tuple else None))
    return tuple(found)
