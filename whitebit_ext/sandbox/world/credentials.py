"""Secret values, all recorded so that tests can search for leaks."""

from __future__ import annotations

import base64
import secrets
import threading
from typing import Final, Literal, get_args

SecretKind = Literal[
    "client_secret", "code", "access_token", "refresh_token", "api_secret", "code_verifier"
]

SECRET_KINDS: Final[tuple[SecretKind, ...]] = get_args(SecretKind)


def make_opaque() -> str:
    """Return a random base64 value that contains `+`, `/` and `=`.

    WhiteBIT's tokens are base64. The three characters have a meaning in form bodies and URLs, so
    these values reveal a caller that does not encode them.
    """
    while True:
        value = base64.b64encode(secrets.token_bytes(31)).decode("ascii")
        if "+" in value and "/" in value:
            return value


def make_api_secret() -> str:
    """Return a random API secret of 32 hexadecimal digits."""
    return secrets.token_hex(16)


class IssuedValues:
    """All secret values that the sandbox has issued or received."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[SecretKind, set[str]] = {kind: set() for kind in SECRET_KINDS}

    def add(self, kind: SecretKind, value: str) -> str:
        """Record a value, and return it."""
        with self._lock:
            self._values[kind].add(value)
        return value

    def values(self, kind: SecretKind | None = None) -> frozenset[str]:
        """Return the values of one kind, or of every kind.

        Raises:
            ValueError: The kind does not exist.
        """
        if kind is not None and kind not in SECRET_KINDS:
            raise ValueError(f"kind: must be one of {', '.join(SECRET_KINDS)}")
        with self._lock:
            if kind is not None:
                return frozenset(self._values[kind])
            return frozenset().union(*self._values.values())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.values())} values>"
