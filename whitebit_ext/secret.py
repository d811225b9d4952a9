"""Values that do not print."""

from __future__ import annotations

import hmac
from typing import NoReturn, final


@final
class Secret:
    """Hold a confidential string without showing it.

    It does not print, format, log, hash or pickle its value, and compares in constant time.
    ``reveal()`` is the one way to the value; keep the result in no variable that lives on.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self.__value

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # A lone surrogate, which JSON can carry, must not end in an error that holds the value.
        one, two = (held.__value.encode(errors="surrogatepass") for held in (self, other))
        return hmac.compare_digest(one, two)

    __hash__ = None  # type: ignore[assignment]  # a hash would tell equal values apart in print

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled; store it through custody, which seals it")
