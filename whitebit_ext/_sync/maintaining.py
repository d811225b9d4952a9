# Made from whitebit_ext/_async/maintaining.py by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""One pass of what must happen without a user; any number of workers may run it."""

from __future__ import annotations

import enum
import functools
import logging
from collections import Counter

import attrs

from ..errors import (
    ConnectionChanged,
    Forbidden,
    KeyDisabled,
    KeyPending,
    NotConnected,
    NotFound,
    ReauthorizationRequired,
    SecretLost,
    SecretMalformed,
    SecretTakenElsewhere,
    TokenUnavailable,
    Unauthorized,
    WhiteBITError,
)
from ..http.requests import Access
from ..keys.upkeep import Entry, MaintenanceReport
from ..runtime.events import EventName
from .account import Account
from .api_key import UserApiKey
from .engine import Engine
from .leaving import disconnect

log = logging.getLogger("whitebit_ext")

_SWEPT_AT_ONCE = 1_000
_CLOCK_TOLERANCE = 60.0
"""Seconds; a refresh token outlives its access token by five times as long."""
_READ_AT_ONCE = 16
"""Keys; a read is repeated, and where the server hangs, those who choose would wait for all."""


class _Result(enum.Enum):
    """What became of one user in a pass; the names are those of the report."""

    FINISHED = "finished"
    WAITING = "waiting"
    EXPIRED = "expired"
    READ = "read"
    REFUSED = "refused"
    LOST = "lost"
    NOTHING = "nothing"


def maintain(engine: Engine, budget: int, give_up: float) -> MaintenanceReport:
    """Make one pass, in the order of what is lost first."""
    work, together = engine.waiting.work, engine.waiting.together
    work(engine.heartbeat.beat)
    stored = work(engine.store_spilled, budget)
    entries = work(engine.upkeep.survey)
    due = [entry for entry in entries if engine.upkeep.is_due(entry)]
    leaving = [entry for entry in due if entry.is_leaving][:budget]
    pending = [entry for entry in due if not entry.is_leaving]
    verdicts = {entry.user_id: engine.upkeep.verdict(entry, give_up) for entry in pending}
    if any(verdicts.values()) and not _keeps_time(engine):
        pending = [entry for entry in pending if verdicts[entry.user_id] is None]
    pending = pending[:budget]
    left = together([functools.partial(_leave, engine, entry) for entry in leaving])
    looked = together(
        [functools.partial(_look, engine, entry, verdicts[entry.user_id]) for entry in pending]
    )
    neglected = work(engine.upkeep.neglected, min(budget, _READ_AT_ONCE))
    read = together([functools.partial(_read, engine, user_id) for user_id in neglected])
    swept = work(engine.sweeper.sweep_if_due, _SWEPT_AT_ONCE)
    count = Counter([*left, *looked, *read])
    waiting = sum(1 for entry in entries if not entry.is_leaving)
    report = MaintenanceReport(
        finished=count[_Result.FINISHED] + stored,
        waiting=waiting - sum(1 for result in looked if result is not _Result.WAITING),
        expired=count[_Result.EXPIRED],
        read=count[_Result.READ],
        refused=count[_Result.REFUSED],
        lost=count[_Result.LOST],
        swept=swept,
    )
    engine.custody.events.emit(EventName.MAINTENANCE_FINISHED, **attrs.asdict(report))
    return report


def _leave(engine: Engine, entry: Entry) -> _Result:
    """Go on with a disconnecting."""
    try:
        if engine.waiting.work(engine.upkeep.claim, entry) is None:
            return _Result.NOTHING
        is_finished = (disconnect(engine, entry.user_id)).is_finished
    except WhiteBITError as error:
        engine.custody.log_trouble("a disconnecting was not continued", error)
        return _Result.NOTHING
    return _Result.FINISHED if is_finished else _Result.NOTHING


def _keeps_time(engine: Engine) -> bool:
    """Return whether waiting may be ended by this machine's clock.

    One that is minutes ahead would end it for every user. Another worker ends what is over.
    """
    try:
        offset = engine.reader.clock_offset()
    except WhiteBITError as error:
        engine.custody.log_trouble("no wait was ended, since the server's time is not known", error)
        return False
    if abs(offset) <= _CLOCK_TOLERANCE:
        return True
    log.error("this machine's clock is %+.0f s off WhiteBIT's: no wait was ended by it", offset)
    return False


def _look(engine: Engine, entry: Entry, verdict: str | None) -> _Result:
    """Look for the key of a user who may still be choosing, and take its secret."""
    failure: WhiteBITError
    try:
        if verdict is not None and engine.waiting.work(engine.upkeep.end, entry, verdict):
            return _Result.EXPIRED
        binding = engine.waiting.work(engine.upkeep.claim, entry)
        if binding is None:
            return _Result.WAITING
        key, now = UserApiKey(engine, entry.user_id), engine.clock.monotonic()
        key._obtain(binding, entry.row, now, waits=False)
    except WhiteBITError as error:
        failure = error
    else:
        return _Result.FINISHED
    if isinstance(failure, ReauthorizationRequired):
        return _expire(engine, entry)
    result = _result_of(failure)
    if result is _Result.WAITING and not _is_usual(failure):
        engine.custody.log_trouble("a key is looked for again later", failure)
    return result


def _expire(engine: Engine, entry: Entry) -> _Result:
    """Record that the tokens have ended."""
    try:
        engine.waiting.work(engine.upkeep.end, entry, ReauthorizationRequired.__name__)
    except WhiteBITError as error:
        engine.custody.log_trouble("the end of a wait was not recorded", error)
        return _Result.WAITING
    return _Result.EXPIRED


def _is_usual(failure: WhiteBITError) -> bool:
    """Return whether nothing went wrong: the user is choosing, or a pair waits for its turn."""
    if isinstance(failure, TokenUnavailable):
        return failure.status_code is None
    return isinstance(failure, KeyPending)


def _result_of(failure: WhiteBITError) -> _Result:
    if isinstance(failure, (SecretLost, SecretTakenElsewhere)):
        return _Result.LOST
    if isinstance(failure, SecretMalformed) and failure.status_code == 409:
        return _Result.LOST  # judged; before that, it is asked for once more
    if isinstance(failure, KeyDisabled):
        return _Result.REFUSED
    if isinstance(failure, (NotConnected, ConnectionChanged)):
        return _Result.NOTHING
    return _Result.WAITING


def _read(engine: Engine, user_id: str) -> _Result:
    """Sign one read with a key, so that WhiteBIT counts it as used."""
    try:
        Account(engine, user_id, Access.SIGNED).balances.spot()
    except WhiteBITError as error:
        engine.custody.log_trouble("a neglected key did not sign a read", error)
        is_refused = isinstance(error, (Unauthorized, Forbidden, NotFound)) and error.from_api
        return _Result.REFUSED if is_refused else _Result.NOTHING
    return _Result.READ
