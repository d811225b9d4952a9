"""Decoders that make records straight from the bytes, for answers of the documented shape.

msgspec makes an object of a class by setting its slots one by one, under the names it meets in
the JSON. So that no row is copied from one object into another, it is given a twin of each
record class: a subclass without slots of its own, which knows the slots of the record under the
server's names. What it made is then told that it is a record.
"""

from __future__ import annotations

import typing
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import count, repeat
from typing import Annotated, Any, Generic, NoReturn, TypeVar

import attrs
import msgspec

from .base import Answer, Record
from .records import (
    Convert,
    ConvertStep,
    Deal,
    Order,
    PartialWithdrawal,
    Transaction,
    TransactionDetails,
)

T = TypeVar("T")

FAST_ERRORS = (msgspec.DecodeError, ValueError, ArithmeticError, RecursionError)
"""What a decoder raises on anything that is not of the documented shape.

Beside its own errors these are what ``datetime``, ``Decimal`` and ``bytes.decode`` raise in it.
"""


class Unusual(msgspec.ValidationError):
    """Say that an answer needs the tolerant reading."""


class Rows(msgspec.Struct, Generic[T]):
    """The envelope of a list that says how many rows there are."""

    records: list[T]
    total: int


_Setter = Callable[[Any, Any], None]

# How a field's type is decoded, where that differs.
_AWARE = Annotated[datetime, msgspec.Meta(tz=True)]
_AS_DECODED: dict[Any, Any] = {datetime: _AWARE, datetime | None: _AWARE | None}


def _absent() -> NoReturn:
    # Called for a required field that is not there. A default, since msgspec wants fields
    # without one first, and is quickest with fields in the order in which they come.
    raise Unusual("a required field is missing")


def _twin(kind: type[attrs.AttrsInstance], *, every_name: bool = False) -> Any:
    """Return a subclass that shows msgspec a record's slots under their names on the wire.

    Args:
        kind: The class of the record.
        every_name: Whether to look for a field under all its names, not only the likely one.
    """
    hints = typing.get_type_hints(kind)
    fields, annotations = [], {}
    members: dict[str, Any] = {"__slots__": ()}
    for field in attrs.fields(kind):
        hint = hints[field.name]
        default = attrs.Factory(_absent) if field.default is attrs.NOTHING else field.default
        slot = kind.__dict__[field.name]
        known = field.metadata.get("wire", (field.name,))
        for name in known if every_name else known[:1]:
            annotations[name] = _AS_DECODED.get(hint, hint)
            fields.append(field.evolve(name=name, default=default))
            if field.metadata.get("rare"):
                # msgspec asks each row whether it has each field, and looks at no answer but an
                # AttributeError. `callable` is the cheapest answer that is none.
                members[name] = property(callable, _rare_setter(slot.__set__, hint))
            elif name != field.name:
                members[name] = slot
    members |= {"__annotations__": annotations, "__attrs_attrs__": tuple(fields)}
    return type(kind.__name__, (kind,), members)


def _rare_setter(put: _Setter, hint: Any) -> _Setter:
    if hint != Decimal | None:
        return put

    def put_amount(record: Any, amount: Decimal | None) -> None:
        if amount is not None and not amount.is_finite():
            raise Unusual("an amount is not finite")
        put(record, amount)

    return put_amount


def _of(generic: Any, *types: Any) -> Any:
    """Return a generic type of twins, which a type checker does not know for types."""
    return generic[types]


def _decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    # Not strict: unix seconds become datetimes, and numbers in quotes numbers.
    return msgspec.json.Decoder(shape, strict=False, float_hook=Decimal)


_AS_DECODED[PartialWithdrawal | None] = _twin(PartialWithdrawal) | None
_AS_DECODED[TransactionDetails | None] = _twin(TransactionDetails) | None
_AS_DECODED[tuple[ConvertStep, ...]] = _of(tuple, _twin(ConvertStep), ...)

_order, _deal = _twin(Order), _twin(Deal)

TRANSACTIONS = _decoder(_of(Rows, _twin(Transaction)))
TRANSACTIONS_OF_EITHER_SPELLING = _decoder(_of(Rows, _twin(Transaction, every_name=True)))
CONVERTS = _decoder(_of(Rows, _twin(Convert)))
ORDERS_BY_MARKET = _decoder(_of(dict, str, _of(list, _order)))
DEALS_BY_MARKET = _decoder(_of(dict, str, _of(list, _deal)))
DEALS = _decoder(_of(list, _deal))

_set_class = object.__dict__["__class__"].__set__
_set_answer = Record.__dict__["_answer"].__set__
_set_row = Record.__dict__["_row"].__set__
_MARKET = {Order: Order.__dict__["market"].__set__, Deal: Deal.__dict__["market"].__set__}


def read(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Decode a body that is UTF-8 from end to end: msgspec looks only at what it keeps."""
    if not body.isascii():
        body.decode("utf-8")
    return decoder.decode(body)


def settle(kind: type[attrs.AttrsInstance], twins: Iterable[Any]) -> None:
    """Make twins what they are twins of."""
    deque(map(_set_class, twins, repeat(kind)), maxlen=0)


def set_origin(records: Sequence[Record], answer: Answer, first: int = 0) -> None:
    """Tell each record which row of an answer it is, from the first on."""
    deque(map(_set_answer, records, repeat(answer)), maxlen=0)
    deque(map(_set_row, records, count(first)), maxlen=0)


def set_market(kind: type[Order] | type[Deal], records: Iterable[Order | Deal], name: str) -> None:
    """Tell each order or deal its market."""
    deque(map(_MARKET[kind], records, repeat(name)), maxlen=0)
