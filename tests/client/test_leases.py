"""Leases and pace of two processes over one store, whose clocks agree on nothing."""

from __future__ import annotations

import itertools
import threading

import pytest

from whitebit_ext import MemoryStore, Region, generate_encryption_key
from whitebit_ext.custody.leases import Leases, Pace
from whitebit_ext.custody.rows import Custody
from whitebit_ext.custody.sealing import Sealer
from whitebit_ext.custody.stores import Row
from whitebit_ext.errors import StoreUnavailable
from whitebit_ext.regions import Server

from .hand_clock import HandClock

KEY = generate_encryption_key()
LENGTH = 25.0


class Process:
    """One process of a partner."""

    def __init__(self, store: MemoryStore, clock: HandClock) -> None:
        self.clock = clock
        self.custody = Custody(store, Sealer([KEY]), Server.of(Region.GLOBAL), "client", clock)
        self.leases = Leases(self.custody, clock, LENGTH)

    def pace(self, interval: float = 1.0, egress: str = "default") -> Pace:
        """Return this process's pace."""
        return Pace(self.custody, self.clock, interval=interval, egress=egress)


@pytest.fixture
def store() -> MemoryStore:
    """Return an empty store."""
    return MemoryStore()


def processes(store: MemoryStore, *, skew: float = 0.0) -> tuple[Process, Process]:
    """Return two processes whose clocks go together, `skew` seconds apart."""
    one = HandClock()
    other = HandClock(time=1_700_000_000.0 + skew, monotonic=900_000.0)
    one.others, other.others = [other], [one]
    return Process(store, one), Process(store, other)


def test_a_lease_is_held_by_one(store: MemoryStore) -> None:
    """While one holds it, nobody gets it, not even the same process; given back, anybody does."""
    one, other = processes(store)
    lease = one.leases.acquire("refresh", "alice")
    assert lease is not None
    assert other.leases.acquire("refresh", "alice") is None
    assert one.leases.acquire("refresh", "alice") is None
    assert other.leases.acquire("refresh", "bob") is not None
    one.leases.release(lease)
    assert other.leases.acquire("refresh", "alice") is not None
    assert one.leases.acquire("refresh", "alice") is None


@pytest.mark.parametrize("skew", [0.0, 3_600.0, -86_400.0])
def test_a_lease_is_taken_over_after_it_stood_still(store: MemoryStore, skew: float) -> None:
    """Whoever waits takes over after the whole length by its own clock, whatever the other's is."""
    one, other = processes(store, skew=skew)
    assert one.leases.acquire("refresh", "alice")
    one.clock.pass_by(1_000.0)  # how long it stood before anybody looked does not count
    assert other.leases.acquire("refresh", "alice") is None
    other.clock.pass_by(LENGTH - 0.01)
    assert other.leases.acquire("refresh", "alice") is None
    other.clock.pass_by(0.02)
    assert other.leases.acquire("refresh", "alice") is not None


def test_a_sign_of_life_begins_the_wait_anew(store: MemoryStore) -> None:
    """A holder that renews in time is never taken over."""
    one, other = processes(store)
    lease = one.leases.acquire("refresh", "alice")
    assert lease is not None
    for _ in range(4):
        assert other.leases.acquire("refresh", "alice") is None
        one.clock.pass_by(LENGTH - 1)
        assert one.leases.renew(lease)
    assert other.leases.acquire("refresh", "alice") is None


def test_a_clock_that_jumps_takes_nothing_over(store: MemoryStore) -> None:
    """Setting a machine's clock by a day, either way, is no standing still."""
    one, other = processes(store)
    assert one.leases.acquire("refresh", "alice")
    assert other.leases.acquire("refresh", "alice") is None
    for seconds in (86_400.0, -2 * 86_400.0):
        other.clock.jump(seconds)
        assert other.leases.acquire("refresh", "alice") is None


def test_who_was_taken_over_neither_renews_nor_frees(store: MemoryStore) -> None:
    """A holder that slept too long learns of it, and does not give away what is another's."""
    one, other = processes(store)
    lost = one.leases.acquire("refresh", "alice")
    assert lost is not None
    other.leases.acquire("refresh", "alice")
    other.clock.pass_by(LENGTH)
    taken = other.leases.acquire("refresh", "alice")
    assert taken is not None
    assert not one.leases.renew(lost)
    one.leases.release(lost)
    assert one.leases.acquire("refresh", "alice") is None
    assert other.leases.renew(taken)


def test_one_of_many_takes_an_abandoned_lease(store: MemoryStore) -> None:
    """Of eight processes that see it abandoned at once, one takes it."""
    first = Process(store, HandClock())
    first.leases.acquire("secret", "alice")
    waiting = [Process(store, HandClock()) for _ in range(8)]
    for process in waiting:
        assert process.leases.acquire("secret", "alice") is None
        process.clock.pass_by(LENGTH)
    start, taken = threading.Barrier(8), []

    def take(process: Process) -> None:
        start.wait()
        taken.append(process.leases.acquire("secret", "alice"))

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
    lease = one.leases.acquire("refresh", "alice")
    assert lease is not None

    def fail(*_: object) -> Row:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(store, "get", fail)
        one.leases.release(lease)
        with pytest.raises(StoreUnavailable):
            one.leases.renew(lease)
    assert "taken over" in caplog.text
    assert other.leases.acquire("refresh", "alice") is None


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
