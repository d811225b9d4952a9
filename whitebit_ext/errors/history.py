"""Errors of reading histories: a row that is no record, and rows that cannot be reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .answers import MalformedResponse
from .base import WhiteBITError


class MalformedRecord(MalformedResponse):
    """Report a row of a history that cannot be a record.

    Attributes:
        field: The field as the server names it; empty where the row is no object at all.
        row: The row's place in the answer, from 0.
        raw: The row as it came, with fractions as ``Decimal``.
    """

    default_hint = "Look at .raw for what the server sent; report it if it should be readable."

    def __init__(
        self, message: str, *, operation: str | None, field: str, row: int, raw: Any
    ) -> None:
        super().__init__(message, operation=operation)
        self.field = field
        self.row = row
        self.raw = raw

    def _extra(self) -> dict[str, Any]:
        return {"field": self.field, "row": self.row, "raw": self.raw}


@dataclass(frozen=True, slots=True)
class Unreached:
    """A part of a history with rows that no request can reach.

    Attributes:
        method: 1 for deposits, 2 for withdrawals; ``None`` where both are meant.
        ticker: The currency; ``None`` where all, or unknown ones, are meant.
        status: The status code; ``None`` where all, or unknown ones, are meant.
        rows: How many rows were not reached, as far as the server's totals tell.
    """

    method: int | None
    ticker: str | None
    status: int | None
    rows: int


class HistoryTruncated(WhiteBITError):
    """Report that a walk ended before the end of the history, after all that could be reached.

    WhiteBIT pages through no more than 10,000 rows of one filter (contract, `tables.md`).

    Attributes:
        reached: How many rows were read.
        total: How many rows the server says there are.
        unreached: Where the missing rows are.
    """

    default_hint = (
        "What was yielded is whole up to the parts in .unreached; narrow the walk by address, "
        "memo or since=, or ask WhiteBIT for an export."
    )

    def __init__(
        self,
        message: str,
        *,
        operation: str | None = None,
        reached: int,
        total: int,
        unreached: Sequence[Unreached],
    ) -> None:
        super().__init__(message, operation=operation)
        self.reached = reached
        self.total = total
        self.unreached = tuple(unreached)

    def _extra(self) -> dict[str, Any]:
        return {"reached": self.reached, "total": self.total, "unreached": self.unreached}
