"""A virtual day of a partner: users of every kind, web processes, workers, and faults at random.

`python -m tests.outside.day` runs it in full over PostgreSQL, and prints what came of it. Time is
moved by hand, so a day takes minutes. Each process is a partner object of its own over a store
object of its own; one that is restarted remembers nothing. A test runs a short form.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import math
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import attrs

from whitebit_ext import Region, Store, WhiteBIT, WhiteBITError, generate_encryption_key
from whitebit_ext.sandbox import Clock, LoginBlocked, Sandbox

from ..client.faces import REDIRECT_URI, MovedClock

KINDS = ("quick", "slow", "never", "leaving", "switching")
WEIGHTS = (40, 25, 10, 15, 10)
OPERATIONS = (
    *("exchange_code", "refresh_token", "get_api_key_info", "get_api_key_secret"),
    *("delete_api_key", "get_trade_account_balance"),
)
FAULTS = ("status", "html", "drop_before", "drop_after", "cut_off", "truncated", "empty")


@attrs.define
class Person:
    """A user of the partner, and the WhiteBIT account that the user has signed in to."""

    id: str
    kind: str
    account: str
    other: str
    left: bool = False
    is_connecting: bool = False


class Day:
    """The world, the processes, and the events to come.

    Args:
        sandbox: WhiteBIT, with a clock that does not run by itself.
        make_store: Opens the shared store for one process.
        users: The number of users.
        hours: How long users arrive and faults occur.
        seed: Of everything that happens at random.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        make_store: Callable[[], Store],
        *,
        users: int,
        hours: float,
        seed: int,
    ) -> None:
        self.sandbox = sandbox
        self.clock = MovedClock(sandbox.clock)
        self.client = sandbox.register_client(redirect_uris=(REDIRECT_URI,))
        self.wrong: list[str] = []
        self.counts = Counter[str]()
        self._random = random.Random(seed)  # noqa: S311  # a simulation
        self._make_store = make_store
        self._key = generate_encryption_key()
        self._webs = [self._process() for _ in range(4)]
        self._workers = [self._process() for _ in range(2)]
        self._amounts: dict[str, Decimal] = {}
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._ends = self.clock.time() + hours * 3600
        kinds = self._random.choices(KINDS, WEIGHTS, k=users)
        self.people = [
            Person(f"user-{n}", kind, self._account(f"a{n}"), self._account(f"b{n}"))
            for n, kind in enumerate(kinds)
        ]
        for person in self.people:
            self._later(self._random.uniform(0, hours * 3600 * 0.7), self._arrive, person)
        for number in range(2):
            self._later(number, self._maintain, number)
        self._later(60, self._spoil)
        self._later(600, self._restart)

    def run(self) -> None:
        """Let the day pass, then an hour without faults, and judge what is left."""
        self._until(self._ends)
        self.sandbox.faults.clear()
        self._until(self._ends + 3600)
        for _ in range(3):  # who has failed comes back, and goes the whole way
            for person in self.people:
                if person.kind != "never" and not person.left:
                    self._visit(person)
            self._until(self.clock.time() + 900)
        self._judge()
        for partner in (*self._webs, *self._workers):
            self._close(partner)

    # Processes

    def _process(self) -> WhiteBIT:
        return WhiteBIT(
            client_id=self.client.client_id,
            client_secret=self.client.client_secret,
            redirect_uri=REDIRECT_URI,
            region=Region.GLOBAL,
            base_url=self.sandbox.url("global"),
            store=self._make_store(),
            encryption_keys=[self._key],
            clock=self.clock,
        )

    def _close(self, partner: WhiteBIT) -> None:
        partner.close()

    def _web(self) -> WhiteBIT:
        return self._random.choice(self._webs)

    def _restart(self) -> None:
        processes = self._random.choice((self._webs, self._workers))
        number = self._random.randrange(len(processes))
        self._close(processes[number])
        processes[number] = self._process()
        self._later(self._random.expovariate(1 / 1800), self._restart)

    def _maintain(self, number: int) -> None:
        report = None
        try:
            report = self._workers[number].maintain()
        except WhiteBITError as error:
            self.counts[f"maintain: {type(error).__name__}"] += 1
        if report is not None:
            self.counts.update(
                {name: n for name, n in attrs.asdict(report).items() if name != "waiting"}
            )
        is_busy = report is None or report.waiting or any(p.is_connecting for p in self.people)
        self._later(5.0 if is_busy else 120.0, self._maintain, number)

    def _spoil(self) -> None:
        if self.clock.time() < self._ends:
            kind = self._random.choice(FAULTS)
            status = self._random.choice((429, 500, 503)) if kind == "status" else None
            self.sandbox.faults.add(
                self._random.choice(OPERATIONS),
                kind=kind,  # type: ignore[arg-type]  # one of them
                times=self._random.randint(1, 2),
                status=status,
            )
            self._later(self._random.expovariate(1 / 300), self._spoil)

    # Users

    def _account(self, name: str) -> str:
        self._amounts[name] = Decimal(len(self._amounts) + 1)
        self.sandbox.add_user(
            name, spot_balances={"BTC": (str(self._amounts[name]), "0")}
        ).choosing_time = math.inf
        return name

    def _arrive(self, person: Person) -> None:
        """Connect: sign in, approve, return to the partner."""
        if person.left:
            return
        web = self._web()
        try:
            login = web.authorize(person.id)
            callback = self.sandbox.person(person.account).approve(login.url)
        except LoginBlocked:  # a key exists: the user deletes it in the dashboard
            self.counts["blocked"] += 1
            self._delete_there(person.account)
            self._later(60, self._arrive, person)
            return
        try:
            self._web().connect(callback, binding=login.binding, user_id=person.id)
        except WhiteBITError as error:
            self.counts[f"connect: {type(error).__name__}"] += 1
            self._later(self._random.uniform(60, 300), self._arrive, person)
            return
        person.is_connecting = True
        waits = {"slow": (300, 1500)}.get(person.kind, (5, 60))
        if person.kind != "never":
            self._later(self._random.uniform(*waits), self._confirm, person, person.account)
        for number in range(6):
            self._later(10 * number, self._poll, person)
        self._later(self._random.uniform(1800, 7200), self._visit, person)

    def _confirm(self, person: Person, account: str) -> None:
        self.sandbox.finish_choosing(account)

    def _poll(self, person: Person) -> None:
        """Look at the waiting page."""
        with suppress(WhiteBITError):
            self._web().user(person.id).api_key.issue(timeout=0)

    def _visit(self, person: Person) -> None:
        """Come back later: use the connection, leave, change the account, or mend what failed."""
        if person.left:
            return
        person.is_connecting = False
        user = self._web().user(person.id)
        state = user.status().state.value
        self.counts[f"visit: {state}"] += 1
        if state == "connected":
            self._read(person)
            if person.kind == "leaving":
                self._leave(person)
                return
            if person.kind == "switching" and person.other:
                person.account, person.other = person.other, ""
                self._arrive(person)
                return
        elif person.kind != "never" and state in ("failed", "leftover_key", "none"):
            with suppress(WhiteBITError):
                user.api_key.delete()
            self._arrive(person)
            return
        if self.clock.time() < self._ends:
            self._later(self._random.uniform(3600, 14_400), self._visit, person)

    def _read(self, person: Person) -> None:
        try:
            found = self._web().user(person.id).account.balances.spot()["BTC"].available
        except WhiteBITError as error:
            self.counts[f"read: {type(error).__name__}"] += 1
            return
        self.counts["read"] += 1
        if found != self._amounts[person.account]:
            self.wrong.append(f"{person.id} reads another account than {person.account}")

    def _leave(self, person: Person) -> None:
        person.left = True
        try:
            left = self._web().user(person.id).disconnect()
        except WhiteBITError as error:
            self.counts[f"disconnect: {type(error).__name__}"] += 1
            person.left = False
            self._later(60, self._visit, person)
            return
        for external_id in left.left:  # the page says how to delete it in the dashboard
            with suppress(ValueError):
                self.sandbox.delete_key(external_id, "user")

    def _delete_there(self, account: str) -> None:
        key = self.sandbox.key(account, self.client)
        if key is not None:
            self.sandbox.delete_key(key.external_id, "user")

    # Time

    def _later(self, seconds: float, call: Callable[..., None], *arguments: object) -> None:
        event = (self.clock.time() + seconds, next(self._order), lambda: call(*arguments))
        heapq.heappush(self._events, event)

    def _until(self, end: float) -> None:
        while self._events and self._events[0][0] <= end:
            at, _, call = heapq.heappop(self._events)
            self.clock.advance(max(0.0, at - self.clock.time()))
            call()
        self.clock.advance(max(0.0, end - self.clock.time()))

    # The judgement

    def _judge(self) -> None:
        owners = {}
        for one in self._webs[0].connections():
            if one.external_id is not None:
                owners[one.external_id] = one.user_id
        for person in self.people:
            user, key = self._webs[0].user(person.id), self.sandbox.key(person.account, self.client)
            state = user.status().state.value
            self.counts[f"{person.kind}: {'left' if person.left else state}"] += 1
            if person.left:
                if state != "none" or key is not None:
                    self.wrong.append(f"{person.id} left: {state}, key there: {key is not None}")
            elif person.kind == "never":
                if key is not None or state not in ("failed", "none"):
                    self.wrong.append(f"{person.id} never confirmed: {state}")
            elif state != "connected" or key is None or owners.get(key.external_id) != person.id:
                self.wrong.append(f"{person.id} ({person.kind}) is locked out: {state}")
            else:
                self._read(person)
        current = {person.account for person in self.people}
        for made in self.sandbox.keys:
            is_orphan = made.enabled and made.external_id not in owners
            if is_orphan and made.user.name in current:
                self.wrong.append(f"the key of {made.user.name} is an orphan")
        sent = sorted(r.time for r in self.sandbox.requests if r.operation == "refresh_token")
        self.counts["refreshes"] = len(sent)
        # A request is dated when it arrives, and a thread that sleeps meanwhile moves the clock at
        # once: a pair may seem to come together, but no burst does.
        spans = [later - earlier for earlier, later in zip(sent, sent[2:], strict=False)]
        if spans and min(spans) < 1.0:
            self.wrong.append(f"three refreshes within {min(spans):.2f} s")


def main() -> None:
    """Run a day over PostgreSQL, and exit with 1 if anything is wrong."""
    from whitebit_ext import SQLStore

    from ..reliability.databases import KINDS as DATABASES
    from ..reliability.databases import Databases

    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=DATABASES, default="postgresql")
    options = parser.parse_args()
    with Databases() as databases, Sandbox(clock=Clock(frozen=True)) as sandbox:
        url = databases.new(options.database)
        day = Day(
            sandbox,
            lambda: SQLStore(url),
            users=options.users,
            hours=options.hours,
            seed=options.seed,
        )
        day.run()
    print(json.dumps(day.counts, indent=2, sort_keys=True))
    for line in day.wrong:
        print(line)
    raise SystemExit(1 if day.wrong else 0)


if __name__ == "__main__":
    main()
