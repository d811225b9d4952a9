"""Parts of a history of transactions, each small enough to be paged through.

Past 10,000 rows, WhiteBIT requires narrowing by method, ticker and status (contract, `tables.md`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from whitebit_api.enumerations import OUTCOMES

Kind = tuple[int, str, int]
"""Method, ticker and status of a row."""
ROUNDS = 3
"""Attempts at counting parts until they add up to the whole, which may grow meanwhile."""
ROOM = 1_000
"""Rows that a part may grow by during the walk and still be paged through."""


@attrs.frozen
class Part:
    """The rows of one method, ticker and status; ``None`` is any."""

    method: int | None = None
    ticker: str | None = None
    status: int | None = None
    total: int = 0

    def holds(self, kind: Kind) -> bool:
        """Return whether rows of this kind belong to the part."""
        wanted = (self.method, self.ticker, self.status)
        return all(own is None or own == its for own, its in zip(wanted, kind, strict=True))


def codes_to_ask_for(filters: Mapping[str, Any], method: int, seen: Iterable[Kind]) -> list[int]:
    """Return the status codes to request: those in the filters, or all known or seen ones."""
    known = set(OUTCOMES.get(method, ()))
    if asked := filters.get("status"):
        # Of the documented codes, the server accepts only those of the method.
        others = {code for table in OUTCOMES.values() for code in table}
        return [code for code in asked if code in known or code not in others]
    return sorted(known | {kind[2] for kind in seen if kind[0] == method})


def parameters_of(part: Part, filters: Mapping[str, Any], seen: Iterable[Kind]) -> dict[str, Any]:
    """Return the parameters that request a part."""
    body = dict(filters)
    if part.method is not None:
        body["transactionMethod"] = part.method
        if "status" in body:
            body["status"] = codes_to_ask_for(filters, part.method, seen)
    if part.ticker is not None:
        body["ticker"] = part.ticker
    if part.status is not None:
        body["status"] = [part.status]
    return body


def whole_of(filters: Mapping[str, Any]) -> Part:
    """Return the part that the filters select, not counted yet."""
    status = filters.get("status", ())
    return Part(
        filters.get("transactionMethod"),
        filters.get("ticker"),
        status[0] if len(status) == 1 else None,
    )


def may_be_refused(part: Part) -> bool:
    """Return whether the server may reject a part's status as a filter."""
    return part.status is not None and part.status not in OUTCOMES.get(part.method or 0, ())
