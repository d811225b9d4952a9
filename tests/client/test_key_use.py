"""The record of a key's use: when it is written, what a refusal leaves in it, what it costs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from whitebit_ext import KeyCondition
from whitebit_ext.errors import Forbidden, NotFound, SealBroken, ServerError, Unauthorized

from .face_store import failing_store  # noqa: F401  # a fixture
from .faces import Face, MovedClock
from .failing import FailingStore
from .using import DAY, HOUR, read, ready, record

SPOT = "get_trade_account_balance"


@pytest.fixture
def calls(store: FailingStore) -> list[tuple[str, str]]:
    """Collect the calls of the store."""
    found: list[tuple[str, str]] = []
    store.before = lambda method, kind: found.append((method, kind))
    return found


# The record of use


def test_use_is_recorded(face: Face, clock: MovedClock) -> None:
    """A signed request that succeeds is the last use; before it, the key's arrival is."""
    user = ready(face)
    issued = clock.time()
    before = user.api_key.health()
    assert before.last_used_at.timestamp() == pytest.approx(issued, abs=1)
    assert before.last_used_at.tzinfo is UTC
    clock.advance(9 * DAY)
    read(user)
    health = user.api_key.health()
    assert health.last_used_at == datetime.fromtimestamp(clock.time(), UTC)
    assert (health.condition, health.unused_for) == (KeyCondition.IN_USE, 0.0)
    assert (health.status_code, health.code) == (None, None)


def test_use_is_written_at_most_every_six_hours(
    face: Face, clock: MovedClock, calls: list[tuple[str, str]]
) -> None:
    """Of many reads within six hours the first one writes; the next write is six hours later."""
    user = ready(face)
    calls.clear()
    wrote = []
    for _ in range(13):
        read(user)
        wrote.append(calls.count(("put", "use")))
        calls.clear()
        clock.advance(HOUR)
    assert wrote == [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("cache_for", [0.0, 60.0])
def test_a_signed_read_costs_one_look_at_the_store(
    face: Face, calls: list[tuple[str, str]], cache_for: float
) -> None:
    """Each read looks at the user's row, or at none within `cache_for`."""
    user = ready(face, partner=face.partner(cache_for=cache_for))
    read(user)
    calls.clear()
    for _ in range(3):
        read(user)
    assert calls == ([] if cache_for else [("get", "connection")] * 3)


def test_a_clock_that_was_a_month_ahead_hides_no_disuse(face: Face, clock: MovedClock) -> None:
    """What a wrong clock has recorded neither stops the record nor keeps workers from the key."""
    user = ready(face)
    issued = clock.time()
    clock.ahead = 30 * DAY
    read(user)
    clock.ahead = 0.0
    assert user.api_key.health().last_used_at.timestamp() == pytest.approx(issued, abs=1)
    clock.advance(9 * DAY)
    assert face.partner().maintain().read == 1
    clock.advance(HOUR)
    read(user)
    assert user.api_key.health().last_used_at.timestamp() == pytest.approx(clock.time(), abs=1)


def test_bearer_reads_are_no_use_of_the_key(face: Face, store: FailingStore) -> None:
    """What is read with the access token keeps no key alive."""
    ready(face).bearer.account.balances.spot()
    assert store.rows("use") == []


@pytest.mark.parametrize("method", ["get", "put"])
def test_a_failing_store_does_not_fail_the_read(
    face: Face, store: FailingStore, clock: MovedClock, method: str
) -> None:
    """The read succeeds, the trouble is logged, and the note is made minutes later, not at once."""
    user = ready(face)
    tries = []

    def fail(*call: str) -> bool:
        tries.append(call)
        return call == (method, "use")

    store.fails = fail
    for _ in range(5):
        assert "BTC" in user.signed.account.balances.spot()
    assert tries.count((method, "use")) == 1
    store.mend()
    clock.advance(301)
    read(user)
    assert record(face)["at"] == clock.time()


def test_a_failing_store_is_logged(
    face: Face, store: FailingStore, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says that a use was not noted."""
    user = ready(face)
    store.fails = lambda method, kind: kind == "use"
    read(user)
    assert "the use of a key was not noted" in caplog.text


def test_a_broken_record_does_not_fail_the_read(face: Face, store: FailingStore) -> None:
    """A record that does not open is trouble beside the read; who asks for the health is told."""
    user = ready(face)
    store.spoils = lambda kind: kind == "use"
    read(user)
    with pytest.raises(SealBroken):
        user.api_key.health()


def test_a_failing_store_does_not_hide_a_refusal(face: Face, store: FailingStore) -> None:
    """What the server said is what is raised."""
    user = ready(face)
    face.sandbox.faults.add(SPOT, kind="status", status=403)
    store.fails = lambda method, kind: kind == "use"
    with pytest.raises(Forbidden):
        read(user)


# Refusals


def test_a_refusal_of_the_key_is_noted(face: Face) -> None:
    """The key is called refused, with what the server said, until a request succeeds."""
    user = ready(face)
    read(user)
    face.sandbox.faults.add(SPOT, kind="status", status=401, body='{"code": 2, "message": "no"}')
    with pytest.raises(Unauthorized):
        read(user)
    health = user.api_key.health()
    assert (health.condition, health.status_code, health.code) == (KeyCondition.REFUSED, 401, 2)
    user.signed.account.balances.main()
    health = user.api_key.health()
    assert (health.condition, health.status_code) == (KeyCondition.IN_USE, None)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [(403, 0, Forbidden), (404, 0, NotFound), (401, 4, Unauthorized), (401, 0, Unauthorized)],
)
def test_a_permission_that_is_missing_is_told_apart(
    face: Face, calls: list[tuple[str, str]], status: int, code: int, error: type[Exception]
) -> None:
    """What one endpoint refuses is named, and the health does not flip with what is read last."""
    user = ready(face)
    body = f'{{"code": {code}, "message": "no"}}'
    face.sandbox.faults.add(SPOT, kind="status", status=status, body=body, times=None)
    calls.clear()
    for _ in range(5):
        with pytest.raises(error):
            read(user)
        user.signed.account.balances.main()
        health = user.api_key.health()
        assert (health.condition, health.refused) == (KeyCondition.IN_USE, frozenset({SPOT}))
        assert (health.status_code, health.code) == (status, code)
    assert calls.count(("put", "use")) == 2


def test_a_permission_that_was_granted_later(face: Face) -> None:
    """A request that succeeds takes the refusal of its own operation back."""
    user = ready(face)
    face.sandbox.faults.add(SPOT, kind="status", status=403)
    with pytest.raises(Forbidden):
        read(user)
    assert user.api_key.health().refused == frozenset({SPOT})
    read(user)
    assert user.api_key.health().refused == frozenset()


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_page_of_a_cdn_is_no_verdict(face: Face, store: FailingStore, status: int) -> None:
    """HTML says nothing of the key, and writes nothing."""
    user = ready(face)
    face.sandbox.faults.add(SPOT, kind="html", status=status)
    with pytest.raises((Unauthorized, Forbidden, NotFound)):
        read(user)
    assert user.api_key.health().condition is KeyCondition.IN_USE
    assert store.rows("use") == []


def test_what_the_server_says_of_a_disabled_key(face: Face) -> None:
    """The code of a disabled key is in its health, and the last use is still told."""
    user = ready(face)
    read(user)
    used = record(face)["at"]
    face.sandbox.disable_key(user.api_key.health().external_id)
    face.clock.advance(HOUR)
    with pytest.raises(Unauthorized):
        read(user)
    health = user.api_key.health()
    assert (health.condition, health.status_code, health.code) == (KeyCondition.REFUSED, 401, 2)
    assert health.last_used_at.timestamp() == pytest.approx(used, abs=0.001)
    assert health.unused_for == pytest.approx(HOUR, abs=0.001)


def test_a_repeated_refusal_is_noted_once(face: Face, calls: list[tuple[str, str]]) -> None:
    """A partner that goes on asking with a dead key does not write each time."""
    user = ready(face)
    face.sandbox.disable_key(user.api_key.health().external_id)
    calls.clear()
    for _ in range(5):
        with pytest.raises(Unauthorized):
            read(user)
    assert calls.count(("put", "use")) == 1


def test_a_failing_server_is_no_refusal(face: Face) -> None:
    """A 500 says nothing of the key."""
    user = ready(face)
    face.sandbox.faults.add(SPOT, kind="status", status=500, times=None)
    with pytest.raises(ServerError):
        read(user)
    assert user.api_key.health().condition is KeyCondition.IN_USE
