"""The state of a user's connection, and how fresh it has to be."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from datetime import UTC, datetime
from typing import Any

from .._async.client import AsyncWhiteBIT
from .._sync.client import WhiteBIT
from ..errors import TokenError, WhiteBITError
from ..keys.records import KeyState
from ..keys.status import is_alive
from ..runtime.forks import watch_forks
from .serving import told
from .texts import PROBLEMS, code_of, problem_of
from .values import Options, run, settle

_WORKER_ALIVE = 30.0
"""Seconds for which a worker's heartbeat counts: then it looks for keys, and pages do not."""
_LOOKS_FOR = ("choosing", "failed")
_WAITS = ("login", "choosing")
_RETRY_AFTER = 3.0
_LONGEST_LOOK = 2.0
"""Seconds for which a request waits for a look; the look itself goes on."""
_AT_ONCE = 2
"""Looks of a process at a time; further users read the store, and look when they come again."""
_LOOK_EVERY = 1.5
"""Seconds between two looks for a user, by all processes: the row says when the last one was."""


class States:
    """Reads the state of users from the store, and asks WhiteBIT where nobody else does.

    Args:
        partner: The partner.
        options: What the application requires of a key.
    """

    def __init__(self, partner: WhiteBIT | AsyncWhiteBIT, options: Options) -> None:
        self._partner: Any = partner  # its methods return values or awaitables: see `settle`
        self._engine: Any = partner._engine
        self._options = options
        self._is_async = isinstance(partner, AsyncWhiteBIT)
        self.after_fork()
        watch_forks(self)

    def after_fork(self) -> None:
        """Begin without looks: the threads of the parent do not survive a fork."""
        self._lock = threading.Lock()
        self._looks = set[Any]()  # futures, or tasks of an async partner

    async def _look(self, user_id: str) -> WhiteBITError | None:
        """Ask WhiteBIT for the key, unless a process has just done so, and return the error."""
        engine, options = self._engine, self._options
        key = self._partner.user(user_id).api_key
        try:
            if await settle(
                engine.waiting.work(engine.upkeep.claims_for_page, user_id, _LOOK_EVERY)
            ):
                await settle(key.issue(timeout=0, require=options.require, forbid=options.forbid))
        except WhiteBITError as error:
            return error
        return None

    async def _looked(self, user_id: str) -> WhiteBITError | None:
        """Look, wait 2 s at most, and return the error of the look, if any; the look goes on.

        In a thread, or in a task of the running loop: a client that goes away does not stop it.
        """
        looking: Any
        with self._lock:
            if len(self._looks) >= _AT_ONCE:
                return None
            if self._is_async:
                looking = asyncio.ensure_future(self._look(user_id))
            else:
                looking = self._engine.once_workers.submit(lambda: run(self._look(user_id)))
            self._looks.add(looking)
        looking.add_done_callback(self._looks.discard)
        if self._is_async:
            await asyncio.wait({looking}, timeout=_LONGEST_LOOK)
        else:
            concurrent.futures.wait({looking}, _LONGEST_LOOK)
        return looking.result() if looking.done() else None

    async def _stored(self, user_id: str) -> Any:
        user = self._partner.user(user_id)
        return await settle(user.status(require=self._options.require, forbid=self._options.forbid))

    async def of(self, user_id: str) -> dict[str, Any]:
        """Return the state of a user as JSON has it.

        One read of the store; and one look at WhiteBIT of two seconds at most, where the user
        waits for the key and no worker has given a sign of life.
        """
        status, error = await self._stored(user_id), None
        if status.state in _LOOKS_FOR and not _works(status.worker_seen_at):
            error = await self._looked(user_id)
            status = await self._stored(user_id)
        state, problem = str(status.state), None
        if status.error:
            problem = PROBLEMS.get(code_of(status.error), PROBLEMS["api_key_error"])
        if error is not None and state == "choosing" and not error.retryable:
            state, problem = "failed", problem_of(error)
        return {
            "state": state,
            "retry_after": (status.retry_after or _RETRY_AFTER) if state in _WAITS else None,
            "error": None if problem is None else told(problem),
            "granted": None if status.granted is None else sorted(status.granted),
            "missing": sorted(status.missing),
            "forbidden": sorted(status.forbidden),
        }

    async def is_alive(self, user_id: str) -> bool:
        """Return whether the stored key works, as WhiteBIT says now."""
        status = await self._stored(user_id)
        if status.state not in ("connected", "insufficient"):
            return False
        user = self._partner.user(user_id)
        try:
            info = await settle(user.api_key.info())
            return bool(info.state is KeyState.ACTIVE)
        except TokenError:
            pass  # the tokens live for some minutes: a signed read answers for the key itself
        except WhiteBITError:
            return False
        try:
            await settle(user.signed.account.balances.spot("BTC"))
        except WhiteBITError:
            return False
        return True

    async def can_ask(self, user_id: str) -> bool:
        """Return whether WhiteBIT still accepts a request to delete the key: its tokens live."""
        held = await settle(self._engine.waiting.work(self._engine.connections.read, user_id))
        now = self._engine.clock.time()
        pair = None if held.row is None else held.row.pair
        return pair is not None and is_alive(pair, now)


def _works(seen_at: datetime | None) -> bool:
    if seen_at is None:
        return False
    # One in the future is of a machine with a wrong clock, and proves nothing.
    return abs((datetime.now(UTC) - seen_at).total_seconds()) < _WORKER_ALIVE
