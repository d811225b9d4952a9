"""Pages of records; the records themselves are generated from the spec."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import attrs

from whitebit_api.records import (
    Confirmations,
    Convert,
    ConvertStep,
    Deal,
    MainBalance,
    Order,
    PartialWithdrawal,
    Record,
    SpotBalance,
    Transaction,
    TransactionDetails,
)

from .frames import to_dict

__all__ = [
    "Confirmations",
    "Convert",
    "ConvertStep",
    "Deal",
    "MainBalance",
    "Order",
    "Page",
    "PartialWithdrawal",
    "R",
    "Record",
    "SpotBalance",
    "Transaction",
    "TransactionDetails",
]

R = TypeVar("R", bound=Record)


@attrs.frozen
class Page(Generic[R]):
    """Rows that one request brought, newest first.

    Attributes:
        records: The rows.
        total: How many rows there are in all, where the server says it.
    """

    records: tuple[R, ...]
    total: int | None = None

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[R]:
        return iter(self.records)

    def __bool__(self) -> bool:
        return bool(self.records)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one flat dict per row, as ``to_dict`` makes it."""
        return [to_dict(record) for record in self.records]
