"""What tests of walks share: a query of each read, and rows that arrive meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from whitebit_ext.account.parameters import (
    Query,
    converts_query,
    deals_query,
    orders_query,
    transactions_query,
)

from .server import NOW, History

QUERIES: dict[str, Callable[..., Query]] = {
    "transactions": transactions_query,
    "orders": orders_query,
    "deals": deals_query,
    "converts": converts_query,
}
READS = pytest.mark.parametrize("read", list(QUERIES))
DAY = 86_400


class Arrivals:
    """Add rows at the head of a history before each answer."""

    def __init__(self, each: int, most: int, **other: Any) -> None:
        self.each = each
        self.most = most
        self.other = other
        self.came = 0

    def __call__(self, history: History) -> None:
        """Add some, until all have come."""
        for _ in range(min(self.each, self.most - self.came)):
            self.came += 1
            history.add(1_000_000 + self.came, NOW - 50 + self.came / 20, **self.other)
