# Made from whitebit_ext/_async/partition.py by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""Partition of a history of transactions into parts that can be paged through, by counting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import attrs

from whitebit_api.enumerations import OUTCOMES
from whitebit_api.records import Transaction

from ..account.listing import CAP
from ..account.parts import (
    ROOM,
    ROUNDS,
    Kind,
    Part,
    codes_to_ask_for,
    may_be_refused,
    parameters_of,
    whole_of,
)
from ..errors import BadRequest, Unreached
from .walk import Fetch, Tickers


class Partition:
    """A partition of a history, split until every part can be paged through.

    Args:
        filters: The caller's filters.
        fetch: Sends one read.
        tickers: Lists all currencies, to find those that no row has shown, if available.
        seen: Number of rows of each kind that the walk has passed.

    Attributes:
        unreached: The parts whose own parts have fewer rows than they have.
    """

    def __init__(
        self,
        filters: Mapping[str, Any],
        fetch: Fetch[Transaction],
        tickers: Tickers | None,
        seen: Counter[Kind],
    ) -> None:
        self._filters = filters
        self._fetch = fetch
        self._tickers = tickers
        self._seen = seen
        self.unreached: list[Unreached] = []

    def whole(self) -> Part:
        """Return the whole history that the filters select, with its total."""
        part = whole_of(self._filters)
        return attrs.evolve(part, total=self._count(part))

    def split(self, part: Part) -> list[Part]:
        """Split a part recursively; a part that cannot be split further may still be too large."""
        if part.total <= CAP - ROOM or None not in (part.method, part.ticker, part.status):
            return [part]
        if part.method is None:
            candidates = [attrs.evolve(part, method=method) for method in OUTCOMES]
        elif part.ticker is None:
            names = sorted({kind[1] for kind in self._seen if part.holds(kind)})
            candidates = [attrs.evolve(part, ticker=name) for name in names]
        else:
            codes = codes_to_ask_for(self._filters, part.method, self._seen)
            candidates = [attrs.evolve(part, status=code) for code in codes]
        found, total = self._sized(part, candidates)
        # Rows that arrived or left since the part was counted are not missing.
        part = attrs.evolve(part, total=min(part.total, total))
        if sum(child.total for child in found) < part.total and part.ticker is None:
            found = self._other_tickers(part, found)
        short = part.total - sum(child.total for child in found)
        if short > 0:
            self.unreached.append(Unreached(part.method, part.ticker, part.status, short))
        leaves = []
        for child in found:
            leaves += self.split(child)
        return leaves

    def _sized(self, part: Part, candidates: list[Part]) -> tuple[list[Part], int]:
        """Count the candidates until they add up to the part, which may grow meanwhile.

        Returns:
            The candidates that have rows, and the part's current total.
        """
        found, whole = list[Part](), 0
        for _ in range(ROUNDS):
            found = []
            for candidate in candidates:
                total = self._count(candidate)
                if total:
                    found.append(attrs.evolve(candidate, total=total))
            whole = self._count(part)
            if sum(child.total for child in found) >= whole:
                break
        return found, whole

    def _other_tickers(self, part: Part, found: list[Part]) -> list[Part]:
        """Count the currencies that no row has shown so far, until the total is reached."""
        if part.method is None or self._tickers is None:
            return found
        known = {child.ticker for child in found}
        found = list(found)
        for name in sorted(set(self._tickers()) - known):
            if sum(child.total for child in found) >= part.total:
                break
            candidate = attrs.evolve(part, ticker=name)
            total = self._count(candidate)
            if total:
                found.append(attrs.evolve(candidate, total=total))
        return found

    def _count(self, part: Part) -> int:
        body = parameters_of(part, self._filters, self._seen)
        if body.get("status") == []:
            return 0
        try:
            page = self._fetch({**body, "limit": 1, "offset": 0})
        except BadRequest:
            # A status code seen in a row that the server does not accept as a filter.
            if may_be_refused(part):
                return 0
            raise
        return len(page) if page.total is None else page.total
