"""The user's OAuth-issued API key: info, issue, delete (contract, section 4)."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Collection

from ..custody.connection import Connection
from ..custody.connections import Binding
from ..custody.values import Granted, TokenPair
from ..errors import (
    ConnectionChanged,
    KeyAbsent,
    KeyDisabled,
    KeyPending,
    NotConnected,
    NotFound,
    ReauthorizationRequired,
    SecretLocked,
    Unauthorized,
    WhiteBITError,
)
from ..http.backoff import REPEATED
from ..http.signing import ApiKey
from ..keys.flow import (
    LONGEST_LOOKING,
    deletion_request,
    info_request,
    issue_timeout,
    pause_before_looking,
)
from ..keys.permissions import Wanted, granted_by
from ..keys.records import KeyHealth, KeyInfo, KeyState
from ..keys.secrets import OPERATION
from ..runtime.events import EventName
from ..runtime.rim import async_rim
from .engine import AsyncEngine


class AsyncUserApiKey:
    """The user's OAuth-issued API key; on the global server only."""

    __slots__ = ("_engine", "_user_id")

    def __init__(self, engine: AsyncEngine, user_id: str) -> None:
        self._engine = engine
        self._user_id = user_id

    @async_rim
    async def info(self) -> KeyInfo:
        """Return the state of the key at WhiteBIT, and what the user granted."""
        binding = Binding(self._user_id)
        info = await self._info(binding)
        await self._engine.waiting.work(
            self._engine.stored_keys.seen,
            binding,
            info.external_id,
            asked=binding.seq,
            granted=granted_by(info),
        )
        return info

    @async_rim
    async def issue(
        self,
        timeout: float = 40.0,
        *,
        require: Collection[str] = (),
        forbid: Collection[str] = (),
    ) -> ApiKey:
        """Return the user's key: wait for it, retrieve its secret once, store it.

        A stored key is returned without a request. An earlier call that was interrupted, in any
        process, is continued.

        Args:
            timeout: Seconds to wait, 0 to 330; at most 29 of them for the key to appear. The
                default suits a script: it outlasts the lease of a process that was stopped. A web
                request passes 0, and calls again.
            require: Names of permission groups that the key must have, such as ``trading``.
            forbid: Names of groups that it must not have. ``withdrawal`` also forbids groups of
                another name that mention withdrawals.

        Raises:
            KeyPending: the key is not visible yet, e.g. because the user is still choosing
                permissions; call again.
            SecretLocked, SecretUnanswered: not final; call again after ``retry_after``.
            SecretLost, SecretTakenElsewhere, SecretMalformed: the key cannot be used.
            SecretNotStored: the store failed; the error holds the secret.
            PermissionsMissing: the key does not have what was required, or has what was forbidden.
                It is stored, and stays usable.
            ConnectionChanged: the user has connected again since.
        """
        engine, binding = self._engine, Binding(self._user_id)
        engine.server.require("get_api_key_secret")
        wanted = Wanted.of(require, forbid)
        until = engine.clock.monotonic() + issue_timeout(timeout)
        stored, row = await engine.waiting.work(engine.stored_keys.begin, binding)
        key = await self._obtain(binding, row, until) if stored is None else stored
        if wanted:
            await self._judge(binding, key.external_id, wanted)
        return key

    @async_rim
    async def health(self) -> KeyHealth:
        """Judge the stored key by custody's record of its use; nothing is sent.

        Raises:
            NotConnected: no key of this user is stored.
        """
        found = await self._engine.waiting.work(self._engine.use.one, self._user_id)
        if found is None:
            raise NotConnected("the store has no API key for this user")
        return found

    @async_rim
    async def delete(self) -> None:
        """Delete the key at WhiteBIT, which informs the user by email, and then from the store.

        Raises:
            KeyAbsent: the user has no key.
            NotFound: the key is already deleted.
        """
        engine, binding = self._engine, Binding(self._user_id)
        engine.server.require("delete_api_key")
        stored, row = await engine.waiting.work(engine.stored_keys.begin, binding)
        external_id = None if stored is None or row.pair is None else stored.external_id
        if external_id is None:
            external_id = (await self._info(binding)).external_id
        if external_id is None:
            raise KeyAbsent("the user has no key at WhiteBIT", operation="delete_api_key")
        request = deletion_request(external_id)
        missing: NotFound | None = None
        try:
            await engine.tokens.authorized(binding, request)
        except NotFound as error:
            if not error.from_api:
                raise
            missing = error
        await engine.waiting.work(
            engine.stored_keys.note_deleted, binding, external_id, was_gone=missing is not None
        )
        if missing is not None:
            raise missing

    async def _info(self, binding: Binding, *, waits: bool = True) -> KeyInfo:
        self._engine.server.require("get_api_key_info")
        return await self._engine.tokens.authorized(binding, info_request(), waits=waits)

    async def _judge(self, binding: Binding, external_id: str, wanted: Wanted) -> None:
        """Compare a stored key's permissions; ask ``info`` where they were never recorded."""
        engine = self._engine
        held = await engine.waiting.work(engine.connections.read, self._user_id)
        row = binding.check(held.row)
        key = row.key(external_id)
        granted = key.granted if key is not None else None
        if granted is None and row.pair is not None:
            info = None
            # Without a token to ask with, it stays unknown.
            with contextlib.suppress(NotConnected, ReauthorizationRequired, Unauthorized):
                info = await self._info(binding)
            if info is not None:
                granted = granted_by(info)
                await engine.waiting.work(
                    engine.stored_keys.seen,
                    binding,
                    info.external_id,
                    asked=binding.seq,
                    granted=granted,
                )
                if info.external_id != external_id:
                    raise ConnectionChanged("the stored key is no longer the user's key")
        if not wanted.suits(granted):
            raise wanted.error(granted)

    async def _obtain(
        self, binding: Binding, row: Connection, until: float, *, waits: bool = True
    ) -> ApiKey:
        """Wait for the key, and retrieve its secret.

        Args:
            binding: The connection.
            row: Its row.
            until: Monotonic time at which to stop waiting.
            waits: Whether to wait for a token pair that is being renewed.
        """
        if row.pair is None:
            raise NotConnected("the store has neither tokens nor a usable API key for this user")
        self._engine.custody.refuse_volatile()
        external_id, granted = await self._appearing(binding, row.pair, until, waits=waits)
        return await self._take(binding, external_id, granted, until)

    async def _appearing(
        self, binding: Binding, pair: TokenPair, until: float, *, waits: bool
    ) -> tuple[str, Granted | None]:
        """Poll for the key until it exists and is active; return its id, and what it may do."""
        clock = self._engine.clock
        stops = min(until, clock.monotonic() + LONGEST_LOOKING)
        troubles = 0
        while True:
            trouble: WhiteBITError | None = None
            info = None
            try:
                info = await self._info(binding, waits=waits)
            except REPEATED as error:
                trouble = error
            troubles = 0 if trouble is None else troubles + 1
            if info is not None and info.state is KeyState.DISABLED:
                self._engine.custody.events.emit(
                    EventName.KEY_EXPIRED, self._user_id, external_id=info.external_id
                )
                await self._engine.waiting.work(
                    self._engine.stored_keys.end_waiting, binding, KeyDisabled.__name__
                )
                raise KeyDisabled(
                    "WhiteBIT has disabled the user's key after 14 days without use",
                    operation="get_api_key_info",
                )
            if info is not None and info.external_id is not None:
                return info.external_id, granted_by(info)
            pause = pause_before_looking(trouble, troubles)
            ends = None if pair.lifetime is None else pair.obtained_at + pair.lifetime
            if pair.refresh is None and ends is not None and clock.time() + pause >= ends:
                stops = 0.0  # the token expires first, and cannot be renewed
            if clock.monotonic() + pause > stops:
                if trouble is not None:
                    raise trouble
                self._engine.custody.events.emit(EventName.KEY_PENDING, self._user_id)
                raise KeyPending("the user's key does not show yet", operation="get_api_key_info")
            await self._engine.waiting.sleep(pause)

    async def _take(
        self, binding: Binding, external_id: str, granted: Granted | None, until: float
    ) -> ApiKey:
        """Attempt to retrieve the secret, waiting between attempts as the outcomes require."""
        engine, pin = self._engine, binding.pinned
        last: tuple[type[WhiteBITError], float] | None = None
        row, began = 0, 0.0
        while True:
            flight = await engine.waiting.work(
                engine.secret_flight, binding, pin, external_id, binding.seq, granted
            )
            try:
                outcome = await engine.waiting.flight(flight, engine.pairs.longest_wait)
            except TimeoutError:
                late = SecretLocked(
                    "the secret is still being retrieved", operation=OPERATION, retry_after=5.0
                )
                raise late from None
            if isinstance(outcome, ApiKey):
                return outcome
            # Outcomes are counted by error: a lock here is watched more often than one there.
            kind = (type(outcome.error), outcome.after)
            if kind != last:
                last, row, began = kind, 0, engine.clock.monotonic()
            row += 1
            ends = min(until, began + outcome.in_all)
            pause = outcome.pause(row)
            if row > outcome.attempts or engine.clock.monotonic() + pause > ends:
                failure = copy.copy(outcome.error)  # it is shared by all that waited for it
                if failure.retry_after is None:
                    failure.retry_after = pause
                raise failure
            await engine.waiting.sleep(pause)
