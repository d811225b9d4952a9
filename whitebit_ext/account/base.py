"""What the records have in common: names on the wire, and the row as it came."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import attrs

C = TypeVar("C", bound=type[attrs.AttrsInstance])


def names(*names: str) -> dict[str, Any]:
    """Give a field the names that the server has for it; of several, it uses one."""
    return {"wire": names}


def rare(name: str) -> dict[str, Any]:
    """Give a field its name on the wire, and say that most rows do not have it.

    Its class must be decorated with ``leave_rare_unset``.
    """
    return {"wire": (name,), "rare": True}


class _Rare:
    """A slot that reads as ``None`` while nothing was put into it."""

    __slots__ = ("_slot",)

    def __init__(self, slot: Any) -> None:
        self._slot = slot

    def __get__(self, record: Any, owner: type | None = None) -> Any:
        if record is None:
            return self
        try:
            return self._slot.__get__(record, owner)
        except AttributeError:
            return None

    def __set__(self, record: Any, value: Any) -> None:
        self._slot.__set__(record, value)


def leave_rare_unset(kind: C) -> C:
    """Let the decoder skip a record's rare fields in the rows that do not have them.

    A ``__getattr__`` would do it too, at the price of a slower look-up of every other field, and
    msgspec looks each of them up once a row.
    """
    for field in attrs.fields(kind):
        if field.metadata.get("rare"):
            setattr(kind, field.name, _Rare(kind.__dict__[field.name]))
    return kind


@cache
def wire_names(kind: type[attrs.AttrsInstance]) -> Mapping[str, str]:
    """Return the field of a record by each name that the server has for it."""
    return MappingProxyType(
        {
            wire: field.name
            for field in attrs.fields(kind)
            for wire in field.metadata.get("wire", (field.name,))
        }
    )


def _attrs_class(record: Any) -> type[attrs.AttrsInstance]:
    found: type[attrs.AttrsInstance] = type(record)
    return found


class Answer(Protocol):
    """The answer that a record came in."""

    def raw(self, row: int) -> Mapping[str, Any]:
        """Parse the answer again, and return a row as it came."""


class Record:
    """Base of the rows of a history."""

    __slots__ = ("_answer", "_row")

    # Two slots rather than a pair: 500 pairs a page would keep the garbage collector busy.
    _answer: Answer
    _row: int

    @property
    def raw(self) -> Mapping[str, Any]:
        """The row as it came, fractions as ``Decimal``; parsed from the answer when asked for.

        Empty for a record that was made by hand, copied or unpickled.
        """
        answer = getattr(self, "_answer", None)
        return MappingProxyType({} if answer is None else dict(answer.raw(self._row)))

    @property
    def unknown(self) -> Mapping[str, Any]:
        """Fields of the row that the contract does not know."""
        known = wire_names(_attrs_class(self))
        return MappingProxyType({k: v for k, v in self.raw.items() if k not in known})
