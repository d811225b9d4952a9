"""A virtual day of a partner: users of every kind, web processes, workers, and faults at random.

`python -m tests.outside.day` runs it in full over PostgreSQL, and prints what came of it. Time is
moved by hand, so a day takes minutes. Each process is a partner object of its own over a store
object of its own; one that is restarted remembers nothing. While a process has a one-time request
under way, only its own waiting moves the time: a slow machine must not look like a frozen process,
whose lease others take over. Both workers make their passes at the
same moment, and so do two web processes that one person waits at. A test runs a short form.
"""

from __future__ import annotations

import argparse
import functools
import heapq
import itertools
import json
import logging
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal

import attrs
import httpx

from whitebit_ext import Region, SQLStore, Store, WhiteBIT, WhiteBITError, generate_encryption_key
from whitebit_ext.errors import ConnectionChanged, LoginError
from whitebit_ext.sandbox import Clock, LoginBlocked, Sandbox

from ..client.faces import REDIRECT_URI, MovedClock
from ..looking import Flights, are_flying, flights_of
from .judging import Turns, orphans, wrong_connections, wrong_refreshes, wrong_retrievals

KINDS = ("quick", "slow", "never", "leaving", "switching")
WEIGHTS = (40, 25, 10, 15, 10)
OPERATIONS = (
    *("exchange_code", "refresh_token", "get_api_key_info", "get_api_key_secret"),
    *("delete_api_key", "get_trade_account_balance"),
)
FAULTS = ("status", "html", "drop_before", "drop_after", "cut_off", "truncated", "empty")
BALANCE = "/api/v4/trade-account/balance"


@attrs.define
class Person:
    """A user of the partner, and the WhiteBIT account that the user has signed in to."""

    id: str
    kind: str
    account: str
    other: str
    former: str = ""
    has_left: bool = False
    connected_at: float = -math.inf


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
        self._turns = Turns(self._key, self.client, sandbox, self.clock)
        self._threads = ThreadPoolExecutor(2)
        self._stores: dict[WhiteBIT, Store] = {}
        self._webs = [self._process() for _ in range(4)]
        self._workers = [self._process() for _ in range(2)]
        self._flights = self._all_flights()
        self._amounts: dict[str, Decimal] = {}
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        begins = self.clock.time()
        self._ends = begins + hours * 3600
        kinds = self._random.choices(KINDS, WEIGHTS, k=users)
        self.people = [
            Person(f"user-{n}", kind, self._account(f"a{n}"), self._account(f"b{n}"))
            for n, kind in enumerate(kinds)
        ]
        for number, person in enumerate(self.people):
            at = hours * 3600 * (0.5 if number % 5 == 0 else self._random.uniform(0, 0.7))
            self._later(at, self._arrive, person)  # one in five: all at once, after a mailing
        self._later(0, self._maintain)
        self._later(hours * 3600 / 3, self._spoil)  # until then nobody has an excuse
        self._later(600, self._restart)

    def run(self) -> None:
        """Let the day pass, then an hour without faults, and judge what is left."""
        self._until(self._ends)
        self.sandbox.faults.clear()
        self._until(self._ends + 3600)
        for _ in range(3):  # who has failed comes back, and goes the whole way
            for person in self.people:
                if person.kind != "never" and not person.has_left:
                    self._visit(person)
            self._until(self.clock.time() + 1800)
        self._judge()
        for partner in (*self._webs, *self._workers):
            self._close(partner)
        self._threads.shutdown()

    # Processes

    def _process(self) -> WhiteBIT:
        store = self._turns.watch(self._make_store())
        made = WhiteBIT(
            client_id=self.client.client_id,
            client_secret=self.client.client_secret,
            redirect_uri=REDIRECT_URI,
            region=Region.GLOBAL,
            base_url=self.sandbox.url("global"),
            store=store,
            encryption_keys=[self._key],
            clock=self.clock,
        )
        self._stores[made] = store
        return made

    def _close(self, partner: WhiteBIT) -> None:
        partner.close()
        store = self._stores.pop(partner)
        if isinstance(store, SQLStore):
            store.close()

    def _web(self) -> WhiteBIT:
        return self._random.choice(self._webs)

    def _restart(self) -> None:
        processes = self._random.choice((self._webs, self._workers))
        number = self._random.randrange(len(processes))
        self._close(processes[number])
        processes[number] = self._process()
        self._flights = self._all_flights()
        self._later(self._random.expovariate(1 / 1800), self._restart)

    def _all_flights(self) -> list[Flights]:
        return [one for made in (*self._webs, *self._workers) for one in flights_of(made)]

    def _together(self, calls: Sequence[Callable[[], object]]) -> None:
        """Make calls at the same time, each as a process of its own would, and count errors."""
        for call in [self._threads.submit(call) for call in calls]:
            try:
                call.result()
            except WhiteBITError as error:
                self.counts[f"passes and looks: {type(error).__name__}"] += 1

    def _maintain(self) -> None:
        def one_pass(worker: WhiteBIT) -> None:
            report = worker.maintain()
            numbers = {name: n for name, n in attrs.asdict(report).items() if name != "waiting"}
            self.counts.update(numbers)

        self._together([lambda worker=worker: one_pass(worker) for worker in self._workers])  # type: ignore[misc]  # of a lambda's default
        last = max(person.connected_at for person in self.people)
        waited = self.clock.time() - last
        self._later(5.0 if waited < 300 else 15.0 if waited < 2000 else 120.0, self._maintain)

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

    def _is_excused(self, since: float) -> bool:
        """Return whether WhiteBIT has spoiled an answer since then."""
        return any(r.fault is not None and r.time >= since for r in self.sandbox.requests)

    # Users

    def _account(self, name: str) -> str:
        self._amounts[name] = Decimal(len(self._amounts) + 1)
        self.sandbox.add_user(
            name, spot_balances={"BTC": (str(self._amounts[name]), "0")}
        ).choosing_time = math.inf
        return name

    def _arrive(self, person: Person) -> None:
        """Connect: sign in, approve, return to the partner."""
        if person.has_left:
            return
        web, began = self._web(), self.clock.time()
        try:
            login = web.authorize(person.id)
            callback = self.sandbox.person(person.account).approve(login.url)
        except LoginBlocked:  # a key exists: the user deletes it in the dashboard
            self.counts["blocked"] += 1
            self._delete_there(person)
            self._later(60, self._arrive, person)
            return
        self._misdeliver(callback, person)
        try:
            self._web().connect(callback, binding=login.binding, user_id=person.id)
        except WhiteBITError as error:
            self.counts[f"connect: {type(error).__name__}"] += 1
            if not self._is_excused(began):
                self.wrong.append(f"{person.id} was not connected: {type(error).__name__}")
            self._later(self._random.uniform(60, 300), self._arrive, person)
            return
        person.connected_at = self.clock.time()
        waits = {"slow": (300, 1500)}.get(person.kind, (5, 60))
        if person.kind != "never":
            confirm = self.sandbox.finish_choosing
            self._later(self._random.uniform(*waits), confirm, person.account)
        for number in range(6):
            self._later(10 * number, self._poll, person)
        # One who takes another account does so while the tokens of the first one live.
        back = (200, 500) if person.kind == "switching" else (1800, 7200)
        self._later(self._random.uniform(*back), self._visit, person)

    def _misdeliver(self, callback: str, person: Person) -> None:
        """Have another person's browser open a callback: nobody is connected by that."""
        other = self._random.choice(self.people).id
        binding = self._web().authorize(other).binding
        for user_id in (other, person.id):
            try:
                self._web().connect(callback, binding=binding, user_id=user_id)
            except LoginError:
                self.counts["misdelivered"] += 1
            else:
                self.wrong.append(f"{user_id} was connected in the browser of {other}")

    def _poll(self, person: Person) -> None:
        """Look at the waiting page, in two tabs."""
        webs = self._random.sample(self._webs, 2)
        with suppress(WhiteBITError):
            self._together([lambda w=w: w.user(person.id).api_key.issue(timeout=0) for w in webs])  # type: ignore[misc]  # of a lambda's default

    def _visit(self, person: Person) -> None:
        """Come back later: use the connection, leave, change the account, or mend what failed."""
        user = self._web().user(person.id)
        state = user.status().state.value
        self.counts[f"visit: {state}"] += 1
        if person.has_left:
            if state == "leftover_key":  # the page says how to delete it in the dashboard
                self._delete_there(person)
            elif state == "login":  # which says more, while a login is open
                self._later(900, self._visit, person)
            return
        if state == "connected":
            self._read(person)
            if person.kind == "leaving":
                self._leave(person)
                return
            if person.kind == "switching" and person.other:
                self._switch(person)
                return
        elif person.kind != "never":
            is_late = state != "choosing" or self.clock.time() - person.connected_at > 1800
            if is_late and not self._is_excused(person.connected_at):
                self.wrong.append(f"{person.id} is {state} although nothing failed")
            if state in ("failed", "leftover_key", "none"):
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
            if not self._is_excused(self.clock.time() - 60):
                self.wrong.append(f"{person.id} cannot read: {type(error).__name__}")
            return
        self.counts["read"] += 1
        if found != self._amounts[person.account]:
            self.wrong.append(f"{person.id} reads another account than {person.account}")

    def _switch(self, person: Person) -> None:
        """Connect another account, in the middle of what the processes do with the first one."""
        for account in (person.account, person.other):
            self.sandbox.seed_history(account, transactions=40)
        begun: list[Callable[[], object]] = []
        for web in self._webs:
            user = web.user(person.id)
            with suppress(WhiteBITError):
                for reads in (user.bearer, user.signed):
                    rows = reads.account.transactions(limit=30)
                    next(rows)
                    begun.append(functools.partial(list, rows))
                auth = user.api_key.issue(timeout=0).auth()  # of a robot that goes on trading
                url = self.sandbox.url("global") + BALANCE
                begun.append(functools.partial(httpx.post, url, json={}, auth=auth))
        person.former, person.account, person.other = person.account, person.other, ""
        self._arrive(person)
        if person.connected_at == self.clock.time():
            for go_on in begun:
                try:
                    go_on()
                except ConnectionChanged:
                    self.counts["stopped"] += 1
                else:
                    self.wrong.append(f"what {person.id} began before the switch went on")

    def _leave(self, person: Person) -> None:
        person.has_left = True
        try:
            self._web().user(person.id).disconnect()
        except WhiteBITError as error:
            self.counts[f"disconnect: {type(error).__name__}"] += 1
            person.has_left = False
            self._later(60, self._visit, person)
            return
        self._later(900, self._visit, person)

    def _delete_there(self, person: Person) -> None:
        key = self.sandbox.key(person.account, self.client)
        if key is not None:
            self.sandbox.delete_key(key.external_id, "user")

    # Time

    def _later(self, seconds: float, call: Callable[..., object], *arguments: object) -> None:
        event: Callable[[], object] = functools.partial(call, *arguments)
        heapq.heappush(self._events, (self.clock.time() + seconds, next(self._order), event))

    def _until(self, end: float) -> None:
        while self._events and self._events[0][0] <= end:
            at, _, call = heapq.heappop(self._events)
            self.clock.advance(max(0.0, at - self.clock.time()))
            call()
            while are_flying(self._flights):
                time.sleep(0.001)
        self.clock.advance(max(0.0, end - self.clock.time()))

    def _judge(self) -> None:
        requests = self.sandbox.requests
        self.counts["refreshes"] = sum(1 for r in requests if r.operation == "refresh_token")
        self.counts["faults"] = sum(1 for r in requests if r.fault is not None)
        self.wrong += wrong_connections(self.people, self._webs[0], self.sandbox, self.client)
        self.wrong += wrong_refreshes(requests, self._turns)
        self.wrong += wrong_retrievals(requests)
        for person in self.people:
            state = self._webs[0].user(person.id).status().state.value
            self.counts[f"{person.kind}: {'left' if person.has_left else state}"] += 1
            if not person.has_left and state == "connected":
                self._read(person)
        self.wrong += orphans(self.people, self._webs[0], self.sandbox)


def main() -> None:
    """Run a day over PostgreSQL, and exit with 1 if anything is wrong."""
    from ..reliability.databases import KINDS as DATABASES
    from ..reliability.databases import Databases

    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=DATABASES, default="postgresql")
    parser.add_argument("--log", action="store_true", help="print what the library logs")
    options = parser.parse_args()
    logging.getLogger("whitebit_ext").setLevel("INFO" if options.log else "CRITICAL")
    began = time.monotonic()
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
    print(f"{len(day.wrong)} wrong, {time.monotonic() - began:.0f} s")
    raise SystemExit(1 if day.wrong else 0)


if __name__ == "__main__":
    main()
