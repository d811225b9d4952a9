"""The record of a key's use: when it is written, what a refusal changes, and what it costs."""

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
    """Collect what the store is asked to do."""
    found: list[tuple[str, str]] = []
    store.before = lambda method, kind: found.append((method, kind))
    return found


# The record of use


def test_use_is_recorded(face: Face, clock: MovedClock) -> None:
    """The last use is the last successful signed request, or at first the key's arrival."""
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
    """The first of many reads within six hours writes; the next write is six hours later."""
    user = ready(face)
    calls.clear()
    wrote = []
    for _ in range(13):
        read(user)
        wrote.append(calls.count(("put", "use")))
        calls.clear()
        clock.advance(HOUR)
    assert wrote == [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]


def test_cached_key_needs_no_store_access(face: Face, calls: list[tuple[str, str]]) -> None:
    """A read with a key that this process has used makes no call of the store."""
    user = ready(face)
    read(user)
    calls.clear()
    for _ in range(3):
        read(user)
    assert calls == []


def test_bearer_reads_do_not_count_as_use(face: Face, store: FailingStore) -> None:
    """A read with the access token does not keep a key enabled."""
    ready(face).bearer.account.balances.spot()
    assert store.rows("use") == []


@pytest.mark.parametrize("method", ["get", "put"])
def test_failing_store_does_not_fail_the_read(
    face: Face, store: FailingStore, clock: MovedClock, method: str
) -> None:
    """The read succeeds, the failure is logged, and the use is recorded minutes later."""
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


def test_failing_store_is_logged(
    face: Face, store: FailingStore, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says that a use was not recorded."""
    user = ready(face)
    store.fails = lambda method, kind: kind == "use"
    read(user)
    assert "the use of a key was not noted" in caplog.text


def test_broken_record_does_not_fail_the_read(face: Face, store: FailingStore) -> None:
    """A record that cannot be decrypted fails no read, only a call of the health."""
    user = ready(face)
    store.spoils = lambda kind: kind == "use"
    read(user)
    with pytest.raises(SealBroken):
        user.api_key.health()


def test_failing_store_does_not_hide_a_refusal(face: Face, store: FailingStore) -> None:
    """The server's error is raised, not the store's."""
    user = ready(face)
    face.sandbox.faults.add(SPOT, kind="status", status=403)
    store.fails = lambda method, kind: kind == "use"
    with pytest.raises(Forbidden):
        read(user)


# Refusals


@pytest.mark.parametrize(
    ("status", "error"), [(401, Unauthorized), (403, Forbidden), (404, NotFound)]
)
def test_refusal_is_recorded(face: Face, status: int, error: type[Exception]) -> None:
    """A key is refused, with the server's status and code, until a request succeeds."""
    user = ready(face)
    read(user)
    face.sandbox.faults.add(SPOT, kind="status", status=status)
    with pytest.raises(error):
        read(user)
    health = user.api_key.health()
    assert (health.condition, health.status_code) == (KeyCondition.REFUSED, status)
    read(user)
    health = user.api_key.health()
    assert (health.condition, health.status_code) == (KeyCondition.IN_USE, None)


def test_disabled_key_shows_the_code(face: Face) -> None:
    """The code of a disabled key is in its health, and so is the last use."""
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


def test_repeated_refusal_is_recorded_once(face: Face, calls: list[tuple[str, str]]) -> None:
    """Repeated requests with a refused key do not write each time."""
    user = ready(face)
    face.sandbox.disable_key(user.api_key.health().external_id)
    calls.clear()
    for _ in range(5):
        with pytest.raises(Unauthorized):
            read(user)
    assert calls.count(("put", "use")) == 1


def test_server_error_is_not_a_refusal(face: Face) -> None:
    """A 500 does not change the health of the key."""
    user = ready(face)
    face.sandbox.faults.add(SPOT, kind="status", status=500, times=None)
    with pytest.raises(ServerError):
        read(user)
    assert user.api_key.health().condition is KeyCondition.IN_USE
