"""What an account read is authorized with."""

from __future__ import annotations

import enum


class Access(enum.Enum):
    """Say what an account read is authorized with."""

    ANY = "any"
    """The stored key where there is one, else the access token."""
    SIGNED = "signed"
    BEARER = "bearer"
