"""Confidential values."""

from __future__ import annotations

import hmac
from typing import NoReturn, final


@final
class Secret:
    """A confidential string that is not shown.

    Its value is not printed, formatted, logged, hashed or pickled, and is compared in constant
    time. ``reveal()`` returns the value; do not keep the result in a long-lived variable.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the value."""
        return self.__value

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # A lone surrogate, valid in JSON, must not raise an error that contains the value.
        one, two = (held.__value.encode(errors="surrogatepass") for held in (self, other))
        return hmac.compare_digest(one, two)

    __hash__ = None  # type: ignore[assignment]  # a printed hash would reveal equal values

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled; store it through custody, which seals it")
