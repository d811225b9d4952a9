"""Reads of a user's account: signed with the stored key, or with the access token."""

from __future__ import annotations

import logging
from typing import TypeVar

from ..account.forms import Forms
from ..account.removal import name_the_removal, warn_of_the_removal
from ..custody.connections import Binding, Connections, Held
from ..errors import (
    ClockSkew,
    ConnectionChanged,
    Forbidden,
    NotConnected,
    NotFound,
    RegionNotSupported,
    Unauthorized,
    WhiteBITError,
)
from ..http.answers import is_clock_skew
from ..http.backoff import pause_after
from ..http.budget import Budget
from ..http.requests import Access, Send, time_request
from ..http.signing import ApiKey
from ..keys.flow import info_request
from ..keys.health import KeyUse
from ..keys.stored import StoredKeys
from ..oauth.pairs import TokenPairs
from ..runtime.clock import Clock, CorrectedClock
from ..runtime.events import Detail, EventName, described
from ..runtime.waiting import AsyncWaiting
from .tokens import AsyncTokens
from .transport import AsyncTransport

T = TypeVar("T")

log = logging.getLogger("whitebit_ext")

PROMPT = 3
"""Attempts at a read that a caller waits for: 3 seconds in all, and the time of the responses."""
PATIENT = 6
"""Attempts at a page of a long walk: half a minute."""


class AsyncReader:
    """Sends reads with the credential that a user has.

    Args:
        connections: Where the rows are.
        transport: Sends the signed requests.
        tokens: Sends those with an access token.
        pairs: Processes the responses stored in a row.
        keys: Returns keys, and applies ``info`` responses.
        use: The record of each key's use.
        budget: The rate limits of the server for this address.
        waiting: How this interface waits.
        clock: Provides nonces and ages.
    """

    def __init__(
        self,
        *,
        connections: Connections,
        transport: AsyncTransport,
        tokens: AsyncTokens,
        pairs: TokenPairs,
        keys: StoredKeys,
        use: KeyUse,
        budget: Budget,
        waiting: AsyncWaiting,
        clock: Clock,
    ) -> None:
        self._connections = connections
        self._transport = transport
        self._tokens = tokens
        self._pairs = pairs
        self._keys = keys
        self._use = use
        self._budget = budget
        self._waiting = waiting
        self._clock = clock
        self._server_clock = CorrectedClock(clock)

    async def read(
        self,
        binding: Binding,
        access: Access,
        forms: Forms[T],
        attempts: int = PROMPT,
    ) -> T:
        """Send a read in one of its two forms, and retry where that may help.

        Args:
            binding: What the read belongs to; the row is compared with it before each attempt.
            access: Which form; ``ANY`` signs where there is a stored key.
            forms: The read in both forms.
            attempts: The maximum number of attempts.

        Raises:
            NotConnected: there is no credential for it.
            ClockSkew: the server rejects the time of a signed request, also the corrected one.
            ConnectionChanged: the user has connected again since the call or walk began.
            BearerReadsRemoved: WhiteBIT has ended reads with an access token.
        """
        began = self._clock.monotonic()
        try:
            answer = await self._read(binding, access, forms, attempts)
        except WhiteBITError as error:
            failure = error
        else:
            self._finished(binding, forms, began, {})
            return answer
        if isinstance(failure, (ConnectionChanged, Unauthorized)):
            self._connections.drop(binding.user_id)
        self._finished(binding, forms, began, described(failure))
        raise failure

    def _finished(
        self, binding: Binding, forms: Forms[T], began: float, error: dict[str, Detail]
    ) -> None:
        signed = binding.external_id is not None
        self._connections.custody.events.emit(
            EventName.READ_FINISHED,
            binding.user_id,
            (forms.signed if signed else forms.bearer).operation,
            seconds=self._clock.monotonic() - began,
            signed=signed,
            **error,
        )

    def _retried(self, binding: Binding, error: WhiteBITError, attempt: int, pause: float) -> None:
        self._connections.custody.events.emit(
            EventName.READ_RETRIED,
            binding.user_id,
            error.operation,
            attempt=attempt,
            pause=pause,
            **described(error),
        )

    async def _read(self, binding: Binding, access: Access, forms: Forms[T], attempts: int) -> T:
        held = await self._look(binding)
        if access is Access.BEARER:
            return await self._with_token(binding, held, forms.bearer, attempts)
        key = await self._key(binding, held)
        if key is not None:
            return await self._signed(binding, key, forms.signed, attempts)
        if binding.external_id is not None:
            raise ConnectionChanged("the key that this signed with is no longer usable")
        if access is Access.SIGNED:
            raise NotConnected(
                "the store has no API key for this user",
                hint="Get the key with api_key.issue(), or add a key that you have with adopt().",
            )
        return await self._with_token(binding, held, forms.bearer, attempts)

    async def _with_token(
        self, binding: Binding, held: Held | None, form: Send[T], attempts: int
    ) -> T:
        turns, attempt = 0, 0

        def leave() -> None:
            nonlocal turns
            warn_of_the_removal(form.operation)
            turns += 1
            if turns > 1:  # the second request of an attempt, after a 401: it must not wait
                self._budget.reserve(form.operation)

        while True:
            if await self._turn(form):
                held = None  # it was read before the wait
            turns, attempt = 0, attempt + 1
            try:
                return await self._tokens.authorized(
                    binding, form, before=leave, held=held, cached=True
                )
            except WhiteBITError as error:
                pause = pause_after(error, attempt, attempts)
                if pause is None:
                    raise name_the_removal(error, form.operation) from None
                self._retried(binding, error, attempt, pause)
            held = None
            await self._waiting.sleep(pause)

    async def _signed(
        self, binding: Binding, key: ApiKey | None, form: Send[T], attempts: int
    ) -> T:
        """Send with a key, and record its use.

        A 429 is the rate limit, or a nonce that was used: the body is the same (contract,
        section 6). Either way the next attempt is signed again, after another read of the row.
        """
        attempt, corrected = 0, False
        while True:
            if await self._turn(form):
                key = None
            if key is None:
                key = await self._key(binding, await self._look(binding))
            if key is None:
                raise ConnectionChanged("the key that this signed with is no longer usable")
            attempt += 1
            try:
                answer = await self._transport.send(
                    form, key.unchecked_auth(clock=self._server_clock)
                )
            except WhiteBITError as error:
                failure = error
            else:
                news = self._use.success(key, form.operation)
                if news is not None:
                    await self._waiting.work(self._use.note, key, news)
                return answer
            if is_clock_skew(failure):
                if corrected:
                    raise self._skew(failure)
                corrected = True
                await self._correct_clock(failure)
            else:
                pause = pause_after(failure, attempt, attempts)
                if pause is None:
                    break
                self._retried(binding, failure, attempt, pause)
                await self._waiting.sleep(pause)
            key = None
        news = self._use.refusal(key, form.operation, failure)
        if news is not None:
            await self._waiting.work(self._use.note, key, news)
        if isinstance(failure, Unauthorized):  # the row may have changed during the request
            binding.check((await self._waiting.work(self._connections.read, binding.user_id)).row)
        raise failure

    async def clock_offset(self) -> float:
        """Measure by how many seconds this machine's clock is ahead of the server's.

        The server sends whole seconds only (contract, section 6): half a second is unknown.
        """
        began = self._clock.time()
        seconds = await self._transport.send(time_request())
        return (began + self._clock.time()) / 2 - seconds - 0.5

    async def _correct_clock(self, failure: WhiteBITError) -> None:
        """Measure the offset to the server's clock, and sign by the server's time from now on.

        Raises:
            ClockSkew: the server's time could not be read.
        """
        try:
            self._server_clock.offset = await self.clock_offset()
        except WhiteBITError:
            raise self._skew(failure) from None
        log.warning(
            "this machine's clock is %+.1f s off WhiteBIT's; signed requests are corrected by that",
            self._server_clock.offset,
        )

    def _skew(self, failure: WhiteBITError) -> ClockSkew:
        offset = self._server_clock.offset
        return ClockSkew.of(
            failure,
            "the server rejected the time of a signed request; this machine's clock is "
            f"{offset:+.1f} s off",
            offset=offset,
        )

    async def _turn(self, form: Send[T]) -> bool:
        """Wait until the budget lets the request leave; return whether there was a wait."""
        seconds = self._budget.reserve(form.operation)
        if seconds > 0:
            await self._waiting.sleep(seconds)
        return seconds > 0

    async def _look(self, binding: Binding) -> Held:
        """Read the row, no older than ``cache_for``, and compare it with the binding."""
        held = self._connections.cached(binding.user_id)
        if held is None or held.row is None or held.row.untaken:
            held = await self._waiting.work(self._pairs.look, binding, cached=True)
        binding.check(held.row)
        return held

    async def _key(self, binding: Binding, held: Held) -> ApiKey | None:
        """Return the key to sign with; after a later login, it is confirmed by ``info`` first."""
        row = held.row
        if row is not None and row.unconfirmed_key is not None and row.pair is not None:
            request, asked = info_request(), row.seq
            try:
                info = await self._tokens.authorized(binding, request, held=held)
            except (NotFound, Forbidden, Unauthorized, RegionNotSupported):
                return None
            row = await self._waiting.work(self._keys.seen, binding, info.external_id, asked=asked)
        key = row.signing_key if row is not None else None
        if key is None or row is None:
            return None
        binding.check_key(key.external_id)
        return self._keys.api_key(binding.user_id, row, key)
