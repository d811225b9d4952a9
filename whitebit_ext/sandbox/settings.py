"""What can be switched on a running sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Refusal = Literal["access_denied", "state_only", "no_callback"]


@dataclass(slots=True)
class Settings:
    """Durations, in seconds of the sandbox's clock, and choices where the contract leaves one.

    Attributes:
        login_lifetime: How long a browser may stay on the consent page.
        code_lifetime: How long an authorization code is good.
        access_lifetime: `expires_in` in rotating mode (contract section 3).
        refresh_lifetime: Life of a refresh token (contract section 3).
        single_lifetime: `expires_in` in single mode: 4 hours.
        key_delay: From the code's exchange to the key's existence.
        secret_time: How long a retrieval of the secret takes; another one meets 423 meanwhile.
        disable_after: A key unused for so long is disabled: 14 days.
        refusal: What the callback carries when the user refuses: `error=access_denied`, only the
            state, or no callback at all.
        refresh_ends_access: Whether a refresh ends the old access token at once (not published;
            off).
        separate_public_key: Whether a key's public half differs from its external id (the older
            guide's reading).
        history_created: Whether `main-account/history` answers 201, as published, and not 200.
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
