"""Errors about a user's token pair."""

from __future__ import annotations

from .base import WhiteBITError


class TokenError(WhiteBITError):
    """Base of the errors about a user's token pair."""


class NotConnected(TokenError):
    """Report that custody holds neither tokens nor a key for this user."""

    default_hint = "Connect the user first: authorize(), then connect(); or adopt() a known key."


class TokenUnavailable(TokenError):
    """Report that no valid access token can be had now; the stored pair is kept."""

    default_hint = "Call again in a few seconds; the refresh token is kept until it expires."


class ReauthorizationRequired(TokenError):
    """Report that the authorization has ended and only the user can renew it."""

    default_hint = (
        "Send the user through authorize() again. If a key of theirs exists whose secret is not "
        "stored here, WhiteBIT turns them away until they delete it in the WhiteBIT dashboard."
    )
