"""The table of transitions of docs/custody.md, held against a world in which everything fails.

The runs are derandomized: the same code sees the same examples everywhere. To search further, run
with ``WHITEBIT_MODEL_EXAMPLES=5000``, which is random.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, ClassVar

import attrs
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.custody.world import DOUBT, EVENTS, LEASE, Job, Process, World, astuple
from whitebit_ext.custody.connection import Connection, Pin, decode, encode
from whitebit_ext.custody.outcomes import Change, Outcome, changed, finished
from whitebit_ext.custody.values import Asks, Standing, Verdict

MOST_JOBS = 4
MORE = int(os.environ.get("WHITEBIT_MODEL_EXAMPLES", "0"))
PUT = ("ok", "ok", "ok", "applied", "dropped", "down")
NET = ("ok", "ok", "ok", "lost", "not_sent", "malformed")
UNTIL = ("net", "freeze", "freeze", "take", "take", "put", "end", "end")


# Bounded, and the same everywhere unless more is asked for.
PROFILE = settings(
    max_examples=MORE or 100,
    stateful_step_count=60,
    derandomize=not MORE,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


class Machine(RuleBasedStateMachine):
    """Two processes over one store, driven step by step in any order."""

    broken: ClassVar[dict[str, Callable[..., Change]]] = {}

    @initialize(grace=st.booleans())
    def begin(self, grace: bool) -> None:
        """Connect the user once, so that there is something to break."""
        self.world = World({**EVENTS, **self.broken}, grace=grace)
        self.last: dict[str, tuple[int, int]] = {}
        self.start(self.world.processes[0], "connect", "A")
        self.drive(self.world.processes[0].jobs[0], "end", {})
        self.world.server.consent("A")

    # What happens

    @rule(process=st.integers(0, 1), account=st.sampled_from("AAB"))
    def log_in(self, process: int, account: str) -> None:
        """Start a login in one more tab."""
        self.start(self.world.processes[process], "connect", account)

    @rule(
        process=st.integers(0, 1),
        what=st.sampled_from(
            ("refresh", "refresh", "issue", "issue", "issue", "call", "tend", "disconnect", "erase")
        ),
    )
    def begin_flow(self, process: int, what: str) -> None:
        """Start one of the other flows."""
        self.start(self.world.processes[process], what)

    @precondition(lambda self: self.running())
    @rule(
        which=st.integers(0, 2 * MOST_JOBS - 1),
        until=st.sampled_from(UNTIL),
        put=st.sampled_from(PUT),
        net=st.sampled_from(NET),
    )
    def go_on(self, which: int, until: str, put: str, net: str) -> None:
        """Drive one flow to some point; its next write and request fail as drawn."""
        running = self.running()
        self.drive(running[which % len(running)], until, {"put": put, "net": net})

    @precondition(lambda self: self.running())
    @rule(which=st.integers(0, 2 * MOST_JOBS - 1), until=st.sampled_from(UNTIL))
    def go_on_well(self, which: int, until: str) -> None:
        """Drive one flow to some point, or to its end, without a fault."""
        running = self.running()
        self.drive(running[which % len(running)], until, {})

    @rule(
        first=st.integers(0, 1),
        what=st.sampled_from(("refresh", "issue")),
        frozen=st.sampled_from(("net", "freeze", "freeze", "take", "put", "end")),
        net=st.sampled_from(NET),
        seconds=st.sampled_from((LEASE / 2, LEASE, LEASE, DOUBT)),
        until=st.sampled_from(UNTIL),
    )
    def overtake(
        self, first: int, what: str, frozen: str, net: str, seconds: float, until: str
    ) -> None:
        """Freeze one process in a one-shot request, while another wants the same."""
        for process in (first, 1 - first):
            job = self.start(self.world.processes[process], what)
            if job is None:
                return
            self.drive(job, frozen if process == first else "wait", {"net": net})
        self.world.clock += seconds
        if job is not None and not job.done:
            self.drive(job, until, {})

    @rule(
        first=st.integers(0, 1),
        what=st.sampled_from(("refresh", "issue", "issue")),
        frozen=st.sampled_from(("net", "freeze", "freeze", "take")),
        account=st.sampled_from("AB"),
        leave=st.sampled_from((None, None, "erase", "disconnect")),
        resume=st.booleans(),
    )
    def reconnect(
        self, first: int, what: str, frozen: str, account: str, leave: str | None, resume: bool
    ) -> None:
        """Freeze one process in a one-shot request, while the user connects anew."""
        late = self.start(self.world.processes[first], what)
        if late is None:
            return
        self.drive(late, frozen, {})
        for flow in (leave, "connect"):
            if flow is not None:
                arguments = (account,) if flow == "connect" else ()
                job = self.start(self.world.processes[1 - first], flow, *arguments)
                if job is not None:
                    self.drive(job, "end", {})
        if resume:
            self.drive(late, "end", {})

    @rule(process=st.integers(0, 1), seconds=st.sampled_from((0.0, LEASE / 2, LEASE, DOUBT)))
    def crash(self, process: int, seconds: float) -> None:
        """End a process in whatever it does, or let time pass; its spill directory stays."""
        self.world.clock += seconds
        if seconds:
            return
        crashed = self.world.processes[process]
        for job in crashed.jobs:
            job.flow.close()
        crashed.jobs.clear()
        crashed.sighting = None

    @rule(
        account=st.sampled_from("AAB"),
        what=st.sampled_from(("consent", "consent", "consent", "delete", "delete", "read")),
    )
    def outside(self, account: str, what: str) -> None:
        """Do what users and thieves do at WhiteBIT."""
        if what == "consent":
            self.world.server.consent(account)
        for key in self.world.server.keys.values():
            if key.account == account and key.alive and what == "delete":
                key.alive = False
            elif key.account == account and key.consumed is None and what == "read":
                key.consumed = "outsider"

    # What holds at all times

    @invariant()
    def nothing_goes_back(self) -> None:
        """Neither number of an incarnation falls."""
        row = self.world.row
        if row is not None:
            seq, generation = self.last.get(row.incarnation, (0, 0))
            assert row.seq >= seq, "a number falls"
            assert row.generation >= generation, "a generation falls"
            self.last[row.incarnation] = (row.seq, row.generation)

    @invariant()
    def what_acts_is_of_the_connected_account(self) -> None:
        """No pair and no signing key is of an earlier login."""
        row = self.world.row
        if row is None or row.pair is None:
            return
        account, server = self.world.account_of[astuple(row.pin)], self.world.server
        for pair in (row.pair, *row.spares):
            assert server.accounts[pair.access.reveal()] == account, "an old login is back"
        if row.signing_key is not None:
            key = server.keys[row.signing_key.external_id]
            assert key.account == account, "a key of another account signs"

    @invariant()
    def judgements_are_true(self) -> None:
        """What the row says of a key is so at WhiteBIT."""
        row, world = self.world.row, self.world
        for key in row.keys if row is not None else ():
            there = world.server.keys[key.external_id]
            assert row is not None
            if key.standing is Standing.GONE:
                assert not there.alive, "a living key is marked as gone"
            if key.secret is not None:
                assert key.secret.reveal() == f"secret of {key.external_id}"
                continue
            if key.verdict is not None:
                assert there.consumed is not None, "a secret is judged that nobody has read"
            if key.verdict is Verdict.TAKEN and key.external_id not in world.excused:
                assert there.consumed != row.incarnation, "our own reading is called a theft"
            if key.verdict is Verdict.LOST:
                assert key.external_id in world.sent

    @invariant()
    def what_was_stored_stays(self) -> None:
        """A secret whose answer was acknowledged is in the row until its key goes."""
        row, world = self.world.row, self.world
        if row is None:
            return
        for (incarnation, attempt), body in world.kept.items():
            if incarnation != row.incarnation or "secret of" not in body:
                continue
            external_id = body.split("secret of ")[1].rstrip('"}')
            key, noted = row.key(external_id), row.attempt(attempt)
            stored = (key is not None and key.secret is not None) or noted is not None
            assert stored or external_id in world.excused, "a stored secret is thrown away"

    @invariant()
    def the_row_survives_being_written(self) -> None:
        """The codec loses nothing."""
        row = self.world.row
        if row is not None:
            assert decode(encode(row)) == row

    # How it ends: without further faults, everything is decided

    def teardown(self) -> None:
        """Go on without faults, and look whether everything was decided."""
        if not hasattr(self, "world"):
            return
        world = self.world
        self.settle()
        for what in ("tend", "issue", "refresh", "issue", "refresh"):
            for process in world.processes[: 2 if what == "tend" else 1]:
                self.start(process, what)
            self.settle()
            world.clock += DOUBT
        self.check()
        row = world.row
        if row is None or row.pair is None or row.state != "connected":
            return
        assert row.lease is None
        assert row.untaken == ()
        named = world.server.info(row.pair.access.reveal())
        if named is not None:
            key = row.key(named)
            assert key is not None
            assert key.secret is not None or key.verdict is not None, "undecided"
        assert row.pair.dead or self.world.living(row), "nobody noticed that the pair is dead"

    # Driving

    def running(self) -> list[Job]:
        """Return the flows that have not ended."""
        return [job for process in self.world.processes for job in process.jobs]

    def start(self, process: Process, what: str, *arguments: str) -> Job | None:
        """Begin a flow, unless its process has enough."""
        if len(process.jobs) >= MOST_JOBS:
            return None
        job = Job(process)
        job.flow = getattr(self.world, what)(job, *arguments)
        process.jobs.append(job)
        self.advance(job, None)
        return job

    def drive(self, job: Job, until: str, faults: dict[str, str]) -> None:
        """Drive a flow until it is about to do something, waits for another, or ends."""
        for _ in range(100):
            if not self.advance(job, faults.pop(job.waits, "ok")) or job.waits in (until, "wait"):
                return
        raise AssertionError("a flow does not end")

    def advance(self, job: Job, fate: str | None) -> bool:
        """Take one step, with what befalls it; say whether the flow goes on."""
        if not job.done:
            try:
                job.waits = next(job.flow) if fate is None else job.flow.send(fate)
            except StopIteration:
                job.done = True
                job.process.jobs.remove(job)
        return not job.done

    def settle(self) -> None:
        """Drive all flows to their end; waiting makes the clock go on."""
        for _ in range(100):
            if not self.running():
                return
            for job in self.running():
                self.drive(job, "end", {})
            self.world.clock += LEASE / 2
        raise AssertionError("flows wait for each other")

    def check(self) -> None:
        """Look at everything once more."""
        self.nothing_goes_back()
        self.what_acts_is_of_the_connected_account()
        self.judgements_are_true()
        self.what_was_stored_stays()
        self.the_row_survives_being_written()


def test_every_rule_holds_whatever_fails() -> None:
    """No order of steps, faults, freezes and crashes breaks a rule of the table."""
    run_state_machine_as_test(Machine, settings=PROFILE)


# Broken transitions, each of which the machine has to notice


def blind_login(
    row: Connection | None, incarnation: str, attempt: Any, pair: Any, *, now: float
) -> Change:
    """Write the pair of a login whatever is there."""
    if row is not None and attempt.number < row.generation:
        row = attrs.evolve(row, generation=attempt.number - 1)
    elif row is not None:
        incarnation = row.incarnation
    return EVENTS["login_committed"](row, incarnation, attempt, pair, now=now)


def blind_renewal(row: Connection | None, incarnation: str, attempt: Any, pair: Any) -> Change:
    """Write a renewed pair whatever is there."""
    if row is None:
        return Change(Outcome.STALE, row)
    return Change(Outcome.DONE, changed(finished(row, attempt.id) or row, pair=pair))


def renewal_needs_its_lease(
    row: Connection | None, incarnation: str, attempt: Any, pair: Any
) -> Change:
    """Refuse the result of a lease that was taken over."""
    if row is not None and (row.lease is None or row.lease.owner != attempt.id):
        return Change(Outcome.STALE, finished(row, attempt.id))
    return EVENTS["pair_renewed"](row, incarnation, attempt, pair)


def answer_needs_its_lease(
    row: Connection | None, incarnation: str, attempt: Any, **more: Any
) -> Change:
    """Refuse the answer of a lease that was taken over."""
    lost = row is not None and (row.lease is None or row.lease.owner != attempt.id)
    if attempt.asks is not Asks.CODE and lost:
        return Change(Outcome.STALE, finished(row, attempt.id))
    return EVENTS["answer_stored"](row, incarnation, attempt)


def gone_by_any_generation(
    row: Connection | None, pin: Pin, external_id: str | None, *, asked: int
) -> Change:
    """Take the word of a new login's info for the keys of the old one."""
    made = EVENTS["key_seen"](row, pin, external_id, asked=asked)
    if made.row is None or made.outcome is not Outcome.DONE:
        return made
    keys = tuple(
        attrs.evolve(key, standing=Standing.GONE) if key.standing is Standing.LEFT_BEHIND else key
        for key in made.row.keys
    )
    return attrs.evolve(made, row=attrs.evolve(made.row, keys=keys))


def late_secret_dropped(row: Connection | None, incarnation: str, **more: Any) -> Change:
    """Drop a secret of a login that was replaced."""
    if row is not None and row.pin != Pin(incarnation, more["generation"]):
        return Change(Outcome.ALREADY, finished(row, more["attempt"]))
    return EVENTS["secret_stored"](row, incarnation, **more)


def late_secret_signs(row: Connection | None, incarnation: str, **more: Any) -> Change:
    """Take a late secret for the connected account's."""
    made = EVENTS["secret_stored"](row, incarnation, **more)
    if made.row is None or made.outcome is not Outcome.DONE:
        return made
    keys = tuple(
        attrs.evolve(key, standing=Standing.USABLE)
        if key.external_id == more["external_id"]
        else key
        for key in made.row.keys
    )
    return attrs.evolve(made, row=attrs.evolve(made.row, keys=keys))


def lease_ignored(row: Connection | None, pin: Pin, **more: Any) -> Change:
    """Ask although somebody else holds the lease."""
    if row is not None and row.lease is not None:
        more["over"] = row.lease
    return EVENTS["ask"](row, pin, **more)


def silence_forgotten(row: Connection | None, attempt: str) -> Change:
    """Take back an asking that was sent and had no answer."""
    return EVENTS["withdraw"](row, attempt)


def verdict_at_once(row: Connection | None, incarnation: str, attempt: Any, **more: Any) -> Change:
    """Judge a 409 without waiting for a late answer."""
    more["doubt"] = 0.0
    made = EVENTS["secret_consumed"](row, incarnation, attempt, **more)
    if made.outcome is Outcome.PROVISIONAL:
        return EVENTS["secret_consumed"](made.row, incarnation, attempt, **more)
    return made


def login_takes_keys_over(
    row: Connection | None, incarnation: str, attempt: Any, pair: Any, *, now: float
) -> Change:
    """Leave the keys usable when another account may have been connected."""
    made = EVENTS["login_committed"](row, incarnation, attempt, pair, now=now)
    if row is None or made.row is None or made.outcome is not Outcome.DONE:
        return made
    return attrs.evolve(made, row=attrs.evolve(made.row, keys=row.keys))


# What has to happen for a broken transition to show, as calls of the machine's own rules: a search
# at random finds most of it as well, but no search is sure to.

Step = tuple[str, dict[str, Any]]


def begun(process: int, what: str) -> Step:
    """Start a flow."""
    return "begin_flow", {"process": process, "what": what}


def logged_in(process: int, account: str) -> Step:
    """Start a login."""
    return "log_in", {"process": process, "account": account}


def driven(which: int, until: str) -> Step:
    """Drive one of the running flows without a fault."""
    return "go_on_well", {"which": which, "until": until}


def unanswered(which: int) -> Step:
    """Drive one of the running flows to its end, without an answer to its request."""
    return "go_on", {"which": which, "until": "end", "put": "ok", "net": "lost"}


def passed(seconds: float) -> Step:
    """Let time pass."""
    return "crash", {"process": 0, "seconds": seconds}


# The first stop of an `issue` is after the answer of `info`.
ASKED_FOR_THE_SECRET = (begun(0, "issue"), driven(0, "freeze"), driven(0, "freeze"))
LATE_SECRET = (*ASKED_FOR_THE_SECRET, logged_in(1, "B"), driven(1, "end"), driven(0, "end"))
OVERTAKEN_REFRESH = (
    *(begun(0, "refresh"), driven(0, "freeze"), begun(1, "refresh"), driven(1, "wait")),
    *(passed(LEASE), driven(1, "end"), driven(0, "end")),
)
BROKEN: tuple[tuple[str, Callable[..., Change], str, tuple[Step, ...]], ...] = (
    (
        *("login_committed", blind_login, "a generation falls"),
        (
            *(logged_in(0, "A"), driven(0, "take"), logged_in(1, "B"), driven(1, "end")),
            driven(0, "end"),
        ),
    ),
    (
        *("login_committed", login_takes_keys_over, "a key of another account signs"),
        (begun(0, "issue"), driven(0, "end"), logged_in(0, "B"), driven(0, "end")),
    ),
    (
        *("pair_renewed", blind_renewal, "an old login is back"),
        (
            *(begun(0, "refresh"), driven(0, "take"), logged_in(1, "B"), driven(1, "end")),
            driven(0, "end"),
        ),
    ),
    (
        *("pair_renewed", renewal_needs_its_lease, "a renewed pair was thrown away"),
        OVERTAKEN_REFRESH,
    ),
    (
        *("answer_stored", answer_needs_its_lease, "a renewed pair was thrown away"),
        OVERTAKEN_REFRESH,
    ),
    (
        *("key_seen", gone_by_any_generation, "a living key is marked as gone"),
        (
            *(begun(0, "issue"), driven(0, "end"), logged_in(0, "B"), driven(0, "end")),
            *(begun(0, "issue"), driven(0, "end")),
        ),
    ),
    ("secret_stored", late_secret_dropped, "a stored secret is thrown away", LATE_SECRET),
    ("secret_stored", late_secret_signs, "a key of another account signs", LATE_SECRET),
    (
        *("ask", lease_ignored, "a second one-shot request"),
        (begun(0, "refresh"), driven(0, "freeze"), begun(1, "refresh"), driven(1, "wait")),
    ),
    (
        *("unanswered", silence_forgotten, "our own reading is called a theft"),
        (
            *(begun(0, "issue"), unanswered(0), passed(DOUBT), begun(0, "issue")),
            *(driven(0, "end"), passed(DOUBT), begun(0, "issue"), driven(0, "end")),
        ),
    ),
    (
        *("secret_consumed", verdict_at_once, "judged while another is asking"),
        (
            *(*ASKED_FOR_THE_SECRET, begun(1, "issue"), driven(1, "wait")),
            *(passed(LEASE), driven(1, "end"), driven(0, "end")),
        ),
    ),
)


def replay(machine: Machine, steps: tuple[Step, ...]) -> None:
    """Run a machine by a script instead of at random, and look at everything after each step."""
    machine.begin(grace=False)
    for name, arguments in steps:
        machine.check()
        getattr(machine, name)(**arguments)
    machine.check()
    machine.teardown()


@pytest.mark.parametrize(
    ("event", "broken", "noticed", "steps"),
    BROKEN,
    ids=[f"{event}-{broken.__name__}" for event, broken, _, _ in BROKEN],
)
def test_the_machine_notices_a_broken_transition(
    event: str, broken: Callable[..., Change], noticed: str, steps: tuple[Step, ...]
) -> None:
    """A transition that is wrong in one point breaks a rule, in a run that the sound one passes."""
    replay(Machine(), steps)
    wrong = type("Wrong", (Machine,), {"broken": {event: broken}})
    with pytest.raises(AssertionError, match=noticed):
        replay(wrong(), steps)
