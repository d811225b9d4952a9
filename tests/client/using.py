"""What tests of a key's life do over and over: take a key, use it, look at the record of it."""

from __future__ import annotations

from typing import Any

from whitebit_ext import User

from ..looking import Value
from .faces import Face, connected

HOUR, DAY = 3_600.0, 86_400.0


def ready(face: Face, name: str = "alice", **options: Any) -> User:
    """Connect a user and retrieve the key."""
    user = connected(face, name, **options)
    user.api_key.issue()
    return user


def read(user: User) -> None:
    """Make a signed request."""
    user.signed.account.balances.spot()


def record(face: Face, name: str = "alice") -> Value:
    """Return custody's record of use."""
    held = face.custody().read("use", name)
    assert held is not None
    return held.value
