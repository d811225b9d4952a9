"""Identities of rows, to find duplicates: pages overlap if rows arrive during a walk."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from whitebit_api.records import Convert, Deal, Order, Record, Transaction

REMEMBERED = 12_000
"""Rows that a walk remembers. A row can repeat only as many rows later as arrived meanwhile."""


def identities(records: Sequence[Record]) -> list[str]:
    """Return an identity of each row of one page, as 16 hex digits."""
    seen: Counter[str] = Counter()
    found = []
    for record in records:
        name = _name(record)
        if name is None:
            # Without an id, the content identifies a row; equal rows on one page are two rows.
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
        # A self-trade appears twice: once as maker, once as taker.
        return f"{record.market} {record.id} {record.order_id} {record.role}"
    return record.id if isinstance(record, Convert) else None


class Remembered:
    """The identities of the most recent rows; the oldest are dropped."""

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
