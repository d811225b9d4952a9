"""Reads of a user's account: signed with the stored key, or with the access token."""

from __future__ import annotations

from typing import TypeVar

from ..account.forms import Form, Forms
from ..account.removal import name_the_removal, warn_of_the_removal
from ..custody.rows import Custody
from ..errors import NotConnected, StoreUnavailable, Unauthorized, WhiteBITError
from ..http.backoff import pause_after
from ..http.budget import Budget
from ..http.requests import Access
from ..keys.health import KeyUse
from ..runtime.cache import Cache
from ..runtime.clock import Clock
from ..runtime.waiting import AsyncWaiting
from ..signing import ApiKey
from .tokens import AsyncTokens
from .transport import AsyncTransport

T = TypeVar("T")

PROMPT = 3
"""Attempts at a read that somebody waits for: 3 seconds in all, and the answers' own time."""
PATIENT = 6
"""Attempts at a page of a long walk: half a minute."""


class AsyncReader:
    """Send reads with the credential that a user has.

    Args:
        custody: Where keys are.
        transport: Sends the signed requests.
        tokens: Sends those with an access token.
        use: The record of each key's use.
        budget: What the server takes from this address.
        waiting: How this face waits.
        clock: What nonces and ages are made of.
    """

    def __init__(
        self,
        *,
        custody: Custody,
        transport: AsyncTransport,
        tokens: AsyncTokens,
        use: KeyUse,
        budget: Budget,
        waiting: AsyncWaiting,
        clock: Clock,
    ) -> None:
        self._custody = custody
        self._transport = transport
        self._tokens = tokens
        self._use = use
        self._budget = budget
        self._waiting = waiting
        self._clock = clock
        # The stored keys that this process saw last; a 401 has them read again.
        self._keys = Cache[ApiKey](clock)

    def forget(self, user_id: str) -> None:
        """Have the user's key read from custody again."""
        self._keys.drop(user_id)

    async def read(
        self,
        user_id: str,
        access: Access,
        forms: Forms[T],
        attempts: int = PROMPT,
    ) -> T:
        """Send a read in one of its two forms, again where that may mend it.

        Args:
            user_id: The partner's own id of the user.
            access: Which form; ``ANY`` signs where there is a stored key.
            forms: The read in both forms.
            attempts: How often it is sent at the most.

        Raises:
            NotConnected: there is nothing to authorize it with.
            BearerReadsRemoved: WhiteBIT has ended reads with an access token.
        """
        key = None if access is Access.BEARER else await self._key(user_id)
        if key is not None:
            return await self._signed(key, forms.signed, attempts)
        if access is Access.SIGNED:
            raise NotConnected(
                "the store has no API key for this user",
                hint="Get the key with api_key.issue(), or add a key that you have with adopt().",
            )
        return await self._with_token(user_id, forms.bearer, attempts)

    async def _with_token(self, user_id: str, form: Form[T], attempts: int) -> T:
        request, turns, attempt = form.request(), 0, 0

        def leave() -> None:
            nonlocal turns
            warn_of_the_removal(form.operation)
            turns += 1
            if turns > 1:  # the second request of an attempt, after a 401: nothing waits for it
                self._budget.reserve(form.operation)

        while True:
            await self._turn(form)
            turns, attempt = 0, attempt + 1
            try:
                return await self._tokens.authorized(user_id, request, before=leave)
            except WhiteBITError as error:
                pause = pause_after(error, attempt, attempts)
                if pause is None:
                    raise name_the_removal(error, form.operation) from None
            await self._waiting.sleep(pause)

    async def _signed(self, key: ApiKey, form: Form[T], attempts: int) -> T:
        """Send with a key; once more if another process has stored a new one meanwhile."""
        try:
            return await self._send_signed(key, form, attempts)
        except Unauthorized as error:
            refused = error
        self.forget(key.user_id)
        stored = await self._key(key.user_id)
        if stored is None or stored == key:
            raise refused
        return await self._send_signed(stored, form, attempts)

    async def _send_signed(self, key: ApiKey, form: Form[T], attempts: int) -> T:
        """Send with a key, and keep the record of its use.

        A 429 is the rate limit, or a nonce that was taken: the body is the same (contract,
        section 6). Either way the next attempt is signed anew.
        """
        request, auth, attempt = form.request(), key.auth(clock=self._clock), 0
        while True:
            await self._turn(form)
            attempt += 1
            try:
                answer = await self._transport.send(request, auth)
            except WhiteBITError as error:
                failure = error
            else:
                news = self._use.success(key)
                if news is not None:
                    await self._waiting.work(self._use.note, key, news)
                return answer
            pause = pause_after(failure, attempt, attempts)
            if pause is None:
                break
            await self._waiting.sleep(pause)
        news = self._use.refusal(key, failure)
        if news is not None:
            await self._waiting.work(self._use.note, key, news)
        raise failure

    async def _turn(self, form: Form[T]) -> None:
        """Wait until the budget lets the request leave."""
        seconds = self._budget.reserve(form.operation)
        if seconds > 0:
            await self._waiting.sleep(seconds)

    async def _key(self, user_id: str) -> ApiKey | None:
        cached = self._keys.fresh(user_id)
        if cached is not None:
            return cached
        try:
            stored = await self._waiting.work(self._custody.key, user_id)
        except StoreUnavailable:
            cached = self._keys.latest(user_id)
            if cached is None:
                raise
            return cached
        if stored is None or stored.gone:
            self.forget(user_id)
            return None
        return self._keys.put(user_id, stored.key)
