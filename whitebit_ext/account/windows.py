"""Time windows in which orders, deals and conversions are read."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import UTC, datetime

from whitebit_api.operations import Dates

from ..regions import operation
from .parameters import READS

DAY = 86_400


DATES: Mapping[str, Dates] = {
    read: dates for read, name in READS.items() if (dates := operation(name).dates) is not None
}
"""The date parameters of each read that has them."""
AHEAD: Mapping[str, int] = {"orders": 60, "deals": 60}
"""Seconds added to "now" where the server accepts future times, so that a slow clock hides no
rows."""
PATIENCE = 2
"""Days by which the server's six months may be shorter than ours."""


def oldest_kept(now: float, months: int) -> int:
    """Return midnight UTC ``months`` ago, in unix seconds: the server rejects earlier times."""
    today = datetime.fromtimestamp(now, UTC)
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    day = min(today.day, calendar.monthrange(year, month + 1)[1])
    return int(datetime(year, month + 1, day, tzinfo=UTC).timestamp())
