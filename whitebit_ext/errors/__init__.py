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

from .answers import (
    BadRequest,
    BearerReadsRemoved,
    Conflict,
    ConnectionFailed,
    Forbidden,
    Locked,
    MalformedResponse,
    NoAnswer,
    NotFound,
    NotSent,
    RateLimited,
    ResponseError,
    ResponseTooLarge,
    ServerError,
    Unauthorized,
    UnexpectedStatus,
)
from .base import (
    InvalidArgument,
    RegionNotSupported,
    WhiteBITError,
    WrongServer,
    stripped,
)
from .custody import (
    CustodyError,
    EncryptionKeyMissing,
    SealBroken,
    StoreConflict,
    StoreUnavailable,
    StoreVolatile,
)
from .history import HistoryTruncated, MalformedRecord, Unreached
from .keys import (
    ApiKeyError,
    KeyDisabled,
    KeyPending,
    SecretError,
    SecretLocked,
    SecretLost,
    SecretMalformed,
    SecretNotStored,
    SecretTakenElsewhere,
    SecretUnanswered,
)
from .login import (
    AuthorizationDenied,
    CallbackMalformed,
    CodeMissing,
    CodeRejected,
    CodeUnanswered,
    IssuerMismatch,
    LoginError,
    LoginExpired,
    LoginUserMismatch,
    RedirectMismatch,
    StateMismatch,
    StateMissing,
    StateReused,
    StateUnknown,
)
from .tokens import (
    NotConnected,
    ReauthorizationRequired,
    TokenError,
    TokenUnavailable,
)

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
