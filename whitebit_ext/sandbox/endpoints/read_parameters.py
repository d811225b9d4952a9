"""Validation of the parameters of history reads (`tables.md`).

The contract documents few of the error texts; the others are translation keys in the same style.
Callers rely on statuses, codes and field names.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeGuard

import attrs
from starlette.responses import Response

from .. import answers

DAY: Final = 86_400
_NEWEST: Final = 2**53  # the latest date


class Invalid(Exception):
    """A parameter is invalid."""

    def __init__(self, status: int, code: int, errors: Mapping[str, list[str]]) -> None:
        super().__init__(f"refused with status {status} and code {code}")
        self.status, self.code, self.errors = status, code, dict(errors)

    def answer(self) -> Response:
        """Return the error response."""
        return answers.v4_error(self.status, self.code, "Validation failed", self.errors)


@attrs.frozen
class Parameters:
    """The parameters in the body of a read.

    Each method raises Invalid, with the status and code of the read, for a value that the server
    does not accept.
    """

    content: Mapping[str, Any]
    status: int
    code: int

    def refuse(self, *names: str, text: str) -> Invalid:
        """Return an error for some fields, to be raised."""
        return Invalid(self.status, self.code, {name: [text] for name in names})

    def has(self, name: str) -> bool:
        """Return whether a field is present."""
        return name in self.content

    def text(self, name: str) -> str | None:
        """Return a string, or None if it is missing."""
        value = self.content.get(name)
        if name in self.content and not isinstance(value, str):
            raise self.refuse(name, text="validation.string")
        return value

    def integer(
        self, name: str, *, least: int, most: int | None = None, default: int | None = None
    ) -> int | None:
        """Return an integer within a range, or the default if it is missing."""
        if name not in self.content:
            return default
        value = self.content[name]
        if not is_integer(value):
            raise self.refuse(name, text="validation.integer")
        if value < least:
            raise self.refuse(name, text="validation.min.numeric")
        if most is not None and value > most:
            raise self.refuse(name, text="validation.max.numeric")
        return value

    def page(self, most: int, default: int) -> tuple[int, int]:
        """Return limit and offset."""
        limit = self.integer("limit", least=1, most=most, default=default)
        offset = self.integer("offset", least=0, default=0)
        return limit or default, offset or 0

    def choice(self, name: str, choices: Collection[Any]) -> Any:
        """Return one of several values, or None if it is missing."""
        value = self.content.get(name)
        if name in self.content and (isinstance(value, (bool, list, dict)) or value not in choices):
            raise self.refuse(name, text="validation.in")
        return value

    def date(self, name: str, *, as_text: bool = False) -> int | None:
        """Return a time in Unix seconds, or None if it is missing."""
        value = self.content.get(name)
        if name not in self.content:
            return None
        if as_text:
            if not isinstance(value, str):
                raise self.refuse(name, text="validation.string")
            value = int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None
        if not is_integer(value) or not 0 <= value < _NEWEST:
            raise self.refuse(name, text="validation.date")
        return value


@attrs.frozen
class Dates:
    """The rules for the two dates of a read.

    Attributes:
        start: The name of the start date.
        end: The name of the end date.
        days: The maximum number of days between them.
        default_days: The length of the window if the start date is missing; 0 if it begins now.
        clamped: Whether an end date in the future counts as now.
        as_text: Whether they are sent as strings.
    """

    start: str
    end: str
    days: int
    default_days: int = 0
    clamped: bool = False
    as_text: bool = False

    def window(self, parameters: Parameters, now: float) -> tuple[int, int]:
        """Return the first and the last second of the requested window.

        Args:
            parameters: The body.
            now: The server's time.

        Raises:
            Invalid: The dates are too far apart, too old, or in the wrong order.
        """
        first = parameters.date(self.start, as_text=self.as_text)
        last = parameters.date(self.end, as_text=self.as_text)
        if last is None or (self.clamped and last > now):
            # Includes the current second.
            last = int(now)
        oldest = six_months_before(now)
        if first is None:
            first = max(oldest, last - self.default_days * DAY) if self.default_days else int(now)
        for name, value in ((self.start, first), (self.end, last)):
            if parameters.has(name) and value < oldest:
                raise parameters.refuse(name, text="validation.after_or_equal")
        if last - first > self.days * DAY:
            raise parameters.refuse(self.start, self.end, text="api.validation.dateTime.maxRange")
        if first > last and parameters.has(self.start) and parameters.has(self.end):
            raise parameters.refuse(self.start, text="validation.before_or_equal")
        return first, last


def six_months_before(now: float) -> int:
    """Return 00:00 UTC of the day six calendar months ago, in Unix seconds.

    If the month has no such day, it is the last one; WhiteBIT does not document this.
    """
    today = datetime.fromtimestamp(now, UTC)
    year, month = divmod(today.year * 12 + today.month - 1 - 6, 12)
    day = min(today.day, calendar.monthrange(year, month + 1)[1])
    return int(datetime(year, month + 1, day, tzinfo=UTC).timestamp())


def is_integer(value: object) -> TypeGuard[int]:
    """Return whether a JSON value is an integer."""
    return isinstance(value, int) and not isinstance(value, bool)
