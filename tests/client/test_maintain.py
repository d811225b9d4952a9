"""`partner.maintain()`: what must happen without a user, on a clock moved by hand."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import pytest

from whitebit_ext import MaintenanceReport, Row, WhiteBIT
from whitebit_ext.errors import InvalidArgument, StoreUnavailable

from .. import looking
from .face_store import failing_store  # noqa: F401  # a fixture
from .faces import Face, connected
from .failing import FailingStore
from .refreshing import refreshes
from .stores import CountingStore
from .using import DAY, ready, record

INFO = "get_api_key_info"
SECRET = "get_api_key_secret"


def choosing(face: Face, name: str = "alice") -> None:
    """Connect a user who does not finish choosing permissions."""
    face.sandbox.add_user(name).choosing_time = math.inf
    connected(face, name)


def passes(
    face: Face, worker: WhiteBIT, seconds: float, *, every: float = 5.0
) -> list[MaintenanceReport]:
    """Let a worker run for some time, one pass after the other."""
    reports, until = [], face.clock.time() + seconds
    while face.clock.time() < until:
        face.clock.advance(every)
        reports.append(worker.maintain())
        settled(face)
    return reports


def settled(face: Face) -> None:
    """Wait until the renewals that a pass has started are done; no pass waits for them."""
    custody = face.custody()
    for (user_id,) in custody.subjects("connection"):
        while (row := looking.row_of(custody, user_id)) is not None and row.lease is not None:
            time.sleep(0.001)


def test_the_user_who_confirms_after_17_minutes(face: Face) -> None:
    """Nobody calls for the user; a worker keeps the tokens alive, and takes the key at once."""
    choosing(face)
    worker = face.partner()
    reports = passes(face, worker, 17 * 60)
    assert {report.waiting for report in reports} == {1}
    assert 3 <= refreshes(face) <= 4
    face.sandbox.finish_choosing("alice")
    (last,) = passes(face, worker, 15.0, every=15.0)
    assert (last.finished, last.waiting) == (1, 0)
    face.sandbox.forget_requests()
    assert face.partner().user("alice").api_key.issue(timeout=0).user_id == "alice"
    assert worker.maintain().finished == 0
    assert face.sandbox.requests == []


def test_how_often_a_worker_looks(face: Face) -> None:
    """Every 2 s for a minute, every 5 s to five minutes, then every 15 s."""
    choosing(face)
    worker = face.partner()
    looks = []
    for seconds in (60.0, 240.0, 300.0):
        before = face.sandbox.count("GET", INFO)
        passes(face, worker, seconds, every=1.0)
        looks.append(face.sandbox.count("GET", INFO) - before)
    assert looks[0] == pytest.approx(30, abs=2)
    assert looks[1] == pytest.approx(48, abs=3)
    assert looks[2] == pytest.approx(20, abs=2)


def test_two_workers_do_nothing_twice(face: Face) -> None:
    """A look, a secret and a read of a neglected key happen once, whoever is first."""
    choosing(face)
    one, other = face.partner(), face.partner()
    for _ in range(10):
        face.clock.advance(2)
        before = face.sandbox.count("GET", INFO)
        one.maintain()
        assert other.maintain().waiting == 1
        assert face.sandbox.count("GET", INFO) == before + 1
    face.sandbox.finish_choosing("alice")
    face.clock.advance(2)
    assert [worker.maintain().finished for worker in (one, other)] == [1, 0]
    assert face.sandbox.count("GET", SECRET) == 1
    face.clock.advance(9 * DAY)
    assert [worker.maintain().read for worker in (one, other)] == [1, 0]


def test_giving_up(face: Face) -> None:
    """After `give_up` a user is left alone until the next login, which begins anew."""
    choosing(face)
    worker = face.partner()
    passes(face, worker, 300, every=15)
    face.sandbox.forget_requests()
    face.clock.advance(15)
    report = worker.maintain(give_up=300)
    assert (report.expired, report.waiting) == (1, 0)
    assert worker.maintain(give_up=300) == MaintenanceReport()
    assert [request.operation for request in face.sandbox.requests] == ["get_server_time"]
    status = face.partner().user("alice").status()
    assert (status.state, status.error) == ("failed", "KeyAbsent")
    connected(face)
    assert worker.maintain().waiting == 1


def test_tokens_that_died_are_not_looked_at(face: Face) -> None:
    """A worker that comes too late records the end, and asks for nothing but the time."""
    choosing(face)
    face.clock.advance(601)
    face.sandbox.forget_requests()
    worker = face.partner()
    assert (worker.maintain().expired, worker.maintain().expired) == (1, 0)
    assert [request.operation for request in face.sandbox.requests] == ["get_server_time"]
    assert face.partner().user("alice").status().error == "ReauthorizationRequired"


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda face, key: setattr(key, "secret_taken", True), {"lost": 1}),
        (lambda face, key: face.sandbox.disable_key(key.external_id), {"refused": 1}),
        (
            lambda face, key: face.sandbox.revoke_authorization("alice", face.client),
            {"expired": 1},
        ),
        (
            lambda face, key: face.sandbox.faults.add(SECRET, kind="status", status=503),
            {"waiting": 1},
        ),
    ],
)
def test_what_can_go_wrong(
    face: Face, spoil: Callable[[Face, Any], object], expected: dict[str, int]
) -> None:
    """A secret taken by others, a disabled key and dead tokens end the wait, and are counted."""
    connected(face)
    face.clock.advance(2)
    spoil(face, face.sandbox.key("alice", face.client))
    worker = face.partner()
    assert worker.maintain() == MaintenanceReport(**expected)
    face.clock.advance(15)
    again = worker.maintain()
    assert again == MaintenanceReport(finished=1 if "waiting" in expected else 0)


def test_a_key_that_is_not_used(face: Face) -> None:
    """From day 7 to 9 it signs one read, then it rests; a refusal is counted and tried later."""
    ready(face)
    worker, read_on = face.partner(), list[int]()
    face.sandbox.forget_requests()
    for half_day in range(40):
        face.clock.advance(DAY / 2)
        report = worker.maintain()
        if report.read:
            read_on.append(half_day // 2)
        assert report.refused == 0
    assert len(read_on) == 2
    assert 6 <= read_on[0] <= 9
    assert len(face.sandbox.requests) == 2
    assert record(face)["at"] is not None
    key = face.sandbox.key("alice", face.client)
    assert key is not None
    face.sandbox.delete_key(key.external_id, "user")
    face.clock.advance(9 * DAY)
    assert [worker.maintain().refused for _ in range(2)] == [1, 0]


def test_many_keys_that_are_not_used(face: Face) -> None:
    """A pass reads 16 of them, and the next one the others."""
    custody, since = face.custody(), face.clock.time() - 10 * DAY
    for number in range(20):
        looking.put_key(custody, f"user-{number}", external_id=f"key-{number}", since=since)
    worker = face.partner()
    assert [worker.maintain().refused for _ in range(3)] == [16, 4, 0]


def test_the_budget(face: Face) -> None:
    """A pass serves so many users, those first whose tokens end first."""
    for number in range(4):
        choosing(face, f"user-{number}")
        face.clock.advance(1)
    worker = face.partner()
    face.clock.advance(2)
    for done in (3, 4, 4):
        assert worker.maintain(budget=3).waiting == 4
        assert face.sandbox.count("GET", INFO) == done
    pending = worker.pending()
    assert [one.user_id for one in pending] == [f"user-{number}" for number in range(4)]
    assert all(one.ends_at is not None for one in pending)


def test_a_small_budget_is_shared_fairly(face: Face) -> None:
    """No user waits longer for a look than the others; tokens that must be renewed go first."""
    names = [f"user-{number}" for number in range(3)]
    for name in names:
        choosing(face, name)
    worker, custody = face.partner(), face.custody()
    for _ in range(12):
        face.clock.advance(2)
        worker.maintain(budget=1)
    rows = [looking.row_of(custody, name) for name in names]
    looks = [row.look_at for row in rows if row is not None]
    assert max(looks) - min(looks) <= 4.5
    face.clock.advance(270)
    choosing(face, "new")
    worker.maintain(budget=3)
    worker.close()  # which waits for the renewals
    assert refreshes(face) == 3


@pytest.mark.parametrize("ahead", [660, 3_600, -660])
def test_a_worker_with_a_wrong_clock_ends_no_wait(
    face: Face, caplog: pytest.LogCaptureFixture, ahead: float
) -> None:
    """By its clock all tokens are dead; it says so, and a worker with a right one goes on."""
    choosing(face)
    worker = face.partner()
    face.clock.ahead = ahead
    assert worker.maintain().expired == 0
    face.clock.ahead = 0.0
    assert ("this machine's clock is" in caplog.text) == (ahead > 0)
    assert worker.user("alice").status().state == "choosing"
    face.clock.advance(20)
    face.sandbox.finish_choosing("alice")
    assert face.partner().maintain().finished == 1


def test_no_wait_ends_while_the_time_is_unknown(face: Face) -> None:
    """Where the server does not tell the time, a later pass ends what is over."""
    choosing(face)
    face.clock.advance(1_300)
    worker = face.partner()
    face.sandbox.faults.add("get_server_time", kind="status", status=503)
    assert worker.maintain().expired == 0
    face.clock.advance(20)
    assert worker.maintain().expired == 1


def test_a_pass_does_not_wait_for_renewals(face: Face) -> None:
    """While the server takes its time over a refresh, the worker looks with the present token."""
    choosing(face)
    worker, custody = face.partner(), face.custody()
    face.clock.advance(275)
    with face.sandbox.hold("refresh_token") as held:
        assert worker.maintain().waiting == 1
        row = looking.row_of(custody, "alice")
        assert row is not None
        assert row.lease is not None
        assert face.sandbox.count("GET", INFO) == 1
        held.wait(1, timeout=30)
    settled(face)
    row = looking.row_of(custody, "alice")
    assert row is not None
    assert row.pair is not None
    assert row.pair.parent is not None


def test_a_broken_row_hides_no_other(face: Face, store: FailingStore) -> None:
    """It is listed with its error, and others are served; a broken heartbeat is replaced."""
    choosing(face, "alice")
    choosing(face, "bob")
    face.sandbox.finish_choosing("bob")
    face.clock.advance(2)
    spoiled = looking.row_id(face.custody(), "alice")
    row = store.get("connection", spoiled)
    assert row is not None
    store.put("connection", spoiled, row.data[:-1] + bytes([row.data[-1] ^ 1]), row.version)
    worker = face.partner()
    assert worker.maintain().finished == 1
    (heartbeat,) = store.scan("worker")
    beaten = store.get("worker", heartbeat)
    assert beaten is not None
    store.put("worker", heartbeat, b"spoiled" * 10, beaten.version)
    choosing(face, "carol")
    face.sandbox.finish_choosing("carol")
    face.clock.advance(2)
    assert face.partner().maintain().finished == 1
    listed = {one.user_id: (one.state.value, one.error) for one in worker.connections()}
    assert listed == {
        "alice": ("failed", "SealBroken"),
        "bob": ("connected", None),
        "carol": ("connected", None),
    }


def test_scanning_takes_a_fifth_of_the_time(face: Face, store: FailingStore) -> None:
    """A worker reads all rows now and then, and in between those of the users it knows of."""
    choosing(face, "alice")
    worker, scans = face.partner(), list[float]()

    def slow(method: str, kind: str) -> None:
        if (method, kind) == ("scan", "connection"):
            scans.append(face.clock.monotonic())
            face.clock.advance(1)

    store.before = slow
    assert worker.maintain().waiting == 1
    choosing(face, "bob")
    face.clock.advance(2)
    assert worker.maintain().waiting == 1
    assert len(scans) == 1
    face.clock.advance(4)
    assert worker.maintain().waiting == 2
    assert len(scans) == 2


def test_a_pass_with_nothing_to_do_only_reads(
    face: Face, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A row that did not change is not decrypted again, one that cannot be is logged once."""
    face.store = store = CountingStore()
    custody, opened = face.custody(), list[str]()
    for name in ("alice", "bob"):
        looking.put_key(custody, name, external_id=f"key-of-{name}")
    store.put("connection", looking.row_id(custody, "carol"), b"spoiled" * 10, None)
    open_row = looking.Connections.open

    def noted(self: looking.Connections, user_id: str, found: Row) -> Any:
        opened.append(user_id)
        return open_row(self, user_id, found)

    monkeypatch.setattr(looking.Connections, "open", noted)
    worker = face.partner()
    worker.maintain()
    assert sorted(opened) == ["alice", "bob", "carol"]
    looking.put_key(custody, "bob", external_id="another-key")
    store.calls.clear()
    opened.clear()
    face.clock.advance(5)
    worker.maintain()
    worker.maintain()
    assert opened == ["bob"]
    assert {call.split()[0] for call in store.calls} == {"get"}
    assert caplog.text.count("a connection row was skipped") == 1
    face.clock.advance(60)
    worker.maintain()
    assert store.calls.count("sweep login") == 1


def test_listing_many_users(face: Face) -> None:
    """The listing goes on over the pages of the store."""
    custody = face.custody()
    names = {f"user-{number}" for number in range(1_203)}
    for name in names:
        looking.put_key(custody, name, external_id=f"key-of-{name}")
    listed = list(face.partner().connections())
    assert {one.user_id for one in listed} == names
    assert len(listed) == 1_203


def test_a_store_that_fails(face: Face, store: FailingStore) -> None:
    """The pass says so, and the next one goes on."""
    choosing(face)
    worker = face.partner()
    store.fails = lambda method, kind: method == "put"
    with pytest.raises(StoreUnavailable):
        worker.maintain()
    store.mend()
    assert worker.maintain().waiting == 1


@pytest.mark.parametrize(
    "wrong", [{"budget": 0}, {"budget": 2.5}, {"budget": True}, {"give_up": 0}, {"give_up": "1"}]
)
def test_wrong_arguments(face: Face, wrong: dict[str, Any]) -> None:
    """The argument is named."""
    with pytest.raises(InvalidArgument) as caught:
        face.partner().maintain(**wrong)
    assert caught.value.argument in wrong
