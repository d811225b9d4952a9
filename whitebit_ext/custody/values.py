"""The values that custody keeps: token pairs, and API keys with their secrets."""

from __future__ import annotations

import attrs

from ..secret import Secret
from ..signing import ApiKey

REFRESH_TOKEN_LIFETIME = 600.0
"""Seconds that a refresh token lives (contract, section 3)."""


@attrs.frozen
class TokenPair:
    """An access token, and mostly a refresh token, of one user.

    Attributes:
        access: The access token.
        refresh: The refresh token; a pair without one is a normal case.
        scopes: What was granted.
        obtained_at: Unix time at which it was asked for: what it lives from.
        lifetime: Seconds; ``None`` where the server did not say, then it serves until a 401.
        login: Marks the login that it stems from; renewals keep it.
        after_rejection: Whether it was obtained because its parent was answered 401.
        dead: Whether the server has refused the refresh token; it stays as the parent of a
            pair that another process may still hold and could not store yet.
    """

    access: Secret
    refresh: Secret | None
    scopes: tuple[str, ...]
    obtained_at: float
    lifetime: float | None
    login: str
    after_rejection: bool = False
    dead: bool = False

    def expired(self, now: float) -> bool:
        """Return whether the access token has ended."""
        return self.lifetime is not None and now >= self.obtained_at + self.lifetime

    def due(self, now: float) -> bool:
        """Return whether it is time to renew: ``min(30 s, lifetime / 5)`` before the end."""
        if self.lifetime is None:
            return False
        return now >= self.obtained_at + self.lifetime - min(30.0, self.lifetime / 5)

    @property
    def refresh_ends_at(self) -> float:
        """Unix time at which the refresh token ends."""
        return self.obtained_at + REFRESH_TOKEN_LIFETIME

    def refreshable(self, now: float) -> bool:
        """Return whether there is a refresh token that may still be taken."""
        return self.refresh is not None and not self.dead and now < self.refresh_ends_at


@attrs.frozen
class StoredKey:
    """A user's key in custody.

    Attributes:
        key: The key with its secret.
        login: Marks the login after which it was last known to be the user's key.
        gone: Whether the server said that it knows the key no more.
        since: Unix time at which it was stored; 0 until then.
    """

    key: ApiKey
    login: str | None
    gone: bool = False
    since: float = 0.0
