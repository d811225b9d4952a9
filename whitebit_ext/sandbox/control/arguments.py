"""Arguments of a control, from a JSON object or a form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, get_args

from ..faults.traps import TwoNames, V4Envelope
from ..world.settings import BearerReads, Delivery, Refusal

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "refusal": get_args(Refusal),
    "callback": get_args(Delivery),
    "bearer_reads": get_args(BearerReads),
    "v4_envelope": get_args(V4Envelope),
    "two_names": get_args(TwoNames),
}
"""The accepted values of string settings."""


class Arguments:
    """The arguments of a control. Each can be taken once, with a type.

    An empty string counts as missing, because forms send it for empty fields. Every method raises
    ValueError if an argument is missing or has another type.

    Args:
        values: The arguments by name.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name: value for name, value in values.items() if value != ""}

    def names(self) -> list[str]:
        """Return the names of the arguments that were not taken."""
        return sorted(self._values)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string."""
        value = self._values.pop(name, default)
        if not isinstance(value, str):
            raise ValueError(f"{name}: must be a string")
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a string, or None if it is missing or null."""
        value = self._values.pop(name, None)
        if value is not None and not isinstance(value, str):
            raise ValueError(f"{name}: must be a string")
        return value

    def texts(self, name: str) -> list[str] | None:
        """Return a list of strings, separated by spaces in a form; None if missing or null."""
        value = self._values.pop(name, None)
        if isinstance(value, str):
            return value.split()
        if value is not None and not (
            isinstance(value, list) and all(isinstance(item, str) for item in value)
        ):
            raise ValueError(f"{name}: must be a list of strings")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """Return a number, which may be the string `inf`."""
        return _number(name, self._values.pop(name, default))

    def optional_number(self, name: str) -> float | None:
        """Return a number, or None if it is missing, null or the string `none`."""
        value = self._values.pop(name, None)
        return None if value in (None, "none") else _number(name, value)

    def integer(self, name: str, default: int | None = None) -> int:
        """Return an integer."""
        return _integer(name, self._values.pop(name, default))

    def optional_integer(self, name: str, default: int | None = None) -> int | None:
        """Return an integer, or None if it is null or the string `none`."""
        value = self._values.pop(name, default)
        return None if value in (None, "none") else _integer(name, value)

    def flag(self, name: str, default: bool | None = None) -> bool:
        """Return a boolean."""
        return _flag(name, self._values.pop(name, default))

    def optional_flag(self, name: str) -> bool | None:
        """Return a boolean, or None if it is missing or null."""
        value = self._values.pop(name, None)
        return None if value is None else _flag(name, value)

    def mapping(self, name: str) -> dict[str, Any] | None:
        """Return an object, or None if it is missing or null."""
        value = self._values.pop(name, None)
        if value is not None and not isinstance(value, dict):
            raise ValueError(f"{name}: must be an object")
        return value

    def anything(self, name: str) -> Any:
        """Return any JSON value, which may be null."""
        if name not in self._values:
            raise ValueError(f"{name}: is missing")
        return self._values.pop(name)

    def assign(self, target: object, switches: tuple[str, ...]) -> None:
        """Set the given attributes of an object; set nothing if one is invalid."""
        checked: dict[str, object] = {}
        for name in self.names():
            if name not in switches:
                raise ValueError(f"{name}: does not exist")
            checked[name] = _like(name, getattr(target, name), self._values.pop(name))
        for name, value in checked.items():
            setattr(target, name, value)


def _like(name: str, present: object, value: object) -> object:
    """Return a value with the type of the current one."""
    if isinstance(present, bool):
        return _flag(name, value)
    if isinstance(present, int):
        return _integer(name, value)
    if isinstance(present, float):
        return _number(name, value)
    choices = CHOICES.get(name)
    if not isinstance(value, str) or (choices is not None and value not in choices):
        raise ValueError(f"{name}: must be {' or '.join(choices) if choices else 'a string'}")
    return value


def _flag(name: str, value: object) -> bool:
    if value in (True, "true", "on"):
        return True
    if value in (False, "false", "off"):
        return False
    raise ValueError(f"{name}: must be true or false")


def _number(name: str, value: object) -> float:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if number >= 0:
            return number
    raise ValueError(f"{name}: must be a number that is not negative")


def _integer(name: str, value: object) -> int:
    number = _number(name, value)
    if number != math.inf and number == int(number):
        return int(number)
    raise ValueError(f"{name}: must be a whole number")
