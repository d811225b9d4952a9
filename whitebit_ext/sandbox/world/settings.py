"""Settings of a sandbox, which can be changed while it runs."""

from __future__ import annotations

from typing import Literal

import attrs

Refusal = Literal["access_denied", "state_only", "no_callback"]


@attrs.define
class Settings:
    """Durations in seconds, and behaviour that the contract leaves open.

    Attributes:
        login_lifetime: How long a login page is valid.
        code_lifetime: How long an authorization code is valid.
        access_lifetime: `expires_in` in rotating mode (contract section 3).
        refresh_lifetime: How long a refresh token is valid (contract section 3).
        single_lifetime: `expires_in` in single mode: 4 hours.
        key_delay: The time between a code exchange and the creation of the API key.
        secret_time: How long a retrieval of the secret takes; others get a 423 meanwhile.
        disable_after: The time without use after which a key is disabled: 14 days.
        refusal: The callback of a refused login: `error=access_denied`, only the state, or no
            callback at all.
        refresh_ends_access: Whether a refresh revokes the old access token (not published).
        separate_public_key: Whether the public key differs from the external id, as in the older
            guide.
        history_created: Whether `main-account/history` returns 201, as published, or 200.
    """

    login_lifetime: float = 600.0
    code_lifetime: float = 60.0
    access_lifetime: int = 300
    refresh_lifetime: int = 600
    single_lifetime: int = 4 * 3600
    key_delay: float = 1.0
    secret_time: float = 0.0
    disable_after: float = 14 * 86400.0
    refusal: Refusal = "access_denied"
    refresh_ends_access: bool = False
    separate_public_key: bool = False
    history_created: bool = True
