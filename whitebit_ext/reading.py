"""Reads of a user's account: signed with the stored key, or with the access token."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import TypeVar

import attrs
import httpx

from .clock import Clock
from .custody import Custody
from .errors import NotConnected, RateLimited, Unauthorized, WhiteBITError, stripped
from .health import KeyUse
from .leases import jittered
from .records import Access
from .regions import operation
from .sending import Send
from .signing import ApiKey
from .steps import Sleep, Steps, send, work
from .tokens import Tokens

T = TypeVar("T")

Request = Callable[[httpx.Auth], Send[T]]
"""Makes the request of a read, given its credential."""

LONGEST_BACK_OFF = 30.0
"""Seconds that a ``Retry-After`` is heeded for at the most (contract, section 7)."""
_PACKAGE = f"{__name__.partition('.')[0]}."
_warned = False


@attrs.frozen
class Reader:
    """Send reads with the credential that a user has.

    Attributes:
        custody: Where keys are.
        tokens: Where access tokens come from.
        clock: What waiting is measured by.
        use: The record of each key's use.
        keys: Stored keys that this process has read; a 401 has them read again.
    """

    custody: Custody
    tokens: Tokens
    clock: Clock
    use: KeyUse
    keys: dict[str, ApiKey] = attrs.field(factory=dict, repr=False)

    def forget(self, user_id: str) -> None:
        """Have the user's key read from custody again."""
        self.keys.pop(user_id, None)

    def read(
        self, user_id: str, access: Access, signed: Request[T], bearer: Request[T]
    ) -> Steps[T]:
        """Send a read in one of its two forms.

        Args:
            user_id: The partner's own id of the user.
            access: Which form; ``ANY`` signs where there is a stored key.
            signed: Makes the request of the signed form.
            bearer: Makes the request of the form with an access token.

        Raises:
            NotConnected: there is nothing to authorize it with.
        """
        key = None if access is Access.BEARER else (yield from self._key(user_id))
        if key is not None:
            return (yield from self._signed(key, signed))
        if access is Access.SIGNED:
            raise NotConnected(
                "custody holds no API key for this user",
                hint="Take the key's secret with api_keys.issue(), or adopt() a known key.",
            )

        def make(auth: httpx.Auth) -> Send[T]:
            request = bearer(auth)
            _warn_of_removal(request.operation)
            return request

        return (yield from self.tokens.authorized(user_id, make))

    def _signed(self, key: ApiKey, make: Request[T]) -> Steps[T]:
        failure: WhiteBITError
        try:
            return (yield from self._send_signed(key, make))
        except Unauthorized as error:
            failure = error
        # Another process may have stored a new key since this one was read.
        self.forget(key.user_id)
        stored = yield from self._key(key.user_id)
        if stored is None or stored == key:
            raise stripped(failure)
        return (yield from self._send_signed(stored, make))

    def _send_signed(self, key: ApiKey, make: Request[T]) -> Steps[T]:
        """Send once, once more after a 429, and keep the record of the key's use."""
        request = make(key.auth(clock=self.clock))
        failure: WhiteBITError
        try:
            try:
                answer = yield from send(request)
            except RateLimited as error:
                wait = jittered(min(error.retry_after or 1.0, LONGEST_BACK_OFF))
                answer = None
            if answer is None:
                # The same body answers a nonce that was taken and the rate limit (contract,
                # section 6): sign again with a new nonce before concluding.
                yield Sleep(wait)
                answer = yield from send(request)
        except WhiteBITError as error:
            failure = error
        else:
            yield from self.use.succeeded(key)
            return answer
        yield from self.use.refused(key, failure)
        raise stripped(failure)

    def _key(self, user_id: str) -> Steps[ApiKey | None]:
        cached = self.keys.get(user_id)
        if cached is not None:
            return cached
        stored = yield from work(lambda: self.custody.key(user_id))
        if stored is None or stored.gone:
            return None
        self.keys[user_id] = stored.key
        return stored.key


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
