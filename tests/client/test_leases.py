"""Leases and pace of two processes over one store, whose clocks agree on nothing."""

from __future__ import annotations

import itertools
import threading
import time
from typing import Any

import pytest

from whitebit_ext import MemoryStore, Region, Secret, generate_encryption_key
from whitebit_ext.custody.connections import Connections, Held
from whitebit_ext.custody.leases import Asking, Leases
from whitebit_ext.custody.pace import Pace
from whitebit_ext.custody.rows import Custody
from whitebit_ext.custody.sealing import Sealer
from whitebit_ext.custody.stores import Row
from whitebit_ext.errors import NotSent, StoreUnavailable, TokenUnavailable
from whitebit_ext.regions import Server

from ..looking import Asks, TokenPair, put_pair
from .hand_clock import HandClock

KEY = generate_encryption_key()
LENGTH = 25.0


class Process:
    """One process of a partner."""

    def __init__(self, store: MemoryStore, clock: HandClock) -> None:
        self.clock = clock
        self.custody = Custody(store, Sealer([KEY]), Server.of(Region.GLOBAL), "client", clock)
        self.connections = Connections(self.custody, clock)
        self.leases = Leases(self.connections, clock, LENGTH)
        self.age: float | None = None
        for user_id in ("alice", "bob"):
            if self.connections.read(user_id).row is None:
                put_pair(
                    self.custody,
                    user_id,
                    TokenPair(Secret("a"), Secret("r"), (), 0.0, 300.0, "login"),
                )

    def held(self, user_id: str = "alice") -> Held:
        """Read the row, as old as the test says."""
        held = self.connections.read(user_id)
        return Held(held.row, held.version, self.age)

    def acquire(self, user_id: str = "alice") -> Asking | None:
        """Ask for the lease of a user's row, to renew the pair."""
        held = self.held(user_id)
        assert held.row is not None
        assert held.row.pair is not None
        digest = held.row.pair.digest
        asked = self.leases.ask(user_id, held.row.pin, Asks.REFRESH, digest or "", held)
        return asked if isinstance(asked, Asking) else None

    def pace(self, interval: float = 1.0, egress: str = "default") -> Pace:
        """Return this process's pace."""
        return Pace(self.custody, self.clock, interval=interval, egress=egress)


@pytest.fixture
def store() -> MemoryStore:
    """Return an empty store."""
    return MemoryStore()


class SharedClock(HandClock):
    """A clock of several threads: who sleeps lets the others go on until all of them sleep."""

    def sleep(self, seconds: float) -> None:
        """Let time pass slowly."""
        time.sleep(seconds / 20)
        self.pass_by(0)

    def monotonic(self) -> float:
        """Return a time that goes twenty times as fast."""
        return time.monotonic() * 20


def processes(store: MemoryStore, *, skew: float = 0.0) -> tuple[Process, Process]:
    """Return two processes whose clocks go together, `skew` seconds apart."""
    one = HandClock()
    other = HandClock(time=1_700_000_000.0 + skew, monotonic=900_000.0)
    one.others, other.others = [other], [one]
    return Process(store, one), Process(store, other)


def test_a_lease_is_held_by_one(store: MemoryStore) -> None:
    """While one holds it, nobody gets it, not even the same process; given back, anybody does."""
    one, other = processes(store)
    lease = one.acquire()
    assert lease is not None
    assert other.acquire() is None
    assert one.acquire() is None
    assert other.acquire("bob") is not None
    one.leases.withdraw(lease)
    assert other.acquire() is not None
    assert one.acquire() is None


@pytest.mark.parametrize("skew", [0.0, 3_600.0, -86_400.0])
def test_a_lease_is_taken_over_after_it_stood_still(store: MemoryStore, skew: float) -> None:
    """Whoever waits takes over after the whole length by its own clock, whatever the other's is."""
    one, other = processes(store, skew=skew)
    assert one.acquire()
    one.clock.pass_by(1_000.0)  # how long it stood before anybody looked does not count
    assert other.acquire() is None
    other.clock.pass_by(LENGTH - 0.01)
    assert other.acquire() is None
    other.clock.pass_by(0.02)
    assert other.acquire() is not None


def test_a_process_that_lives_for_a_moment_takes_over(store: MemoryStore) -> None:
    """Where the store says how old a row is, a second of watching is enough after four leases."""
    one, other = processes(store)
    assert one.acquire()
    other.age = 4 * LENGTH
    assert other.acquire() is None
    assert other.leases.frees_in("alice", other.held()) == pytest.approx(1.0)
    other.clock.pass_by(1.0)
    assert other.acquire() is not None


def test_a_row_from_the_future_is_watched(store: MemoryStore) -> None:
    """A store whose clock was set back tells nothing."""
    one, other = processes(store)
    assert one.acquire()
    other.age = -100 * LENGTH
    assert other.acquire() is None
    other.clock.pass_by(2.0)
    assert other.acquire() is None
    assert other.leases.frees_in("alice", other.held()) == pytest.approx(LENGTH - 2.0)


def test_a_sign_of_life_begins_the_wait_anew(store: MemoryStore) -> None:
    """A holder that renews in time is never taken over."""
    one, other = processes(store)
    lease = one.acquire()
    assert lease is not None
    for _ in range(4):
        assert other.acquire() is None
        one.clock.pass_by(LENGTH - 1)
        lease = one.leases.hold(lease)
    assert other.acquire() is None


def test_a_clock_that_jumps_takes_nothing_over(store: MemoryStore) -> None:
    """Setting a machine's clock by a day, either way, is no standing still."""
    one, other = processes(store)
    assert one.acquire()
    assert other.acquire() is None
    for seconds in (86_400.0, -2 * 86_400.0):
        other.clock.jump(seconds)
        assert other.acquire() is None


def test_who_was_taken_over_does_not_send(store: MemoryStore) -> None:
    """A holder that slept too long learns of it before it sends, and frees nobody else's lease."""
    one, other = processes(store)
    lost = one.acquire()
    assert lost is not None
    other.acquire()
    other.clock.pass_by(LENGTH)
    taken = other.acquire()
    assert taken is not None
    with pytest.raises(NotSent):
        one.leases.hold(lost)
    assert one.acquire() is None
    other.leases.hold(taken)


class SlowStore(MemoryStore):
    """A store whose writes take some time, one after the other."""

    def __init__(self, clock: HandClock) -> None:
        super().__init__()
        self.clock = clock
        self.takes = list[float]()

    def put(self, *args: Any, **more: Any) -> int | None:
        """Write, and let time pass."""
        version = super().put(*args, **more)
        if self.takes:
            self.clock.pass_by(self.takes.pop(0))
        return version


@pytest.mark.parametrize(("takes", "holds"), [([13.0], True), ([13.0, 13.0], False)])
def test_a_renewal_that_took_too_long_is_no_hold(takes: list[float], holds: bool) -> None:
    """After a slow renewal the lease is renewed again, or nothing is sent."""
    clock = HandClock()
    store = SlowStore(clock)
    process = Process(store, clock)
    lease = process.acquire()
    assert lease is not None
    clock.pass_by(LENGTH / 2)
    store.takes = takes
    if holds:
        assert clock.monotonic() - process.leases.hold(lease).began < LENGTH / 2
    else:
        with pytest.raises(NotSent):
            process.leases.hold(lease)
        assert process.acquire() is not None


def test_one_of_many_takes_an_abandoned_lease(store: MemoryStore) -> None:
    """Of eight processes that see it abandoned at once, one takes it."""
    first = Process(store, HandClock())
    first.acquire()
    waiting = [Process(store, HandClock()) for _ in range(8)]
    for process in waiting:
        assert process.acquire() is None
        process.clock.pass_by(LENGTH)
    start, taken = threading.Barrier(8), []

    def take(process: Process) -> None:
        start.wait()
        taken.append(process.acquire())

    threads = [threading.Thread(target=take, args=(process,)) for process in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([lease for lease in taken if lease]) == 1


def test_a_lease_that_cannot_be_given_back_hides_nothing(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A store that fails at the release is logged, and does not replace the outcome."""
    one, other = processes(store)
    lease = one.acquire()
    assert lease is not None

    def fail(*_: object) -> Row:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(store, "get", fail)
        patch.setattr(store, "put", fail)
        one.leases.withdraw(lease)
        one.clock.pass_by(LENGTH / 2)
        with pytest.raises(StoreUnavailable):
            one.leases.hold(lease)
    assert "others wait for its lease" in caplog.text
    assert other.acquire() is None


def test_turns_are_fair(store: MemoryStore) -> None:
    """A process that wants turns all the time does not take one of another's."""
    shared, turns = SharedClock(), list[str]()
    greedy, modest = (Process(store, shared) for _ in range(2))
    paces = {"greedy": greedy.pace(), "modest": modest.pace()}
    paces["greedy"].wait(lambda: None)

    def take(name: str, times: int) -> None:
        for _ in range(times):
            paces[name].wait(lambda: None)
            turns.append(name)

    threads = [
        threading.Thread(target=take, args=given) for given in (("greedy", 12), ("modest", 4))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = max(number for number, name in enumerate(turns) if name == "modest")
    longest = max(len(list(run)) for name, run in itertools.groupby(turns[: last + 1]))
    assert longest <= 3, turns


def test_a_pause_that_the_server_asked_for_is_everybodys(store: MemoryStore) -> None:
    """After `Retry-After` no process of the store sends before, and a long one is told at once."""
    one, other = processes(store)
    one.pace().wait(lambda: None)
    one.pace().hold_off(5.0)
    other.pace().wait(lambda: None)
    assert 4.9 < sum(other.clock.slept) < 5.2  # the store measures by the real clock
    other.pace().hold_off(120.0)
    with pytest.raises(TokenUnavailable) as caught:
        one.pace().wait(lambda: None)
    assert caught.value.retry_after == pytest.approx(120.0, abs=1)


def test_a_pause_passes_for_processes_that_do_not_live_through_it() -> None:
    """Each new process takes the store's word for how long the pause has lasted already."""
    clock = HandClock()
    store = MemoryStore(clock=clock.monotonic)
    Process(store, clock).pace().hold_off(120.0)
    waited = list[float]()
    for _ in range(3):
        with pytest.raises(TokenUnavailable) as caught:
            Process(store, clock).pace().wait(lambda: None)
        waited.append(caught.value.retry_after or 0.0)
        clock.pass_by(40.0)
    assert waited == pytest.approx([120.0, 80.0, 40.0])
    Process(store, clock).pace().wait(lambda: None)
    assert sum(clock.slept) == pytest.approx(1.0)


def test_no_pause_outlasts_every_pair(store: MemoryStore) -> None:
    """A `Retry-After` of years, such as a broken proxy may send, does not stop all refreshes."""
    one, other = processes(store)
    one.pace().hold_off(1e9)
    with pytest.raises(TokenUnavailable) as caught:
        other.pace().wait(lambda: None)
    assert caught.value.retry_after == pytest.approx(600.0, abs=1)


def test_the_pace_lets_one_go_per_second(store: MemoryStore) -> None:
    """Two processes whose clocks agree go once a second between them."""
    one, other = processes(store)
    paces, went = [one.pace(), other.pace()], []
    for turn in range(6):
        paces[turn % 2].wait(lambda: None)
        went.append(one.clock.monotonic())
    gaps = [later - earlier for earlier, later in itertools.pairwise(went)]
    assert went[0] == 50.0
    assert all(1.0 - 1e-6 <= gap < 1.2 for gap in gaps)


def test_after_a_rest_nobody_waits(store: MemoryStore) -> None:
    """A turn that was seen a second ago is no reason to wait, whoever took it."""
    one, other = processes(store)
    first, second = one.pace(), other.pace()
    first.wait(lambda: None)
    second.wait(lambda: None)
    one.clock.pass_by(2.0)
    other.clock.pass_by(2.0)
    slept = list(other.clock.slept)
    second.wait(lambda: None)
    assert other.clock.slept == slept


def test_a_turn_never_seen_is_watched_for_an_interval(store: MemoryStore) -> None:
    """A new process does not believe another's clock: it waits until the row stood still."""
    one, other = processes(store, skew=3_600.0)
    one.pace().wait(lambda: None)
    other.pace().wait(lambda: None)
    assert 1.0 <= sum(other.clock.slept) < 1.2


@pytest.mark.parametrize("skew", [3_600.0, 0.5, -0.5, -3_600.0])
def test_clocks_that_disagree_block_nobody(store: MemoryStore, skew: float) -> None:
    """A turn from the future, or from long ago, holds nobody up for longer than the interval."""
    one, other = processes(store, skew=skew)
    one.pace().wait(lambda: None)
    began = other.clock.monotonic()
    other.pace().wait(lambda: None)
    assert other.clock.monotonic() - began < 1.2


def test_a_clock_that_is_set_back_blocks_nobody(store: MemoryStore) -> None:
    """Setting the clock back by a day between two turns costs at most the interval."""
    one, _ = processes(store)
    pace = one.pace()
    pace.wait(lambda: None)
    one.clock.jump(-86_400.0)
    pace.wait(lambda: None)
    assert 1.0 <= sum(one.clock.slept) + 1e-6 < 1.2


def test_each_egress_has_a_pace_of_its_own(store: MemoryStore) -> None:
    """Two addresses go at once; one address without an interval never waits."""
    one, other = processes(store)
    one.pace().wait(lambda: None)
    other.pace(egress="second").wait(lambda: None)
    for _ in range(3):
        one.pace(interval=0).wait(lambda: None)
    assert one.clock.slept == other.clock.slept == []


def test_a_lease_is_renewed_while_its_holder_waits(store: MemoryStore) -> None:
    """A long wait calls `alive` about once a second."""
    one, other = processes(store)
    calls: list[float] = []
    one.pace(interval=10.0).wait(lambda: None)
    other.pace(interval=10.0).wait(lambda: calls.append(other.clock.monotonic()))
    assert 4 <= len(calls) <= 10
    assert max(b - a for a, b in itertools.pairwise(calls)) < 2.5


def test_threads_of_a_process_go_one_after_the_other(store: MemoryStore) -> None:
    """Of eight threads, no two go within the same second."""
    process = Process(store, HandClock())
    pace = process.pace()
    threads = [threading.Thread(target=pace.wait, args=(lambda: None,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 7.0 - 1e-6 <= sum(process.clock.slept) < 8.0
