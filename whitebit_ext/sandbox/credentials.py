"""Making secret values, and remembering every one of them so that a test can search for leaks."""

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
    """Make a random value in standard base64 that contains `+`, `/` and `=`.

    WhiteBIT's tokens are base64. Each of the three characters means something else in a form body
    or in a URL, so a value without them would let a caller pass that encodes nothing.
    """
    while True:
        value = base64.b64encode(secrets.token_bytes(31)).decode("ascii")
        if "+" in value and "/" in value:
            return value


def make_api_secret() -> str:
    """Make the secret half of an API key: 32 hexadecimal digits, the key of the HMAC."""
    return secrets.token_hex(16)


class IssuedValues:
    """Every secret value that the sandbox handed out or was sent."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._values: dict[SecretKind, set[str]] = {kind: set() for kind in SECRET_KINDS}

    def add(self, kind: SecretKind, value: str) -> str:
        """Remember a value, and return it."""
        with self._lock:
            self._values[kind].add(value)
        return value

    def values(self, kind: SecretKind | None = None) -> frozenset[str]:
        """Return the values of one kind, or of every kind.

        Raises:
            ValueError: There is no such kind.
        """
        if kind is not None and kind not in SECRET_KINDS:
            raise ValueError(f"kind: must be one of {', '.join(SECRET_KINDS)}")
        with self._lock:
            if kind is not None:
                return frozenset(self._values[kind])
            return frozenset().union(*self._values.values())

    def __repr__(self) -> str:
        """Show how many there are, never what they are."""
        return f"<{type(self).__name__}: {len(self.values())} values>"
