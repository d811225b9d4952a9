"""The one tree of errors that this library raises.

::

    WhiteBITError
    ├── InvalidArgument            (also a ValueError) a call was made wrongly; nothing was sent
    ├── RegionNotSupported         the region does not serve the operation; nothing was sent
    ├── WrongServer                a credential was about to go to another server; nothing was sent
    ├── LoginError                 the way back from WhiteBIT's page
    │   ├── StateMissing           the session or the callback has no state
    │   ├── StateMismatch          the callback's state is not the session's
    │   ├── StateUnknown           no login was started with this state
    │   ├── StateReused            the login was finished before
    │   ├── LoginExpired           the login took too long
    │   ├── LoginUserMismatch      the login was started for another user
    │   ├── RedirectMismatch       the callback came to another address than the registered one
    │   ├── IssuerMismatch         the callback names another authorization server (RFC 9207)
    │   ├── CallbackMalformed      a parameter that must be single came twice, or cannot be read
    │   ├── CodeMissing            neither a code nor an error came back
    │   ├── AuthorizationDenied    the user, or WhiteBIT, refused
    │   ├── CodeRejected           the server did not take the code
    │   └── CodeUnanswered         the code was sent, and no usable answer came
    ├── ConnectionFailed           no usable answer came
    │   ├── NotSent                the request never left: safe to repeat
    │   └── NoAnswer               the request left, and what became of it is unknown
    ├── ResponseError              an answer came and it is not the documented success
    │   ├── BadRequest             400, 422: a parameter was refused
    │   ├── Unauthorized           401
    │   ├── Forbidden              403
    │   ├── NotFound               404
    │   ├── Conflict               409
    │   ├── Locked                 423
    │   ├── RateLimited            429
    │   ├── ServerError            5xx
    │   ├── UnexpectedStatus       any other status, redirects included
    │   ├── BearerReadsRemoved     404, 410 of a read with an access token
    │   └── MalformedResponse      a success status with a body that is not what was agreed
    │       ├── MalformedRecord    one row of a history cannot be a record
    │       └── ResponseTooLarge
    ├── HistoryTruncated           a walk ended, and there are rows that cannot be reached
    ├── TokenError
    │   ├── NotConnected           custody holds nothing for this user
    │   ├── TokenUnavailable       no valid access token now; try again later
    │   └── ReauthorizationRequired  only the user can mend it
    ├── ApiKeyError
    │   ├── KeyPending             the key does not show yet; call again
    │   ├── KeyDisabled            14 days without use; only the user can delete it
    │   └── SecretError
    │       ├── SecretLocked       another retrieval is running; call again
    │       ├── SecretUnanswered   asked, no answer; call again
    │       ├── SecretMalformed    an answer came that holds no secret
    │       ├── SecretNotStored    the secret is in ``.secret`` and could not be kept
    │       ├── SecretLost         it was sent to us and never arrived
    │       └── SecretTakenElsewhere  somebody else has read it
    └── CustodyError
        ├── StoreUnavailable       the store did not do what it was asked
        ├── StoreVolatile          a store that forgets, where money is at stake
        ├── StoreConflict          a row changed faster than it could be written
        ├── SealBroken             a row does not open: wrong place, or tampered with
        └── EncryptionKeyMissing   a row was sealed with a key that is not in ``keys``

Every error says what to do next in ``hint``, and none carries a secret in its text, its
arguments, its cause or its context. All of them can be pickled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import attrs

if TYPE_CHECKING:
    from .secret import Secret

__all__ = [
    "ApiKeyError",
    "AuthorizationDenied",
    "BadRequest",
    "BearerReadsRemoved",
    "CallbackMalformed",
    "CodeMissing",
    "CodeRejected",
    "CodeUnanswered",
    "Conflict",
    "ConnectionFailed",
    "CustodyError",
    "EncryptionKeyMissing",
    "Forbidden",
    "HistoryTruncated",
    "InvalidArgument",
    "IssuerMismatch",
    "KeyDisabled",
    "KeyPending",
    "Locked",
    "LoginError",
    "LoginExpired",
    "LoginUserMismatch",
    "MalformedRecord",
    "MalformedResponse",
    "NoAnswer",
    "NotConnected",
    "NotFound",
    "NotSent",
    "RateLimited",
    "ReauthorizationRequired",
    "RedirectMismatch",
    "RegionNotSupported",
    "ResponseError",
    "ResponseTooLarge",
    "SealBroken",
    "SecretError",
    "SecretLocked",
    "SecretLost",
    "SecretMalformed",
    "SecretNotStored",
    "SecretTakenElsewhere",
    "SecretUnanswered",
    "ServerError",
    "StateMismatch",
    "StateMissing",
    "StateReused",
    "StateUnknown",
    "StoreConflict",
    "StoreUnavailable",
    "StoreVolatile",
    "TokenError",
    "TokenUnavailable",
    "Unauthorized",
    "UnexpectedStatus",
    "Unreached",
    "WhiteBITError",
    "WrongServer",
    "stripped",
]

_ATTRIBUTES = ("operation", "status_code", "code", "errors", "hint", "retry_after")


class WhiteBITError(Exception):
    """Base of all errors of this library.

    Attributes:
        message: What happened, in one sentence, without any secret.
        operation: The ``operationId`` of the spec that was under way, if one was.
        status_code: The HTTP status of the answer, if one came.
        code: WhiteBIT's own number for the error (signed V4 answers only).
        errors: WhiteBIT's messages by field. Field names and ``code`` are the stable part;
            the texts may be translation keys (contract, section 6).
        hint: What to do next.
        retry_after: Seconds that the server asked to wait (``Retry-After``), if it said so.
    """

    default_hint: ClassVar[str] = "See the message; if it persists, report it with the operation."

    def __init__(
        self,
        message: str,
        *,
        operation: str | None = None,
        status_code: int | None = None,
        code: int | None = None,
        errors: Mapping[str, tuple[str, ...]] | None = None,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.status_code = status_code
        self.code = code
        self.errors: Mapping[str, tuple[str, ...]] = MappingProxyType(dict(errors or {}))
        self.hint = hint or self.default_hint
        self.retry_after = retry_after

    def __str__(self) -> str:
        where = f"{self.operation}: " if self.operation else ""
        return f"{where}{self.message} [{self.hint}]"

    def __copy__(self) -> Self:
        """Return the same error without a traceback, for another thread or task to raise."""
        made = type(self).__new__(type(self))
        made.args = self.args
        made.__dict__.update(self.__dict__)
        return made

    def __deepcopy__(self, memo: object) -> Self:
        """Return a copy as ``copy`` does: what an error holds is immutable."""
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: getattr(self, name) for name in _ATTRIBUTES}
        state["errors"] = dict(self.errors)
        return _rebuild, (type(self), self.message, state, self._extra())

    def _extra(self) -> dict[str, Any]:
        """Return what a subclass adds, for pickling; a secret is never part of it."""
        return {}

    @classmethod
    def of(cls, other: WhiteBITError, message: str, *, hint: str | None = None) -> Self:
        """Make this error of another one, keeping the operation and what the server said."""
        return cls(
            message,
            operation=other.operation,
            status_code=other.status_code,
            code=other.code,
            errors=other.errors,
            retry_after=other.retry_after,
            hint=hint,
        )


def _rebuild(
    kind: type[WhiteBITError], message: str, state: dict[str, Any], extra: dict[str, Any]
) -> WhiteBITError:
    error = kind.__new__(kind)
    WhiteBITError.__init__(error, message, **state)
    for name, value in extra.items():
        setattr(error, name, value)
    return error


class InvalidArgument(WhiteBITError, ValueError):
    """Say which argument of a call is wrong; nothing was sent.

    Attributes:
        argument: The name of the argument.
    """

    default_hint = "Correct the argument and call again."

    def __init__(self, argument: str, problem: str, *, hint: str | None = None) -> None:
        super().__init__(f"{argument}: {problem}", hint=hint)
        self.argument = argument

    def _extra(self) -> dict[str, Any]:
        return {"argument": self.argument}


class RegionNotSupported(WhiteBITError):
    """Refuse an operation that the region does not serve, before anything was sent."""

    default_hint = (
        "OAuth-issued API keys exist on the global server only (whitebit.com); "
        "connect this user through Region.GLOBAL."
    )


class WrongServer(WhiteBITError):
    """Refuse to send a credential to a server that it was not issued for."""

    default_hint = "Use a client and a key of the same region and base URL."


def stripped(error: WhiteBITError) -> WhiteBITError:
    """Drop the frames and exceptions behind an error, which may hold a request in the clear.

    Raise the result outside of any ``except`` block, or a new context is put behind it.
    """
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return error


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


class MalformedRecord(MalformedResponse):
    """Report a row of a history that cannot be a record.

    Attributes:
        field: The field as the server names it; empty where the row is no object at all.
        row: The row's place in the answer, from 0.
        raw: The row as it came, with fractions as ``Decimal``.
    """

    default_hint = "Look at .raw for what the server sent; report it if it should be readable."

    def __init__(
        self, message: str, *, operation: str | None, field: str, row: int, raw: Any
    ) -> None:
        super().__init__(message, operation=operation)
        self.field = field
        self.row = row
        self.raw = raw

    def _extra(self) -> dict[str, Any]:
        return {"field": self.field, "row": self.row, "raw": self.raw}


@attrs.frozen
class Unreached:
    """A part of a history with rows that no request can reach.

    Attributes:
        method: 1 for deposits, 2 for withdrawals; ``None`` where both are meant.
        ticker: The currency; ``None`` where all, or unknown ones, are meant.
        status: The status code; ``None`` where all, or unknown ones, are meant.
        rows: How many rows were not reached, as far as the server's totals tell.
    """

    method: int | None
    ticker: str | None
    status: int | None
    rows: int


class HistoryTruncated(WhiteBITError):
    """Report that a walk ended before the end of the history, after all that could be reached.

    WhiteBIT pages through no more than 10,000 rows of one filter (contract, `tables.md`).

    Attributes:
        reached: How many rows were read.
        total: How many rows the server says there are.
        unreached: Where the missing rows are.
    """

    default_hint = (
        "What was yielded is whole up to the parts in .unreached; narrow the walk by address, "
        "memo or since=, or ask WhiteBIT for an export."
    )

    def __init__(
        self,
        message: str,
        *,
        operation: str | None = None,
        reached: int,
        total: int,
        unreached: Sequence[Unreached],
    ) -> None:
        super().__init__(message, operation=operation)
        self.reached = reached
        self.total = total
        self.unreached = tuple(unreached)

    def _extra(self) -> dict[str, Any]:
        return {"reached": self.reached, "total": self.total, "unreached": self.unreached}


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


class CustodyError(WhiteBITError):
    """Base of the errors of keeping things."""


class StoreUnavailable(CustodyError):
    """Report that the store did not answer or did not keep what it was given."""

    default_hint = "Check the store (reachable, writable, disk not full), then call again."


class StoreVolatile(CustodyError):
    """Refuse to take a once-only secret into a store that forgets it."""

    default_hint = "Use a durable store, or MemoryStore(volatile=True) to say that you know."


class StoreConflict(CustodyError):
    """Report a row that changed faster than it could be written."""

    default_hint = "Call again; if it persists, two programs with different versions share a store."


class SealBroken(CustodyError):
    """Report a row that does not open: moved to another place, or changed."""

    default_hint = "Treat it as tampering: restore the row from a backup, or connect the user anew."


class EncryptionKeyMissing(CustodyError):
    """Report a row that was sealed with a key that was not given."""

    default_hint = "Add the older encryption key to the end of keys=[…]; the first one writes."
