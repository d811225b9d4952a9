"""Reads of a user's account: signed with the stored key, or with the access token."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import attrs
import httpx

from .access import Access
from .backoff import backed_off
from .custody.rows import Custody
from .errors import (
    BearerReadsRemoved,
    Forbidden,
    NotConnected,
    NotFound,
    StoreUnavailable,
    Unauthorized,
    UnexpectedStatus,
    WhiteBITError,
    stripped,
)
from .http.budget import Budget
from .http.requests import READ_LIMIT, Endpoint, Send
from .keys.health import KeyUse
from .keys.signing import ApiKey
from .regions import operation
from .runtime.cache import Cache
from .runtime.clock import Clock
from .steps import Sleep, Steps, send, work
from .tokens import Tokens

T = TypeVar("T")

NONCE = 0
"""A placeholder: ``SignedAuth`` stamps the real nonce on every request that leaves."""
PROMPT = 3
"""Attempts at a read that somebody waits for: 3 seconds in all, and the answers' own time."""
PATIENT = 6
"""Attempts at a page of a long walk: half a minute."""
_PACKAGE = f"{__name__.partition('.')[0]}."
_warned = False


@attrs.frozen
class Request(Generic[T]):
    """One of the two forms of a read.

    Attributes:
        operation: The ``operationId``.
        endpoint: The generated module of the operation.
        body: Makes the generated model of the body.
        parse: Makes ours of the answer's bytes.
    """

    operation: str
    endpoint: Endpoint
    body: Callable[[], Any]
    parse: Callable[[bytes], T]

    def sent_with(self, auth: httpx.Auth) -> Send[T]:
        """Return what is to be sent with a credential."""
        return Send(
            self.operation,
            self.endpoint,
            arguments=lambda: {"body": self.body()},
            auth=auth,
            parse=self.parse,
            limit=READ_LIMIT,
        )


@attrs.frozen
class Reader:
    """Send reads with the credential that a user has.

    Attributes:
        custody: Where keys are.
        tokens: Where access tokens come from.
        clock: What waiting is measured by.
        use: The record of each key's use.
        budget: What the server takes from this address.
        keys: The stored keys that this process saw last; a 401 has them read again.
    """

    custody: Custody
    tokens: Tokens
    clock: Clock
    use: KeyUse
    budget: Budget
    keys: Cache[ApiKey] = attrs.field(
        default=attrs.Factory(lambda self: Cache(self.clock), takes_self=True), repr=False
    )

    def forget(self, user_id: str) -> None:
        """Have the user's key read from custody again."""
        self.keys.drop(user_id)

    def read(
        self,
        user_id: str,
        access: Access,
        signed: Request[T],
        bearer: Request[T],
        attempts: int = PROMPT,
    ) -> Steps[T]:
        """Send a read in one of its two forms, again where that may mend it.

        Args:
            user_id: The partner's own id of the user.
            access: Which form; ``ANY`` signs where there is a stored key.
            signed: The signed form.
            bearer: The form with an access token.
            attempts: How often it is sent at the most.

        Raises:
            NotConnected: there is nothing to authorize it with.
            BearerReadsRemoved: WhiteBIT has ended reads with an access token.
        """
        key = None if access is Access.BEARER else (yield from self._key(user_id))
        if key is not None:
            return (yield from self._signed(key, signed, attempts))
        if access is Access.SIGNED:
            raise NotConnected(
                "custody holds no API key for this user",
                hint="Take the key's secret with api_keys.issue(), or adopt() a known key.",
            )
        return (yield from self._with_token(user_id, bearer, attempts))

    def _with_token(self, user_id: str, request: Request[T], attempts: int) -> Steps[T]:
        counted = False

        def make(auth: httpx.Auth) -> Send[T]:
            nonlocal counted
            _warn_of_removal(request.operation)
            if not counted:  # the second request of an attempt, after a 401: nothing waits for it
                self.budget.reserve(request.operation)
            counted = False
            return request.sent_with(auth)

        def attempt() -> Steps[T]:
            nonlocal counted
            yield from self._turn(request)
            counted = True
            return (yield from self.tokens.authorized(user_id, make))

        failure: WhiteBITError
        try:
            return (yield from backed_off(attempt, attempts))
        except (Forbidden, NotFound, UnexpectedStatus) as error:
            failure = error
        raise stripped(_of_the_removal(failure, operation(request.operation).sunset))

    def _turn(self, request: Request[T]) -> Steps[None]:
        """Wait until the budget lets the request leave."""
        seconds = self.budget.reserve(request.operation)
        if seconds > 0:
            yield Sleep(seconds)

    def _signed(self, key: ApiKey, request: Request[T], attempts: int) -> Steps[T]:
        failure: WhiteBITError
        try:
            return (yield from self._send_signed(key, request, attempts))
        except Unauthorized as error:
            failure = error
        # Another process may have stored a new key since this one was read.
        self.forget(key.user_id)
        stored = yield from self._key(key.user_id)
        if stored is None or stored == key:
            raise stripped(failure)
        return (yield from self._send_signed(stored, request, attempts))

    def _send_signed(self, key: ApiKey, request: Request[T], attempts: int) -> Steps[T]:
        """Send with a key, and keep the record of its use.

        A 429 is the rate limit, or a nonce that was taken: the body is the same (contract,
        section 6). Either way the next attempt is signed anew.
        """

        def attempt() -> Steps[T]:
            yield from self._turn(request)
            return (yield from send(request.sent_with(key.auth(clock=self.clock))))

        failure: WhiteBITError
        try:
            answer = yield from backed_off(attempt, attempts)
        except WhiteBITError as error:
            failure = error
        else:
            yield from self.use.succeeded(key)
            return answer
        yield from self.use.refused(key, failure)
        raise stripped(failure)

    def _key(self, user_id: str) -> Steps[ApiKey | None]:
        cached = self.keys.fresh(user_id)
        if cached is not None:
            return cached
        try:
            stored = yield from work(lambda: self.custody.key(user_id))
        except StoreUnavailable:
            cached = self.keys.latest(user_id)
            if cached is None:
                raise
            return cached
        if stored is None or stored.gone:
            self.forget(user_id)
            return None
        return self.keys.put(user_id, stored.key)


def _of_the_removal(error: WhiteBITError, sunset: str | None) -> WhiteBITError:
    """Name the announced end of the Bearer reads, where an answer may be it."""
    if error.status_code in (404, 410):
        return BearerReadsRemoved.of(
            error,
            error.message,
            hint="WhiteBIT announced the removal of account reads with an access token for "
            f"{sunset}: issue the user's API key with api_keys.issue(), and read the same through "
            "user.signed.account.",
        )
    if error.status_code == 403:
        return Forbidden.of(
            error,
            error.message,
            hint="The token lacks the scope of this read, or WhiteBIT has ended reads with an "
            f"access token, announced for {sunset}: user.signed.account reads the same with the "
            "issued API key.",
        )
    return error


def _warn_of_removal(name: str) -> None:
    """Say once per process that WhiteBIT announced the end of the Bearer reads."""
    global _warned  # once per process is what is wanted
    if _warned or not operation(name).deprecated:
        return
    _warned = True
    warnings.warn(
        f"WhiteBIT announced the removal of account reads with an access token on "
        f"{operation(name).sunset}; use user.signed.account, which reads the same with the "
        "issued key",
        DeprecationWarning,
        stacklevel=_outside(),
    )


def _outside() -> int:
    """Return the stack level of the first caller outside of this package, for a warning."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    return level
