"""Errors between the login URL and the stored token pair."""

from __future__ import annotations

from typing import Any

from .base import WhiteBITError


class LoginError(WhiteBITError):
    """Base of what can go wrong between ``authorize()`` and a stored token pair."""

    default_hint = "Start again with authorize()."


class StateMissing(LoginError):
    """Report that the session or the callback carries no state (RFC 6749, section 10.12)."""

    default_hint = (
        "Keep login.state in the browser session and pass it to connect(); check that the "
        "session cookie survives the way back (SameSite=Lax, same host), then start again."
    )


class StateMismatch(LoginError):
    """Report that the callback's state is not the one of this browser session."""

    default_hint = (
        "The callback does not belong to this browser: refuse it. Two tabs of one user do this "
        "too; let the user start again."
    )


class StateUnknown(LoginError):
    """Report that custody knows no login with this state."""

    default_hint = (
        "All processes must share one store, region and client id; if they do, the state is "
        "forged or long gone: start again with authorize()."
    )


class StateReused(LoginError):
    """Report that the login of this state was already finished; a state serves once."""

    default_hint = "A reloaded callback page does this: send the user on, or start again."


class LoginExpired(LoginError):
    """Report that the login was started too long ago (10 minutes)."""


class LoginUserMismatch(LoginError):
    """Report that the login was started for another user than the one signed in now."""

    default_hint = "Refuse it; the user who is signed in must start the login."


class RedirectMismatch(LoginError):
    """Report that the callback's address is not the redirect URI of the login."""

    default_hint = (
        "Behind a proxy that rewrites host or path, pass the query parameters to connect() "
        "as a mapping instead of the URL."
    )


class IssuerMismatch(LoginError):
    """Report that the callback's ``iss`` is not this server (RFC 9207, section 2.4)."""

    default_hint = "Refuse it: the code belongs to another authorization server."


class CallbackMalformed(LoginError):
    """Report a callback with a duplicated or unreadable parameter (RFC 6749, section 3.1)."""


class CodeMissing(LoginError):
    """Report a callback that carries neither a code nor an error."""

    default_hint = "Treat it as a refusal: offer the user to start again."


class AuthorizationDenied(LoginError):
    """Report that the user, or WhiteBIT for the user, refused the authorization.

    Attributes:
        error: The ``error`` parameter of the callback, e.g. ``access_denied``.
    """

    default_hint = "Tell the user that nothing was connected, and offer to start again."

    def __init__(self, message: str, *, error: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.error = error

    def _extra(self) -> dict[str, Any]:
        return {"error": self.error}


class CodeUnanswered(LoginError):
    """Report that the code was sent and no usable answer came; a code serves once (RFC 6749).

    No token was stored. ``status_code`` tells whether an answer came at all.
    """


class CodeRejected(LoginError):
    """Report that the authorization code was not exchanged for tokens.

    A code serves once and for a short time: it is not tried again.
    """

    default_hint = (
        "Check client_id, client_secret and redirect_uri, and that this machine's address is on "
        "the partner's IP allowlist; then let the user start again with authorize()."
    )
