"""What a worker does without a user: which connections need something, and who does it.

Everything here reads and writes the store; the requests are made by the caller. Several workers
may run: each look is claimed in the user's row first.
"""

from __future__ import annotations

import logging
import math
import random
import zlib

import attrs

from ..custody.connection import Connection, State
from ..custody.connections import Binding, Connections, Held
from ..custody.leases import Leases
from ..custody.once import OneShots
from ..custody.outcomes import Outcome
from ..custody.stores import Row
from ..custody.waiting_changes import is_due, look_claimed
from ..errors import CustodyError, InvalidArgument, ReauthorizationRequired
from ..runtime.clock import Clock
from .health import KeyUse
from .status import death_of, is_alive, look_every, waits_since
from .stored import StoredKeys

log = logging.getLogger("whitebit_ext")

READ_AFTER = 7 * 86_400.0
"""Seconds without use after which a key is read, so that WhiteBIT does not disable it on day 14."""
_SPREAD = 2 * 86_400.0
"""Keys that were issued on one day are read over so many seconds."""
_REST_OVER_SCAN = 4.0
_LEAVE_EVERY = 15.0
_LONGEST_WATCH = 1.0
"""Seconds for which a pass watches the lease of an old row before it is taken over."""
_MOST_REMEMBERED = 100_000
"""Rows that are known to need nothing, as long as they do not change."""


@attrs.frozen
class MaintenanceReport:
    """What one pass of ``maintain()`` did; all are numbers of users, or of rows.

    Attributes:
        finished: Users whose key was stored, or whose disconnecting was finished; and one-time
            responses that were stored from the spill directory.
        waiting: Users whose key is still awaited.
        expired: Users whose key did not appear in time: they must connect again.
        read: Keys that were unused for a week and signed a read.
        refused: Keys that WhiteBIT refused, or has disabled.
        lost: Keys whose secret was lost; ``lost()`` lists them.
        swept: Expired rows that were deleted.
    """

    finished: int = 0
    waiting: int = 0
    expired: int = 0
    read: int = 0
    refused: int = 0
    lost: int = 0
    swept: int = 0


@attrs.frozen
class Entry:
    """A user for whom something is to be done.

    Attributes:
        user_id: The partner's own id of the user.
        held: The row as it was read.
        row: The same row, which exists.
        since: Unix time since which it is waited for.
    """

    user_id: str
    held: Held = attrs.field(repr=False)
    row: Connection = attrs.field(repr=False)
    since: float

    @property
    def death(self) -> float:
        """Unix time at which the tokens end if they are not renewed."""
        return 0.0 if self.row.pair is None else death_of(self.row.pair)

    def urgency(self, now: float) -> tuple[float, float]:
        """Return the place in the order of a pass.

        First those whose tokens are to be renewed, by their end; then those not looked for longest.
        """
        pair = self.row.pair
        if pair is not None and pair.due(now):
            return self.death, 0.0
        return math.inf, self.row.look_at

    @property
    def is_leaving(self) -> bool:
        """Whether the user is being disconnected."""
        return self.row.state is State.DISCONNECTING


class Upkeep:
    """Finds what is to be done, and claims it.

    Args:
        connections: Where the rows are.
        once: Processes the responses stored in a row.
        stored_keys: Records that a key is no longer waited for.
        use: The record of each key's use.
        leases: Who may send one-shot requests.
        clock: Measures waiting.
    """

    def __init__(
        self,
        connections: Connections,
        once: OneShots,
        stored_keys: StoredKeys,
        use: KeyUse,
        leases: Leases,
        clock: Clock,
    ) -> None:
        self._connections = connections
        self._custody = connections.custody
        self._once = once
        self._stored_keys = stored_keys
        self._use = use
        self._leases = leases
        self._clock = clock
        self._scan_at: float | None = None
        self._watched: list[str] = []
        self._aged: list[str] = []
        self._resting: dict[str, tuple[int | None, float]] = {}

    def survey(self) -> list[Entry]:
        """Return the users for whom something is to be done, the most urgent first.

        All rows are read, page by page; in a process that calls this again and again, scanning
        takes at most a fifth of the time, and in between only the users found before are read.
        """
        began = self._clock.monotonic()
        if self._scan_at is not None and began < self._scan_at:
            found = [self._entry(user_id) for user_id in self._watched]
        else:
            found = self._scan()
            ended = self._clock.monotonic()
            self._scan_at = ended + _REST_OVER_SCAN * (ended - began)
        entries = [entry for entry in found if entry is not None]
        now = self._clock.time()
        entries.sort(key=lambda entry: entry.urgency(now))
        self._watched = [entry.user_id for entry in entries]
        return entries

    def _scan(self) -> list[Entry | None]:
        found: list[Entry | None] = []
        self._aged = []
        after: str | None = None
        while True:
            rows, after = self._custody.page("connection", after)
            found += [self._entry(subject[0], row) for subject, row in rows]
            if after is None:
                return found

    def _entry(self, user_id: str, read: Row | None = None) -> Entry | None:
        """Return the entry of a user; a row that cannot be read is logged once, and passed over."""
        now = self._clock.time()
        version, rests = self._resting.get(user_id, (None, 0.0))
        if read is not None and read.version == version and now < rests:
            return None
        try:
            held = (
                self._connections.read(user_id)
                if read is None
                else self._connections.open(user_id, read)
            )
        except CustodyError as error:
            self._custody.log_trouble("a connection row was skipped", error)
            self._rest(user_id, None if read is None else read.version, math.inf)
            return None
        if held.row is not None and held.row.untaken:
            try:
                held = self._once.tend(user_id, held)
            except CustodyError as error:
                self._custody.log_trouble("a stored response was not processed", error)
                return None
        row = held.row
        if row is None:
            return None
        if row.state is State.DISCONNECTING:
            return Entry(user_id, held, row, 0.0)
        key = row.signing_key
        since = waits_since(row) if self._stored_keys.exist_here else None
        if since is not None:
            return Entry(user_id, held, row, since)
        aged_at = math.inf if key is None else key.since + READ_AFTER
        if now < aged_at:
            self._rest(user_id, held.version, aged_at)
        elif read is not None:
            self._aged.append(user_id)
        return None

    def _rest(self, user_id: str, version: int | None, until: float) -> None:
        """Do not decrypt a row again until then, as long as it has this version."""
        if user_id in self._resting or len(self._resting) < _MOST_REMEMBERED:
            self._resting[user_id] = (version, until)

    # Users who are choosing, or leaving

    def is_due(self, entry: Entry) -> bool:
        """Return whether no worker has claimed the present look."""
        return is_due(entry.row, self._clock.time())

    def claim(self, entry: Entry, every: float | None = None) -> Binding | None:
        """Reserve the next look, or return ``None``: another worker has it, or nothing is left.

        Where a one-shot request is under way, there is nothing to look for, and nothing is written:
        a claim would make the row young, and a dead lease is taken over by the age of the row.

        Args:
            entry: The user.
            every: Seconds until the look after this one; by default, as a worker looks.
        """
        now, pin = self._clock.time(), entry.row.pin
        binding = Binding(entry.user_id, pin, leaves=entry.is_leaving)
        if entry.row.lease is not None:
            return binding if self._is_abandoned(entry) else None
        if every is None:
            every = _LEAVE_EVERY if entry.is_leaving else look_every(now - entry.since)
        until = now + every - random.random() * 0.1  # noqa: S311  # two claims must differ
        made = self._connections.commit(
            entry.user_id, lambda row: look_claimed(row, pin, now=now, until=until), entry.held
        )
        if made.outcome not in (Outcome.DONE, Outcome.ALREADY):
            return None
        binding.check(made.row)
        return binding

    def claims_for_page(self, user_id: str, every: float) -> bool:
        """Reserve the look of a page, or return ``False``: a process looks, or has just looked."""
        held = self._connections.read(user_id)
        if held.row is None:
            return False
        return self.claim(Entry(user_id, held, held.row, 0.0), every) is not None

    def _is_abandoned(self, entry: Entry) -> bool:
        """Return whether the lease may be taken over; if only a second of watching lacks, watch."""
        held, user_id = entry.held, entry.user_id
        if self._leases.abandoned(user_id, held):
            return True
        rest = self._leases.frees_in(user_id, held)
        if rest > _LONGEST_WATCH:
            return False
        self._clock.sleep(rest)
        return self._leases.abandoned(user_id, self._connections.read(user_id)) is not None

    def verdict(self, entry: Entry, give_up: float) -> str | None:
        """Return why waiting is over by this machine's clock: dead tokens, or it took too long."""
        now, pair = self._clock.time(), entry.row.pair
        if pair is None or not is_alive(pair, now):
            return ReauthorizationRequired.__name__
        if now - entry.since < give_up:
            return None
        # Without a consent the key appeared, and its secret was not received.
        return "SecretUnanswered" if entry.row.consent_since is None else "KeyAbsent"

    def end(self, entry: Entry, error: str) -> bool:
        """Record why a user is no longer waited for; return whether it was recorded now."""
        binding = Binding(entry.user_id, entry.row.pin)
        return self._stored_keys.end_waiting(binding, error)

    # Neglected keys

    def neglected(self, budget: int) -> list[str]:
        """Claim keys that were not used for a week, and return their users.

        Where many keys are old enough, a random choice of them is looked at in each pass.
        """
        found, aged = [], self._aged
        for user_id in random.sample(aged, min(budget, len(aged))):
            try:
                held = self._connections.read(user_id)
                key = held.row.signing_key if held.row is not None else None
                if key is None:
                    continue
                spread = zlib.crc32(key.external_id.encode()) / 2**32 * _SPREAD
                is_mine, until = self._use.claim(user_id, key, READ_AFTER + spread)
            except CustodyError as error:
                self._custody.log_trouble("a key was not judged", error)
                continue
            self._rest(user_id, held.version, until)
            if is_mine:
                found.append(user_id)
        return found


def check_budget(budget: object) -> None:
    """Check the number of users of one pass.

    Raises:
        InvalidArgument: it is not a positive integer.
    """
    if isinstance(budget, bool) or not isinstance(budget, int) or not 1 <= budget <= 10_000:
        raise InvalidArgument("budget", "expected an integer from 1 to 10000")


def check_give_up(give_up: object) -> None:
    """Check the seconds of waiting for a key.

    Raises:
        InvalidArgument: it is not a number of seconds in the range.
    """
    if isinstance(give_up, bool) or not isinstance(give_up, (int, float)):
        raise InvalidArgument("give_up", "expected a number of seconds")
    if not 0 < give_up <= 86_400:
        raise InvalidArgument("give_up", "expected more than 0 and at most 86400 seconds")
