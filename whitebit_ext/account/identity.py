"""Which rows are the same row: pages overlap whenever rows arrive during a walk."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from whitebit_api.records import Convert, Deal, Order, Record, Transaction

REMEMBERED = 12_000
"""Rows that a walk remembers. Rows come again only as far back as others arrived meanwhile."""


def identities(records: Sequence[Record]) -> list[str]:
    """Return what tells each row of one page from all others, as 16 hex digits."""
    seen: Counter[str] = Counter()
    found = []
    for record in records:
        name = _name(record)
        if name is None:
            # Without an id only the content is left; twins on one page are two rows.
            name = repr(record)
            seen[name] += 1
            name = f"{seen[name]} {name}"
        found.append(hashlib.blake2b(name.encode(), digest_size=8).hexdigest())
    return found


def _name(record: Record) -> str | None:
    if isinstance(record, Transaction):
        if record.transaction_id:
            return f"{record.method} {record.transaction_id}"
        return f"{record.method} unique {record.unique_id}" if record.unique_id else None
    if isinstance(record, Order):
        return f"{record.market} {record.id}"
    if isinstance(record, Deal):
        # Who deals with himself has one deal twice: as the maker, and as the taker.
        return f"{record.market} {record.id} {record.order_id} {record.role}"
    return record.id if isinstance(record, Convert) else None


class Remembered:
    """The rows that came last, by identity; the oldest are forgotten."""

    __slots__ = ("_names",)

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = dict.fromkeys(names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> None:
        """Remember a row."""
        self._names[name] = None
        if len(self._names) > REMEMBERED:
            del self._names[next(iter(self._names))]
