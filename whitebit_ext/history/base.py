"""What the records have in common: names on the wire, and the row as it came."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import attrs


def names(*names: str) -> dict[str, Any]:
    """Give a field the names that the server has for it; of several, it uses one."""
    return {"wire": names}


def rare(name: str) -> dict[str, Any]:
    """Give a field its name on the wire, and say that most rows do not have it."""
    return {"wire": (name,), "rare": True}


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


@cache
def _rare_names(kind: type[attrs.AttrsInstance]) -> frozenset[str]:
    return frozenset(field.name for field in attrs.fields(kind) if field.metadata.get("rare"))


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

    if not TYPE_CHECKING:  # or any misspelt name would pass the type checker

        def __getattr__(self, name: str) -> None:
            """Stand in for a rare field that did not come: the decoder leaves it unset."""
            if name in _rare_names(_attrs_class(self)):
                return
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

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
