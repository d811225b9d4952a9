"""The errors that this library raises.

::

    WhiteBITError
    ├── InvalidArgument
    ├── ClientClosed
    ├── ConnectionChanged
    ├── ClockSkew
    ├── RegionNotSupported
    ├── WrongServer
    ├── LoginError
    │   ├── StateMissing
    │   ├── StateUnknown
    │   ├── StateReused
    │   ├── BindingMissing
    │   ├── BindingMismatch
    │   ├── LoginKindMismatch
    │   ├── LoginExpired
    │   ├── LoginUserMismatch
    │   ├── RedirectMismatch
    │   ├── IssuerMismatch
    │   ├── CallbackMalformed
    │   ├── CodeMissing
    │   ├── AuthorizationDenied
    │   ├── CodeRejected
    │   └── CodeUnanswered
    ├── ConnectionFailed
    │   ├── NotSent
    │   └── NoAnswer
    ├── ResponseError
    │   ├── BadRequest
    │   ├── Unauthorized
    │   ├── Forbidden
    │   ├── NotFound
    │   ├── Conflict
    │   ├── Locked
    │   ├── RateLimited
    │   ├── ServerError
    │   ├── UnexpectedStatus
    │   ├── BearerReadsRemoved
    │   └── MalformedResponse
    │       ├── MalformedRecord
    │       └── ResponseTooLarge
    ├── HistoryTruncated
    ├── TokenError
    │   ├── NotConnected
    │   ├── TokenUnavailable
    │   └── ReauthorizationRequired
    ├── ApiKeyError
    │   ├── KeyPending
    │   ├── KeyAbsent
    │   ├── KeyDisabled
    │   ├── PermissionsMissing
    │   └── SecretError
    │       ├── SecretLocked
    │       ├── SecretUnanswered
    │       ├── SecretMalformed
    │       ├── SecretNotStored
    │       ├── SecretLost
    │       └── SecretTakenElsewhere
    └── CustodyError
        ├── StoreUnavailable
        ├── StoreVolatile
        ├── StoreConflict
        ├── SealBroken
        └── EncryptionKeyMissing

Every error says what to do next, in words in ``hint`` and for programs in ``action`` and
``retryable``. No error carries a secret in its text, its arguments, its cause or its context.
All of them can be copied and pickled.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypedDict, Unpack

import attrs

if TYPE_CHECKING:
    from .secret import Secret


class Action(enum.StrEnum):
    """What to do about an error.

    ``RETRY`` means the same call again, ``WAIT`` the same call again later, ``RECONNECT`` a new
    login of the user, ``FIX_CALL`` a change in the calling code, ``FIX_SETUP`` a change in
    configuration, network or registration, and ``ALARM`` that a person must look at it now.
    """

    RETRY = "retry"
    WAIT = "wait"
    RECONNECT = "reconnect"
    FIX_CALL = "fix the call"
    FIX_SETUP = "fix the set-up"
    ALARM = "alarm"


class _Details(TypedDict, total=False):
    operation: str | None
    status_code: int | None
    code: int | None
    errors: Mapping[str, tuple[str, ...]] | None
    hint: str | None
    action: Action | None
    retry_after: float | None
    from_api: bool


class WhiteBITError(Exception):
    """Base class of all errors of this library.

    Attributes:
        message: What happened, in one sentence.
        operation: The ``operationId`` of the request, if there was one.
        status_code: The HTTP status of the response, if there was one.
        code: WhiteBIT's own error number, in responses to signed requests.
        errors: WhiteBIT's messages by field. Field names and ``code`` are stable; the texts may
            be translation keys (contract, section 6).
        hint: What to do next, in words.
        action: What to do next. Each class has one; a response's ``code`` may call for another.
        retry_after: Seconds to wait before the next request, if the server said so.
        from_api: Whether the API itself answered, with JSON in one of its own forms. It is false
            where a CDN or proxy answered, and where nothing answered.
    """

    default_hint: ClassVar[str] = "Read the message. If the error persists, report it."
    action: Action = Action.FIX_CALL

    def __init__(
        self,
        message: str,
        *,
        operation: str | None = None,
        status_code: int | None = None,
        code: int | None = None,
        errors: Mapping[str, tuple[str, ...]] | None = None,
        hint: str | None = None,
        action: Action | None = None,
        retry_after: float | None = None,
        from_api: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.status_code = status_code
        self.code = code
        self._errors = dict(errors or {})
        self.hint = hint or self.default_hint
        if action is not None:
            self.action = action
        self.retry_after = retry_after
        self.from_api = from_api

    @property
    def errors(self) -> Mapping[str, tuple[str, ...]]:
        """WhiteBIT's messages by field, read-only."""
        return MappingProxyType(self._errors)

    @property
    def url(self) -> str:
        """The error's place in the documentation, relative to wherever that is published."""
        return f"errors.html#{type(self).__name__}"

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later, without any change."""
        return self.action in (Action.RETRY, Action.WAIT)

    def __str__(self) -> str:
        prefix = f"{self.operation}: " if self.operation else ""
        return f"{prefix}{self.message} [{self.hint}]"

    def __copy__(self) -> Self:
        """Return the same error without a traceback, for another thread or task to raise."""
        made = type(self).__new__(type(self), *self.args)
        made.__dict__.update(self.__dict__)
        return made

    def __deepcopy__(self, memo: object) -> Self:
        """Return a copy as ``copy`` does: what an error holds is not changed."""
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return _blank, (type(self), *self.args), self.__dict__

    @classmethod
    def of(cls, other: WhiteBITError, message: str, *, hint: str | None = None, **own: Any) -> Self:
        """Make this error from another one, keeping the operation and what the server said.

        Args:
            other: The error to take the operation and the response's details from.
            message: What happened.
            hint: What to do next; the hint of this class where it is not given.
            own: Arguments that only this class has.
        """
        return cls(
            message,
            operation=other.operation,
            status_code=other.status_code,
            code=other.code,
            errors=other.errors,
            retry_after=other.retry_after,
            from_api=other.from_api,
            hint=hint,
            **own,
        )


def _blank(kind: type[WhiteBITError], *args: Any) -> WhiteBITError:
    """Make an error without its attributes; pickle sets them, as they were."""
    return kind.__new__(kind, *args)


class InvalidArgument(WhiteBITError, ValueError):
    """An argument of a call is wrong; nothing was sent.

    Attributes:
        argument: The name of the argument.
    """

    default_hint = "Correct the argument and call again."

    def __init__(self, argument: str, problem: str, *, hint: str | None = None) -> None:
        super().__init__(f"{argument}: {problem}", hint=hint)
        self.argument = argument


class ClientClosed(WhiteBITError):
    """The client was used after it was closed."""

    default_hint = "Create a new WhiteBIT or AsyncWhiteBIT object."


class ConnectionChanged(WhiteBITError):
    """The call, walk or auth object belongs to a connection that the user has replaced since.

    The new connection may be to another WhiteBIT account; so nothing is switched silently.
    """

    default_hint = (
        "Discard this object and what was read through it. Get the user with partner.user() again, "
        "and start the call or walk from the beginning."
    )


class ClockSkew(WhiteBITError):
    """This machine's clock differs too much from the server's to sign requests.

    Attributes:
        offset: The difference in seconds; positive when this machine's clock is ahead.
    """

    default_hint = (
        "Synchronize the clock of this machine (NTP): signed requests need a clock within "
        "5 seconds of WhiteBIT's."
    )
    action = Action.FIX_SETUP

    def __init__(self, message: str, *, offset: float, **details: Unpack[_Details]) -> None:
        super().__init__(message, **details)
        self.offset = offset


class RegionNotSupported(WhiteBITError):
    """The region does not offer the operation; nothing was sent."""

    default_hint = (
        "OAuth-issued API keys exist on the global server only (whitebit.com). Connect this user "
        "with Region.GLOBAL."
    )
    action = Action.FIX_SETUP


class WrongServer(WhiteBITError):
    """The request would have taken a credential to another server; nothing was sent."""

    default_hint = "Use a client and a key of the same region and base URL."
    action = Action.FIX_SETUP


class LoginError(WhiteBITError):
    """Base class of the errors between ``authorize()`` and a stored token pair."""

    default_hint = "Let the user start again with authorize()."
    action = Action.RECONNECT


class StateMissing(LoginError):
    """The callback has no state (RFC 6749, section 10.12)."""

    default_hint = (
        "Check that the whole callback is passed to connect(): its URL, or all query parameters. "
        "Then let the user start again."
    )


class StateUnknown(LoginError):
    """The store has no login with this state."""

    default_hint = (
        "Check that all processes use the same store, region and client id. If they do, the login "
        "is too old, or the store was restored from a backup, or the state is forged: let the user "
        "start again."
    )


class StateReused(LoginError):
    """The login was finished with another code, or without one; this callback changes nothing."""

    default_hint = (
        "Refuse the callback: WhiteBIT sends one code for a login. If the user is connected, "
        "continue; otherwise let the user start again."
    )


class BindingMissing(LoginError):
    """The browser session kept no binding; the login is unchanged.

    Without it nothing shows that the browser is the one that started the login: a state stands in
    addresses, where others may see it (RFC 9700, section 4.7).
    """

    default_hint = (
        "Check that the session cookie is sent with the callback (SameSite=Lax, same host) and "
        "that login.binding is kept in the session and passed to connect(). Then let the user "
        "start again."
    )


class BindingMismatch(LoginError):
    """The callback belongs to a login that another browser session started; it is unchanged."""

    default_hint = (
        "Refuse the callback and let the user start again. The usual cause is a second tab, where "
        "the session keeps one binding only: keep one for each login.id. A forged callback is the "
        "other."
    )


class LoginKindMismatch(LoginError):
    """The login was started in a terminal and returned to a web application, or vice versa."""

    default_hint = (
        "Let the user finish the login where it was started: the address of the callback page "
        "can be pasted into the terminal."
    )


class LoginExpired(LoginError):
    """The login was started longer ago than ``login_lifetime``."""


class LoginUserMismatch(LoginError):
    """The login was started for another user."""

    default_hint = "Refuse the callback. The user who is signed in must start the login."


class RedirectMismatch(LoginError):
    """The address of the callback is not the redirect URI of the login."""

    default_hint = (
        "If a proxy in front of your application changes the host or path, pass the query "
        "parameters to connect() as a mapping instead of the URL."
    )
    action = Action.FIX_SETUP


class IssuerMismatch(LoginError):
    """The callback's ``iss`` names another authorization server (RFC 9207, section 2.4)."""

    default_hint = (
        "Refuse the callback: the code was issued by another server. If it happens again, look "
        "for an attack on your callback address."
    )
    action = Action.ALARM


class CallbackMalformed(LoginError):
    """A parameter of the callback is repeated or cannot be read (RFC 6749, section 3.1)."""


class CodeMissing(LoginError):
    """The callback has neither a code nor an error."""

    default_hint = "Treat it as a refusal: offer the user to start again."


class AuthorizationDenied(LoginError):
    """The user, or WhiteBIT, refused the authorization.

    Attributes:
        error: The ``error`` parameter of the callback, such as ``access_denied``.
    """

    default_hint = "Show the user that nothing was connected, and offer to start again."

    def __init__(self, message: str, *, error: str, **details: Unpack[_Details]) -> None:
        super().__init__(message, **details)
        self.error = error


class CodeRejected(LoginError):
    """The server refused to exchange the authorization code; a code can be used once."""

    default_hint = (
        "Check client_id, client_secret and redirect_uri, and that this machine's IP address is on "
        "the partner's allowlist. Then let the user start again with authorize()."
    )


class CodeUnanswered(LoginError):
    """The authorization code was sent and no usable response arrived; no token was stored.

    A code can be used once (RFC 6749, section 4.1.2). ``status_code`` is set if there was a
    response at all.
    """


class ConnectionFailed(WhiteBITError):
    """Base class of the errors where no complete response arrived."""

    default_hint = "Check the network and WhiteBIT's status page, then call again."
    action = Action.RETRY


class NotSent(ConnectionFailed):
    """No connection could be opened; the server has not received the request."""


class NoAnswer(ConnectionFailed):
    """The request was sent and no complete response arrived; it may have taken effect."""


class ResponseError(WhiteBITError):
    """Base class of the errors for a response that is not the documented success."""


class BadRequest(ResponseError):
    """The server answered 400 or 422: it refused a parameter or the form of the request."""

    default_hint = "Correct the fields that .errors names, and call again."


class Unauthorized(ResponseError):
    """The server answered 401: the token or key does not authorize the operation."""

    default_hint = (
        "The token or key is expired or revoked, or a scope is missing, or this machine's IP "
        "address is not on the allowlist of the partner or of the key. The server does not say "
        "which one it is."
    )
    action = Action.RECONNECT


class Forbidden(ResponseError):
    """The server answered 403: the user or the partner may not do this."""

    default_hint = (
        "Check the scopes of the client, the permissions of the key, and the features that "
        "WhiteBIT enabled for the partner."
    )
    action = Action.FIX_SETUP


class NotFound(ResponseError):
    """The server answered 404: it has no such key or record for this user and partner."""

    default_hint = (
        "If this concerns an API key, the user or WhiteBIT has deleted it: let the user connect "
        "again with authorize()."
    )
    action = Action.RECONNECT


class Conflict(ResponseError):
    """The server answered 409: the operation is already done and cannot be done twice."""

    default_hint = "Do not repeat the call."


class Locked(ResponseError):
    """The server answered 423: the same operation is running at this moment."""

    default_hint = "Wait 5 to 10 seconds and call again."
    action = Action.WAIT


class RateLimited(ResponseError):
    """The server answered 429: too many requests, or a nonce that is not new."""

    default_hint = (
        "Wait .retry_after seconds if it is set; otherwise wait 1 second and double the time after "
        "each further refusal, up to 30 seconds. WhiteBIT counts all requests of one IP address."
    )
    action = Action.WAIT


class ServerError(ResponseError):
    """The server, or a CDN or proxy in front of it, answered with a 5xx status."""

    default_hint = "Wait a few seconds and call again."
    action = Action.RETRY


class UnexpectedStatus(ResponseError):
    """The server answered with a status that is not documented; redirects are not followed."""

    default_hint = "Check base_url, and any proxy between this machine and WhiteBIT."
    action = Action.FIX_SETUP


class BearerReadsRemoved(ResponseError):
    """The server answered 404 or 410 to an account read that was sent with an access token."""

    default_hint = (
        "WhiteBIT has announced the removal of account reads with an access token. Issue the "
        "user's API key with api_key.issue(), and read through user.signed.account instead."
    )


class MalformedResponse(ResponseError):
    """The server answered with success and a body that is not what is documented."""

    default_hint = (
        "Check base_url, and any proxy between this machine and WhiteBIT. Then call again."
    )
    action = Action.FIX_SETUP


class MalformedRecord(MalformedResponse):
    """One row of a history cannot be decoded.

    Attributes:
        field: The field as the server names it; empty if the row is not an object.
        row: The index of the row in the response, from 0.
        raw: The row as it came, with fractions as ``Decimal``.
    """

    default_hint = (
        "Look at .raw, which is what the server sent. If it is valid, update this library or "
        "report the error."
    )

    def __init__(
        self, message: str, *, field: str, row: int, raw: Any, **details: Unpack[_Details]
    ) -> None:
        super().__init__(message, **details)
        self.field = field
        self.row = row
        self.raw = raw


class ResponseTooLarge(MalformedResponse):
    """The body is larger than this library reads (1 MB; 32 MB for account reads)."""

    default_hint = "For a history, use a smaller limit=. Otherwise check base_url and any proxy."


@attrs.frozen
class Unreached:
    """A part of a history with rows that no request can reach.

    Attributes:
        method: 1 for deposits, 2 for withdrawals, ``None`` for both.
        ticker: The currency, or ``None`` for all or unknown ones.
        status: The status code, or ``None`` for all or unknown ones.
        rows: How many rows are missing, by the server's totals.
    """

    method: int | None
    ticker: str | None
    status: int | None
    rows: int


class HistoryTruncated(WhiteBITError):
    """A walk ended, and the history has rows that cannot be reached.

    WhiteBIT pages through at most 10,000 rows of one filter (contract, `tables.md`).

    Attributes:
        reached: How many rows were read.
        total: How many rows there are, by the server's count.
        unreached: Where the missing rows are.
    """

    default_hint = (
        "All rows outside of .unreached were returned. To reach the others, narrow the walk by "
        "address=, memo= or since=, or ask WhiteBIT for an export."
    )

    def __init__(
        self,
        message: str,
        *,
        reached: int,
        total: int,
        unreached: Sequence[Unreached],
        **details: Unpack[_Details],
    ) -> None:
        super().__init__(message, **details)
        self.reached = reached
        self.total = total
        self.unreached = tuple(unreached)


class TokenError(WhiteBITError):
    """Base class of the errors about a user's token pair."""

    default_hint = "Let the user connect again with authorize()."
    action = Action.RECONNECT


class NotConnected(TokenError):
    """The store has no tokens, or no API key, of this user."""

    default_hint = (
        "Connect the user first with authorize() and connect(), or add a key that you already "
        "have with adopt()."
    )


class TokenUnavailable(TokenError):
    """There is no valid access token at the moment; the stored token pair is kept."""

    default_hint = "Call again in a few seconds. The refresh token is kept until it expires."
    action = Action.WAIT


class ReauthorizationRequired(TokenError):
    """The user's authorization has ended, and only a new login can renew it."""

    default_hint = (
        "Let the user connect again with authorize(). If WhiteBIT says there that a key already "
        "exists, the user must first delete it in the WhiteBIT dashboard. Many of these at once "
        "can follow a failover of the database or a restore from a backup."
    )


class ApiKeyError(WhiteBITError):
    """Base class of the errors about the user's OAuth-issued API key."""

    default_hint = "Let the user connect again with authorize()."
    action = Action.RECONNECT


class KeyPending(ApiKeyError):
    """The user's key does not exist yet.

    The user may still be choosing permissions, or WhiteBIT refused to create a key
    (``partner_key_active_exists``, ``partner_key_expired_exists``), which it does not report.
    """

    default_hint = (
        "Call issue() again later, in any process; it continues from here. If the key never "
        "appears, the user must delete an older key in the WhiteBIT dashboard and connect again."
    )
    action = Action.WAIT


class KeyAbsent(ApiKeyError):
    """The user has no key at WhiteBIT."""

    default_hint = "There is nothing to delete. To get a key, let the user connect again."


class KeyDisabled(ApiKeyError):
    """WhiteBIT has disabled the key, because it was not used for 14 days."""

    default_hint = (
        "Only the user can delete a disabled key, in the WhiteBIT dashboard. After that, let the "
        "user connect again with authorize()."
    )


class PermissionsMissing(ApiKeyError):
    """The user's key does not have the permissions that were asked for; it is stored all the same.

    Attributes:
        missing: The names of the required permission groups that were not granted.
        forbidden: The names of the forbidden permission groups that were granted.
        granted: The names of the permission groups that were granted; ``None`` if that is not
            known, as for a key that was adopted.
    """

    default_hint = (
        "Explain to the user which permissions you need. Then delete the key with "
        "api_key.delete() and let the user connect again, or continue with the key as it is."
    )

    def __init__(
        self,
        message: str,
        *,
        missing: frozenset[str],
        granted: frozenset[str] | None,
        forbidden: frozenset[str] = frozenset(),
        **details: Unpack[_Details],
    ) -> None:
        super().__init__(message, **details)
        self.missing = frozenset(missing)
        self.forbidden = frozenset(forbidden)
        self.granted = None if granted is None else frozenset(granted)


class SecretError(ApiKeyError):
    """Base class of the errors about the key's secret, which WhiteBIT sends only once."""


class SecretLocked(SecretError):
    """The secret is being retrieved by another request at this moment."""

    default_hint = (
        "Call issue() again in a minute, or after .retry_after seconds if it is set; it continues "
        "from here."
    )
    action = Action.WAIT


class SecretUnanswered(SecretError):
    """The secret was requested and no response arrived; WhiteBIT may still have it."""

    default_hint = "Call issue() again; it finds out whether the secret can still be retrieved."
    action = Action.RETRY


class SecretMalformed(SecretError):
    """A successful response came in which no secret was found; it is kept, sealed, in the store."""

    default_hint = (
        "Call issue() once more. If the error comes again, delete the key with api_key.delete() "
        "and let the user connect again."
    )


class SecretNotStored(SecretError):
    """The secret arrived and the store could not save it.

    Attributes:
        secret: The secret, which does not print; ``None`` after unpickling.
    """

    default_hint = (
        "Save error.secret.reveal() in a safe place now: it cannot be retrieved again. "
        "Then repair the store and call adopt()."
    )
    action = Action.ALARM

    def __init__(self, message: str, *, secret: Secret | None, **details: Unpack[_Details]) -> None:
        super().__init__(message, **details)
        self.secret = secret

    def __reduce__(self) -> tuple[Any, ...]:
        return _blank, (type(self), *self.args), {**self.__dict__, "secret": None}


class SecretLost(SecretError):
    """WhiteBIT has sent the secret, and it is not in the store."""

    default_hint = (
        "Treat the key as exposed: delete it with api_key.delete() (WhiteBIT sends the user a "
        "mail) and let the user connect again."
    )


class SecretTakenElsewhere(SecretError):
    """The secret was already retrieved, and this store has no record of a request for it."""

    default_hint = (
        "First check whether this user was erased, or the database failed over or was restored "
        "from a backup. If not, someone else has your client's tokens and this key: rotate the "
        "client secret. In every case call api_key.delete() and let the user connect again."
    )
    action = Action.ALARM


class CustodyError(WhiteBITError):
    """Base class of the errors about storing and sealing."""

    default_hint = "Check the store and the encryption keys."
    action = Action.FIX_SETUP


class StoreUnavailable(CustodyError):
    """The store did not respond, or did not save what it was given."""

    default_hint = (
        "Check that the store can be reached and written to, that its disk is not full, and that "
        "no failover is under way. Then call again."
    )
    action = Action.RETRY


class StoreVolatile(CustodyError):
    """The store keeps nothing after the process ends, so the secret was not requested."""

    default_hint = (
        "Use a durable store such as SQLStore. For a test, MemoryStore(volatile=True) accepts the "
        "risk."
    )


class StoreConflict(CustodyError):
    """A row was changed by others each time this process tried to write it."""

    default_hint = (
        "Call again. If the error persists, check whether programs of different versions share "
        "the store."
    )
    action = Action.RETRY


class SealBroken(CustodyError):
    """A row cannot be opened: it was changed, or moved from another place."""

    default_hint = (
        "Find out who changed the row: a faulty restore or copy of the database, or an attack. "
        "Restore the row from a backup, or let the user connect again."
    )
    action = Action.ALARM


class EncryptionKeyMissing(CustodyError):
    """A row was sealed with an encryption key that this client does not have."""

    default_hint = (
        "Add that encryption key at the end of the list of encryption keys; the first one in the "
        "list is used for writing."
    )


__all__ = sorted(
    name
    for name, found in dict(globals()).items()
    if isinstance(found, type) and found.__module__ == __name__ and not name.startswith("_")
)
