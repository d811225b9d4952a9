"""Convert rows without the documented shape to records (contract, section 8).

Each field of the parsed JSON is converted separately, which is slower than msgspec's decoder.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from whitebit_api.enumerations import OpenNumber, OpenText
from whitebit_api.records import names

from ..errors import MalformedRecord

T = TypeVar("T", bound=Struct)
# Converts a parsed JSON value, or raises `_Unfit`.
_Reading = Callable[[Any], Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = Decimal("0.000001")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?\s*", re.ASCII)
_BOOLEANS: Mapping[Any, bool] = {"1": True, "true": True, "0": False, "false": False, "": False}
_LONGEST = 10_000  # digits; Python itself refuses longer integers


class _Unfit(Exception):
    """A value that cannot be converted; ``field`` is its path within the row."""

    def __init__(self, field: str = "") -> None:
        super().__init__(field)
        self.field = field


def read_record(
    kind: type[T], raw: Any, *, operation: str, row: int, given: Mapping[str, Any]
) -> T:
    """Convert a row to a record.

    Args:
        kind: The class of the record.
        raw: The row as parsed from JSON.
        operation: The ``operationId``, for the error.
        row: The row's number in the response, for the error.
        given: Values of fields that the row itself does not contain.

    Raises:
        MalformedRecord: a required field is missing or unreadable.
    """
    if not isinstance(raw, dict):
        field, problem = "", "is no object"
    else:
        try:
            return _object(kind, raw, given)
        except _Unfit as unfit:
            field, problem = unfit.field, f"has no readable {unfit.field}"
    raise MalformedRecord(
        f"row {row} {problem}", operation=operation, field=field, row=row, raw=raw
    )


def _object(kind: type[T], raw: Mapping[str, Any], given: Mapping[str, Any]) -> T:
    values = dict(given)
    known = names(kind)
    readings = _readings(kind)
    for name, value in raw.items():
        field = known.get(name)
        # If a field comes under two names, the one with a value is used.
        if field is None or value is None:
            continue
        try:
            found = readings[field](value)
        except _Unfit as unfit:
            raise _Unfit(f"{name}.{unfit.field}" if unfit.field else name) from None
        if found is not None:
            values[field] = found
    for needed in _needed(kind):
        if needed.name not in values:
            raise _Unfit(needed.encode_name)
    return kind(**values)


@cache
def _needed(kind: type[Struct]) -> list[FieldInfo]:
    """Return the required fields, including the one that is the key of a map."""
    in_json = set(names(kind).values())
    return [f for f in fields(kind) if f.required or f.name not in in_json]


@cache
def _readings(kind: type[Struct]) -> Mapping[str, _Reading]:
    hints = typing.get_type_hints(kind)
    return {field.name: _reading(hints[field.name]) for field in fields(kind)}


def _reading(hint: Any) -> _Reading:
    optional = typing.get_origin(hint) in (types.UnionType, typing.Union)
    if optional:
        (hint,) = (option for option in typing.get_args(hint) if option is not type(None))
    read = _required(hint)
    if not optional or hint is str:
        return read
    # Text that means "missing"; for an enumeration, empty text is a value.
    missing = ("null",) if issubclass(hint, OpenText) else ("", "null")
    return lambda value: (
        None if isinstance(value, str) and value.lower() in missing else read(value)
    )


def _required(hint: Any) -> _Reading:
    if hint is Any:
        return lambda value: value
    if typing.get_origin(hint) is tuple:
        return _several(typing.get_args(hint)[0])
    if issubclass(hint, Struct):
        return _nested(hint)
    if issubclass(hint, OpenNumber):
        return lambda value: hint(_integer(value))
    if issubclass(hint, OpenText):
        return lambda value: hint(_text(value))
    return _PLAIN[hint]


def _nested(kind: type[Struct]) -> _Reading:
    needs = bool(_needed(kind))

    def read(value: Any) -> Any:
        if value == []:  # an empty map, as PHP writes it
            value = {}
        if not isinstance(value, dict):
            raise _Unfit
        return None if needs and not value else _object(kind, value, {})

    return read


def _several(kind: type[Struct]) -> _Reading:
    def read(value: Any) -> Any:
        rows = rows_of(value)
        if rows is None or not all(isinstance(row, dict) for row in rows):
            raise _Unfit
        return tuple(_object(kind, row, {}) for row in rows)

    return read


def rows_of(value: Any) -> list[Any] | None:
    """Return a list as PHP encodes it, or ``None`` if the value is not a list.

    PHP encodes a list from which an element was removed as a map by index, and sometimes an
    empty list as null.
    """
    if value is None:
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and all(key.isascii() and key.isdigit() for key in value):
        return list(value.values())
    return None


def integer_or_none(value: Any) -> int | None:
    """Return a value as an integer, or ``None`` if it is missing or unreadable."""
    try:
        return _integer(value)
    except _Unfit:
        return None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return str(value)
    raise _Unfit


def _decimal(value: Any) -> Decimal:
    if isinstance(value, str) and len(value) <= _LONGEST:
        try:
            value = Decimal(value)
        except InvalidOperation:
            raise _Unfit from None
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        found = Decimal(value)
        if found.is_finite():
            return found
    raise _Unfit


def _integer(value: Any) -> int:
    if isinstance(value, bool):
        return int(value)
    found = _decimal(value)
    # Check the exponent first: 1E+999999 as an integer would exhaust the memory.
    if found.adjusted() > 100 or found != found.to_integral_value():
        raise _Unfit
    return int(found)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    found = _BOOLEANS.get(_text(value).lower())
    if found is None:
        raise _Unfit
    return found


def _datetime(value: Any) -> datetime:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        try:
            found = datetime.fromisoformat(value)
            # Without a UTC offset, the time zone is unknown.
            if found.tzinfo is None:
                raise _Unfit
            return found.astimezone(UTC)
        except (ValueError, OverflowError):
            raise _Unfit from None
    seconds = _decimal(value)
    if seconds.adjusted() > 12:
        raise _Unfit
    try:
        return _EPOCH + timedelta(microseconds=int(seconds.quantize(_MICROSECOND) * 1_000_000))
    except (OverflowError, InvalidOperation):
        raise _Unfit from None


_PLAIN: Mapping[type, _Reading] = {
    str: _text,
    int: _integer,
    bool: _boolean,
    Decimal: _decimal,
    datetime: _datetime,
}
