"""The life of a key after it was issued: use, refusal, disuse, replacement, granted rights."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from whitebit_ext import (
    KeyCondition,
    KeyHealth,
    KeyInfo,
    KeyState,
    PermissionGroup,
    PermissionUrl,
    User,
)
from whitebit_ext.custody import Value
from whitebit_ext.errors import (
    Forbidden,
    NotConnected,
    NotFound,
    SealBroken,
    ServerError,
    StoreUnavailable,
    Unauthorized,
)

from .faces import Face, MovedClock, connected
from .failing import FailingStore

HOUR, DAY = 3_600.0, 86_400.0
SPOT = "get_trade_account_balance"


@pytest.fixture
def store(face: Face) -> FailingStore:
    """Return the store of all partners of the face."""
    store = FailingStore()
    face.store = store
    return store


@pytest.fixture
def calls(store: FailingStore) -> list[tuple[str, str]]:
    """Collect what the store is asked to do."""
    found: list[tuple[str, str]] = []
    store.before = lambda method, kind: found.append((method, kind))
    return found


def ready(face: Face, name: str = "alice", **options: Any) -> User:
    """Connect a user and take the key."""
    user = connected(face, name, **options)
    user.api_keys.issue()
    return user


def read(user: User) -> None:
    """Make a signed request."""
    user.signed.account.balances.spot()


def record(face: Face, name: str = "alice") -> Value:
    """Return custody's record of use."""
    held = face.partner()._engine.custody.read("use", name)
    assert held is not None
    return held.value


# The record of use


def test_use_is_recorded(face: Face, clock: MovedClock) -> None:
    """A signed request that succeeds is the last use; before it, the key's arrival is."""
    user = ready(face)
    issued = clock.time()
    before = user.api_keys.health()
    assert before.last_used_at.timestamp() == pytest.approx(issued, abs=1)
    assert before.last_used_at.tzinfo is UTC
    clock.advance(9 * DAY)
    read(user)
    health = user.api_keys.health()
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


def test_the_hot_path_asks_nothing_of_the_store(face: Face, calls: list[tuple[str, str]]) -> None:
    """A read with a key that this process has used costs no call of the store at all."""
    user = ready(face)
    read(user)
    calls.clear()
    for _ in range(3):
        read(user)
    assert calls == []


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
        user.api_keys.health()


def test_a_failing_store_does_not_hide_a_refusal(face: Face, store: FailingStore) -> None:
    """What the server said is what is raised."""
    user = ready(face)
    face.sandbox.faults.add(SPOT, kind="status", status=403)
    store.fails = lambda method, kind: kind == "use"
    with pytest.raises(Forbidden):
        read(user)


# Refusals


@pytest.mark.parametrize(
    ("status", "error"), [(401, Unauthorized), (403, Forbidden), (404, NotFound)]
)
def test_a_refusal_is_noted(face: Face, status: int, error: type[Exception]) -> None:
    """The key is called refused, with what the server said, until a request succeeds."""
    user = ready(face)
    read(user)
    face.sandbox.faults.add(SPOT, kind="status", status=status)
    with pytest.raises(error):
        read(user)
    health = user.api_keys.health()
    assert (health.condition, health.status_code) == (KeyCondition.REFUSED, status)
    read(user)
    health = user.api_keys.health()
    assert (health.condition, health.status_code) == (KeyCondition.IN_USE, None)


def test_what_the_server_says_of_a_disabled_key(face: Face) -> None:
    """The code of a disabled key is in its health, and the last use is still told."""
    user = ready(face)
    read(user)
    used = record(face)["at"]
    face.sandbox.disable_key(user.api_keys.health().external_id)
    face.clock.advance(HOUR)
    with pytest.raises(Unauthorized):
        read(user)
    health = user.api_keys.health()
    assert (health.condition, health.status_code, health.code) == (KeyCondition.REFUSED, 401, 2)
    assert health.last_used_at.timestamp() == pytest.approx(used, abs=0.001)
    assert health.unused_for == pytest.approx(HOUR, abs=0.001)


def test_a_repeated_refusal_is_noted_once(face: Face, calls: list[tuple[str, str]]) -> None:
    """A partner that goes on asking with a dead key does not write each time."""
    user = ready(face)
    face.sandbox.disable_key(user.api_keys.health().external_id)
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
    assert user.api_keys.health().condition is KeyCondition.IN_USE


# Disuse


@pytest.mark.parametrize(
    ("days", "condition"),
    [
        (0, KeyCondition.IN_USE),
        (9.99, KeyCondition.IN_USE),
        (10, KeyCondition.NEGLECTED),
        (13.99, KeyCondition.NEGLECTED),
        (14, KeyCondition.EXPIRED),
        (400, KeyCondition.EXPIRED),
    ],
)
@pytest.mark.parametrize("used", [False, True])
def test_disuse_is_told_by_the_clock(
    face: Face, clock: MovedClock, days: float, condition: KeyCondition, used: bool
) -> None:
    """Ten days after the last use, or the arrival, a key is neglected, and after 14 expired."""
    user = ready(face)
    if used:
        clock.advance(3 * DAY)
        read(user)
    since = user.api_keys.health().last_used_at.timestamp()
    clock.advance(since + days * DAY - clock.time() + 0.001)
    health = user.api_keys.health()
    assert health.condition is condition
    assert health.unused_for == pytest.approx(days * DAY, abs=1)


def test_what_is_expired_here_is_disabled_there(face: Face, clock: MovedClock) -> None:
    """The sandbox, which keeps the contract's 14 days, refuses what is called expired."""
    user = ready(face)
    read(user)
    clock.advance(14 * DAY)
    assert user.api_keys.health().condition is KeyCondition.EXPIRED
    with pytest.raises(Unauthorized):
        read(user)


def test_a_clock_that_is_behind_is_no_disuse(face: Face, clock: MovedClock) -> None:
    """A key that another machine used in our future was used just now."""
    user = ready(face)
    clock.ahead = -300
    assert user.api_keys.health().unused_for == 0


# Gone and replaced


def test_a_key_that_is_gone(face: Face) -> None:
    """A key that the server knows no more, by its answer to a delete, is gone."""
    user = ready(face)
    face.sandbox.delete_key(user.api_keys.health().external_id)
    with pytest.raises(NotFound):
        user.api_keys.delete()
    assert user.api_keys.health().condition is KeyCondition.GONE


def test_a_key_that_was_deleted_leaves_no_record(face: Face, store: FailingStore) -> None:
    """After a delete there is neither key nor record of use."""
    user = ready(face)
    read(user)
    assert len(store.rows("use")) == 1
    user.api_keys.delete()
    assert store.rows("use") == store.rows("key") == []
    with pytest.raises(NotConnected):
        user.api_keys.health()


def reconnect(face: Face, user: User) -> KeyHealth:
    """Let the user delete the key at WhiteBIT and connect anew; return the health before."""
    before = user.api_keys.health()
    face.sandbox.delete_key(before.external_id)
    again = connected(face, user.id)
    face.clock.advance(2)
    again.api_keys.issue()
    return before


def test_a_reconnect_replaces_the_key_and_keeps_the_user(face: Face, clock: MovedClock) -> None:
    """The user id is the partner's own: it has the new key, and the old one's record is over."""
    user = ready(face)
    read(user)
    clock.advance(11 * DAY)
    assert user.api_keys.health().condition is KeyCondition.NEGLECTED
    before = reconnect(face, user)
    partner = face.partner()
    (health,) = partner.key_health()
    assert (health.user_id, health.condition) == ("alice", KeyCondition.IN_USE)
    assert health.external_id != before.external_id
    read(user)  # a process that had the old key signs with the new one after its 401
    assert record(face)["external_id"] == health.external_id


def test_an_old_key_does_not_spoil_the_record_of_the_new_one(face: Face) -> None:
    """A process that still signs with the old key notes its refusal nowhere."""
    user = ready(face)
    read(user)
    reconnect(face, user)
    fresh = face.partner().user("alice")
    read(fresh)
    read(user)
    assert fresh.api_keys.health().condition is KeyCondition.IN_USE
    assert record(face)["refused"] is None


def test_a_key_that_was_forgotten_elsewhere_is_not_noted(face: Face, store: FailingStore) -> None:
    """A process that did not hear of it yet writes no record of a user who left."""
    user = ready(face)
    read(user)
    face.partner().forget("alice")
    face.clock.advance(7 * HOUR)
    read(user)  # with the key that it has read before
    assert store.rows("use") == []


# All of a partner


def test_health_of_all(face: Face, clock: MovedClock) -> None:
    """Every stored key is judged, sending nothing; users without one are left out."""
    partner = face.partner()
    assert partner.key_health() == ()
    alice = ready(face, partner=partner)
    clock.advance(12 * DAY)
    bob = ready(face, "bob", partner=partner)
    connected(face, "carol", partner=partner)
    ready(face, "dora", partner=partner)
    clock.advance(2.5 * DAY)
    read(bob)
    requests = face.sandbox.count()
    found = {health.user_id: health.condition for health in face.partner().key_health()}
    assert found == {
        "alice": KeyCondition.EXPIRED,
        "bob": KeyCondition.IN_USE,
        "dora": KeyCondition.IN_USE,
    }
    assert face.sandbox.count() == requests
    (expired,) = [one for one in partner.key_health() if one.user_id == "alice"]
    assert expired == alice.api_keys.health()


def test_health_of_nobody(face: Face) -> None:
    """A user without a stored key has no health."""
    user = connected(face)
    with pytest.raises(NotConnected):
        user.api_keys.health()


def test_health_over_a_failing_store(face: Face, store: FailingStore) -> None:
    """A store that fails is an error, never an empty list."""
    ready(face)
    store.fails = lambda method, kind: method == "scan"
    with pytest.raises(StoreUnavailable):
        face.partner().key_health()


# Adopted and forgotten


def test_an_adopted_key_has_a_life_too(face: Face, clock: MovedClock) -> None:
    """A key that the partner had before is judged from its adoption on, and by its use."""
    face.sandbox.add_user("bob")
    made = face.sandbox.add_key("bob", face.client)
    user = face.partner().adopt("bob", public_key=made.public_key, secret=made.secret)
    assert user.api_keys.health().external_id == made.external_id
    clock.advance(11 * DAY)
    assert user.api_keys.health().condition is KeyCondition.NEGLECTED
    read(user)
    assert user.api_keys.health().condition is KeyCondition.IN_USE


def test_adopting_again_replaces_the_key(face: Face, clock: MovedClock) -> None:
    """The later key is the one that serves, under the same user id, judged anew."""
    face.sandbox.add_user("bob")
    partner = face.partner()
    partner.adopt("bob", public_key="stale", secret="stale secret")
    with pytest.raises(Unauthorized):
        read(partner.user("bob"))
    assert partner.user("bob").api_keys.health().condition is KeyCondition.REFUSED
    made = face.sandbox.add_key("bob", face.client)
    user = partner.adopt("bob", public_key=made.public_key, secret=made.secret)
    assert user.api_keys.health().condition is KeyCondition.IN_USE
    read(user)
    assert [health.user_id for health in partner.key_health()] == ["bob"]


def test_a_forgotten_user_leaves_no_trace_of_a_key(face: Face, store: FailingStore) -> None:
    """Tokens, key and record of use are gone; that a secret was here is remembered."""
    user = ready(face)
    read(user)
    partner = face.partner()
    partner.forget("alice")
    assert [store.rows(kind) for kind in ("pair", "key", "use")] == [[], [], []]
    assert partner.key_health() == ()
    assert partner.lost() == ()
    with pytest.raises(NotConnected):
        partner.user("alice").api_keys.health()


# What was granted


def group(name: str, *urls: tuple[str, bool], title: str = "") -> PermissionGroup:
    """Return a permission group."""
    return PermissionGroup(name, title or name, tuple(PermissionUrl(*url) for url in urls))


def info(*groups: PermissionGroup) -> KeyInfo:
    """Return what the server says of an active key."""
    return KeyInfo(KeyState.ACTIVE, "id", groups)


def test_difference_by_name(face: Face) -> None:
    """What is missing and what goes beyond is told by group name, from what the server says."""
    partner = face.partner()
    face.sandbox.add_user("alice")
    login = partner.authorize("alice")
    person = face.sandbox.person("alice")
    callback = person.approve(login.url, permissions=["trading"])
    user = partner.connect(callback, state=login.state, user_id="alice")
    user.api_keys.issue()
    difference = user.api_keys.info().difference({"trading", "main_account"})
    assert difference.missing == {"main_account"}
    assert difference.beyond == frozenset()
    assert user.api_keys.info().difference([]).beyond == {"trading"}
    assert user.api_keys.info().difference(["trading"]).missing == frozenset()


def test_difference_never_looks_at_titles() -> None:
    """A title is translated: it neither fulfils a requirement nor sounds an alarm."""
    found = info(group("trading", ("/v2/order", True), title="Withdrawals"))
    difference = found.difference({"Withdrawals"})
    assert difference.missing == {"Withdrawals"}
    assert difference.beyond == {"trading"}
    assert difference.withdrawal == frozenset()


def test_what_is_offered_is_not_granted() -> None:
    """A group of which nothing is enabled is missing, and one of which a part is, is granted."""
    found = info(
        group("none", ("/a", False)), group("part", ("/a", False), ("/b", True)), group("empty")
    )
    difference = found.difference({"none", "part", "empty"})
    assert difference.missing == {"none", "empty"}
    assert difference.beyond == frozenset()


@pytest.mark.parametrize(
    ("made", "alarms"),
    [
        (lambda: group("withdraw", ("/x", True)), True),
        (lambda: group("Withdrawals", ("/x", True)), True),
        (lambda: group("main_account", ("/api/v4/main-account/withdraw", True)), True),
        (lambda: group("main_account", ("/api/v4/main-account/WITHDRAW-pay", True)), True),
        (
            lambda: group(
                "main_account", ("/api/v4/main-account/withdraw", False), ("/balance", True)
            ),
            False,
        ),
        (lambda: group("withdraw", ("/x", False)), False),
        (lambda: group("trading", ("/v2/order", True)), False),
    ],
)
def test_withdrawal_rights_are_called_out(
    made: Callable[[], PermissionGroup], alarms: bool
) -> None:
    """A granted group or path that says withdrawal is named, whether it was required or not."""
    found = made()
    for required in ((), (found.name,)):
        difference = info(found).difference(required)
        assert difference.withdrawal == ({found.name} if alarms else frozenset())
