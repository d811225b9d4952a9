"""Tasks of an operator on a whole store: list, check, rotate, and find losses.

It works on a store and encryption keys alone, over all servers and clients in the store; no
partner credentials are needed, nothing is sent anywhere, and no value is ever returned.
"""

from __future__ import annotations

from .store import Maintenance, key_health, losses
from .values import Finding, Holding, Loss, Place, Rotation

__all__ = [
    "Finding",
    "Holding",
    "Loss",
    "Maintenance",
    "Place",
    "Rotation",
    "key_health",
    "losses",
]
