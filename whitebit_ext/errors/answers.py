"""Errors of requests: no answer, and answers other than the documented success."""

from __future__ import annotations

from .base import WhiteBITError


class ConnectionFailed(WhiteBITError):
    """Base of the errors where no usable answer came."""

    default_hint = "Check the network and WhiteBIT's status, then call again."


class NotSent(ConnectionFailed):
    """Report that no connection could be opened: the server has not seen the request."""


class NoAnswer(ConnectionFailed):
    """Report that the request left and no whole answer came: it may have taken effect."""


class ResponseError(WhiteBITError):
    """Base of the errors that an answer of the server stands behind."""


class BadRequest(ResponseError):
    """Report that the server refused a parameter (400 or 422)."""

    default_hint = "Look at .errors for the fields that the server names, and correct them."


class Unauthorized(ResponseError):
    """Report a 401: what was presented does not authorize the operation."""

    default_hint = (
        "The token or key is expired or revoked, or a scope is missing, or this machine's "
        "address is not on the partner's IP allowlist; which of them, the server does not say."
    )


class Forbidden(ResponseError):
    """Report a 403: the user or the partner may not do this."""

    default_hint = "Check the permissions of the key and the features enabled for the partner."


class NotFound(ResponseError):
    """Report a 404: the thing is not there, or belongs to another user or partner."""

    default_hint = "A key that the user or WhiteBIT deleted answers so; start the flow again."


class Conflict(ResponseError):
    """Report a 409: the operation was done before and cannot be done twice."""


class Locked(ResponseError):
    """Report a 423: the same operation is running at this moment."""

    default_hint = "Wait 5 to 10 seconds and call again."


class RateLimited(ResponseError):
    """Report a 429: too many requests from this address, or a nonce that did not grow."""

    default_hint = "Back off: 1 s, doubling, at most 30 s. Limits count per IP address."


class ServerError(ResponseError):
    """Report a 5xx of WhiteBIT or of the CDN before it."""

    default_hint = "Wait and call again; nothing is lost."


class UnexpectedStatus(ResponseError):
    """Report a status that the contract does not know; redirects are never followed."""

    default_hint = "Check base_url and any proxy in between; the contract knows no such answer."


class MalformedResponse(ResponseError):
    """Report a success status whose body is not what the contract says."""

    default_hint = "Check base_url and any proxy in between, then call again."


class ResponseTooLarge(MalformedResponse):
    """Report a body over the size that is read (1 MB; account reads 32 MB)."""


class BearerReadsRemoved(ResponseError):
    """Report a 404 or 410 of an account read with an access token: WhiteBIT has ended them."""

    default_hint = (
        "WhiteBIT announced the removal of account reads with an access token; issue the user's "
        "API key with api_keys.issue() and read the same through user.signed.account."
    )
