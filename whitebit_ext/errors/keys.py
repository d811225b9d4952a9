"""Errors about the OAuth-issued API key and its secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import WhiteBITError

if TYPE_CHECKING:
    from ..secret import Secret


class ApiKeyError(WhiteBITError):
    """Base of the errors about the OAuth-issued API key."""


class KeyPending(ApiKeyError):
    """Report that the user's key does not show yet.

    The user may still be choosing permissions, or WhiteBIT refused to make a key
    (``partner_key_active_exists``, ``partner_key_expired_exists``) without telling us.
    """

    default_hint = (
        "Call issue() again, in any process: it goes on from here. If it never shows, the user "
        "has to delete an older key in the WhiteBIT dashboard."
    )


class KeyDisabled(ApiKeyError):
    """Report a key that WhiteBIT disabled after 14 days without use."""

    default_hint = (
        "Only the user can delete it, in the WhiteBIT dashboard; then connect again. "
        "WhiteBIT documents no way for the partner."
    )


class SecretError(ApiKeyError):
    """Base of the errors about the secret that can be read once."""


class SecretLocked(SecretError):
    """Report that another retrieval of this secret is still running."""

    default_hint = "Call issue() again in a minute; it goes on from here."


class SecretUnanswered(SecretError):
    """Report that the secret was asked for and no answer came; it may still be there."""

    default_hint = "Call issue() again: asking is the only way to learn whether it is consumed."


class SecretMalformed(SecretError):
    """Report a success that holds no secret; the sealed answer stays in custody."""

    default_hint = (
        "Call issue() once more; if it stays so, call delete() and let the user consent anew."
    )


class SecretNotStored(SecretError):
    """Hand over a secret that could not be kept in the store.

    Attributes:
        secret: The secret, redacted in print; ``None`` after unpickling.
    """

    default_hint = (
        "Keep error.secret.reveal() in a safe place now: it cannot be read again. "
        "Then mend the store and call adopt()."
    )

    def __init__(
        self,
        message: str,
        *,
        secret: Secret | None,
        operation: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, operation=operation, hint=hint)
        self.secret = secret

    def _extra(self) -> dict[str, Any]:
        return {"secret": None}


class SecretLost(SecretError):
    """Report that the server consumed the secret in a request whose answer never arrived."""

    default_hint = (
        "Treat the key as exposed: call delete() (WhiteBIT mails the user) and let the user "
        "consent anew."
    )


class SecretTakenElsewhere(SecretError):
    """Report that somebody read this secret, and it was nobody on this store."""

    default_hint = (
        "An alarm: another holder of your client's tokens has this key. Find out who, rotate the "
        "client secret, then call delete() and let the user consent anew."
    )
