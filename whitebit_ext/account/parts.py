"""Parts of a history of transactions, each small enough to be paged through.

Past 10,000 rows WhiteBIT has one narrow by method, ticker and status (contract, `tables.md`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any

import attrs

from ..errors import BadRequest, Unreached
from ..steps import Steps
from .enums import OUTCOMES
from .listing import CAP, Fetch
from .records import Transaction

Kind = tuple[int, str, int]
"""Method, ticker and status of a row."""
_ROUNDS = 3
ROOM = 1_000
"""Rows that a part may grow by during the walk, and still be paged through."""


@attrs.frozen
class Part:
    """The rows of one method, ticker and status; ``None`` is any."""

    method: int | None = None
    ticker: str | None = None
    status: int | None = None
    total: int = 0

    def holds(self, kind: Kind) -> bool:
        """Tell whether rows of this kind are in the part."""
        wanted = (self.method, self.ticker, self.status)
        return all(own is None or own == its for own, its in zip(wanted, kind, strict=True))


@attrs.define
class Partition:
    """Split a history until every part can be paged through, and compare the totals.

    Attributes:
        filters: What the caller asked for.
        fetch: Sends one read.
        tickers: Lists all currencies, for those that no row has shown; ``None`` if nobody can.
        seen: How many rows of each kind the walk has passed.
        unreached: Where the parts of a part are fewer than the part.
    """

    filters: Mapping[str, Any]
    fetch: Fetch[Transaction]
    tickers: Callable[[], Steps[Iterable[str]]] | None
    seen: Counter[Kind]
    unreached: list[Unreached] = attrs.field(factory=list)

    def whole(self) -> Steps[Part]:
        """Return the whole that the caller asked for, with its total."""
        status = self.filters.get("status", ())
        part = Part(
            self.filters.get("transactionMethod"),
            self.filters.get("ticker"),
            status[0] if len(status) == 1 else None,
        )
        return attrs.evolve(part, total=(yield from self._count(part)))

    def split(self, part: Part) -> Steps[list[Part]]:
        """Return the parts of a part; what cannot be split any further is perhaps too large."""
        if part.total <= CAP - ROOM or None not in (part.method, part.ticker, part.status):
            return [part]
        if part.method is None:
            candidates = [attrs.evolve(part, method=method) for method in OUTCOMES]
        elif part.ticker is None:
            names = sorted({kind[1] for kind in self.seen if part.holds(kind)})
            candidates = [attrs.evolve(part, ticker=name) for name in names]
        else:
            codes = self._codes(part.method)
            candidates = [attrs.evolve(part, status=code) for code in codes]
        found, total = yield from self._sized(part, candidates)
        # What arrived since the part was counted is not missed, nor what has left since.
        part = attrs.evolve(part, total=min(part.total, total))
        if sum(child.total for child in found) < part.total and part.ticker is None:
            found = yield from self._other_tickers(part, found)
        short = part.total - sum(child.total for child in found)
        if short > 0:
            self.unreached.append(Unreached(part.method, part.ticker, part.status, short))
        leaves = []
        for child in found:
            leaves += yield from self.split(child)
        return leaves

    def _sized(self, part: Part, candidates: list[Part]) -> Steps[tuple[list[Part], int]]:
        """Count the candidates until they make up the part, which may grow meanwhile.

        Returns:
            Those that have rows, and how many the part has now.
        """
        found, whole = list[Part](), 0
        for _ in range(_ROUNDS):
            found = []
            for candidate in candidates:
                total = yield from self._count(candidate)
                if total:
                    found.append(attrs.evolve(candidate, total=total))
            whole = yield from self._count(part)
            if sum(child.total for child in found) >= whole:
                break
        return found, whole

    def _other_tickers(self, part: Part, found: list[Part]) -> Steps[list[Part]]:
        """Look among all currencies for those that no row has shown so far."""
        if part.method is None or self.tickers is None:
            return found
        known = {child.ticker for child in found}
        found = list(found)
        for name in sorted(set((yield from self.tickers())) - known):
            if sum(child.total for child in found) >= part.total:
                break
            candidate = attrs.evolve(part, ticker=name)
            total = yield from self._count(candidate)
            if total:
                found.append(attrs.evolve(candidate, total=total))
        return found

    def _codes(self, method: int) -> list[int]:
        """Return the status codes to ask for: those asked for, or all that are known or seen."""
        known = set(OUTCOMES.get(method, ()))
        if asked := self.filters.get("status"):
            # Of codes that the contract knows, the server takes only those of the method.
            others = {code for table in OUTCOMES.values() for code in table}
            return [code for code in asked if code in known or code not in others]
        return sorted(known | {kind[2] for kind in self.seen if kind[0] == method})

    def parameters(self, part: Part) -> dict[str, Any]:
        """Return what to ask the server for to get a part."""
        body = dict(self.filters)
        if part.method is not None:
            body["transactionMethod"] = part.method
            if "status" in body:
                body["status"] = self._codes(part.method)
        if part.ticker is not None:
            body["ticker"] = part.ticker
        if part.status is not None:
            body["status"] = [part.status]
        return body

    def _count(self, part: Part) -> Generator[Any, Any, int]:
        body = self.parameters(part)
        if body.get("status") == []:
            return 0
        try:
            page = yield from self.fetch({**body, "limit": 1, "offset": 0})
        except BadRequest:
            # A code that a row has shown, and that the server does not take as a filter.
            if part.status is not None and part.status not in OUTCOMES.get(part.method or 0, ()):
                return 0
            raise
        return len(page) if page.total is None else page.total
