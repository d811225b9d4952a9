"""Parameters in forms that WhiteBIT's server accepts besides the documented ones (section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .calls import Call, shown

_INTEGERS: Final = frozenset(
    {"transactionMethod", "limit", "offset", "orderId", "startDate", "endDate"}
)
# The dates of conversions are documented as strings.
_TEXTS: Final = frozenset({"from", "to"})

_MAX_DIGITS: Final = 19  # as many as a 64-bit number has


def documented(call: Call, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters in their documented types; each change is noted.

    Numbers may be strings, and the dates of conversions may be integers.
    """
    accepted = {}
    for name, value in content.items():
        converted = value
        if name in _INTEGERS:
            converted = _number(value)
        elif name in _TEXTS and isinstance(value, int) and not isinstance(value, bool):
            converted = str(value)
        elif name == "status" and isinstance(value, list):
            converted = [_number(item) for item in value]
        if converted != value:
            call.note("other-type", f"{shown(name)} has another type than the documented one")
        accepted[name] = converted
    return accepted


def whole_number(value: object) -> int | None:
    """Return the number in a string of digits, or None."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS:
        return int(value)
    return None


def _number(value: object) -> object:
    number = whole_number(value)
    return value if number is None else number
