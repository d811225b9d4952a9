"""Windows of time in which orders, deals and conversions are read."""

from __future__ import annotations

import calendar
import math
from collections.abc import Mapping
from datetime import UTC, datetime

from whitebit_api.operations import Dates

from ..regions import operation
from .parameters import READS

DAY = 86_400


DATES: Mapping[str, Dates] = {
    read: dates for read, name in READS.items() if (dates := operation(name).dates) is not None
}
"""How each read takes dates, where it does."""
AHEAD: Mapping[str, int] = {"orders": 60, "deals": 60}
"""Seconds after now that a walk "until now" asks for, so that a clock that is slow hides nothing;
where the server takes a time to come."""
PATIENCE = 2
"""Days that the server's idea of six months may be shorter than ours."""


def oldest_kept(now: float, months: int) -> int:
    """Return midnight UTC so many months ago: the server refuses earlier times."""
    today = datetime.fromtimestamp(now, UTC)
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    day = min(today.day, calendar.monthrange(year, month + 1)[1])
    return int(datetime(year, month + 1, day, tzinfo=UTC).timestamp())


def whole_second_before(time: datetime) -> int:
    """Return the last whole second that is not later than a time."""
    return math.floor(time.timestamp())


def whole_second_after(time: datetime) -> int:
    """Return the first whole second that is not earlier than a time."""
    return math.ceil(time.timestamp())
