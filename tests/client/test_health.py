"""The health of a key: disuse, loss and replacement, of one user or of all of a partner."""

from __future__ import annotations

import pytest

from whitebit_ext import KeyCondition, KeyHealth, User
from whitebit_ext.errors import NotConnected, NotFound, StoreUnavailable, Unauthorized

from .face_store import failing_store  # noqa: F401  # a fixture
from .faces import Face, MovedClock, connected
from .failing import FailingStore
from .using import DAY, HOUR, read, ready, record

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
    since = user.api_key.health().last_used_at.timestamp()
    clock.advance(since + days * DAY - clock.time() + 0.001)
    health = user.api_key.health()
    assert health.condition is condition
    assert health.unused_for == pytest.approx(days * DAY, abs=1)


def test_what_is_expired_here_is_disabled_there(face: Face, clock: MovedClock) -> None:
    """The sandbox, which keeps the contract's 14 days, refuses what is called expired."""
    user = ready(face)
    read(user)
    clock.advance(14 * DAY)
    assert user.api_key.health().condition is KeyCondition.EXPIRED
    with pytest.raises(Unauthorized):
        read(user)


def test_a_clock_that_is_behind_is_no_disuse(face: Face, clock: MovedClock) -> None:
    """A key that another machine used in our future was used just now."""
    user = ready(face)
    clock.ahead = -300
    assert user.api_key.health().unused_for == 0


# Gone and replaced


def test_a_key_that_is_gone(face: Face) -> None:
    """A key that the server knows no more, by its answer to a delete, is gone."""
    user = ready(face)
    face.sandbox.delete_key(user.api_key.health().external_id)
    with pytest.raises(NotFound):
        user.api_key.delete()
    assert user.api_key.health().condition is KeyCondition.GONE


def test_a_key_that_was_deleted_leaves_no_record(face: Face, store: FailingStore) -> None:
    """After a delete there is neither key nor record of use."""
    user = ready(face)
    read(user)
    assert len(store.rows("use")) == 1
    user.api_key.delete()
    assert store.rows("use") == store.rows("key") == []
    with pytest.raises(NotConnected):
        user.api_key.health()


def reconnect(face: Face, user: User) -> KeyHealth:
    """Let the user delete the key at WhiteBIT and connect anew; return the health before."""
    before = user.api_key.health()
    face.sandbox.delete_key(before.external_id)
    again = connected(face, user.id)
    face.clock.advance(2)
    again.api_key.issue()
    return before


def test_a_reconnect_replaces_the_key_and_keeps_the_user(face: Face, clock: MovedClock) -> None:
    """The user id is the partner's own: it has the new key, and the old one's record is over."""
    user = ready(face)
    read(user)
    clock.advance(11 * DAY)
    assert user.api_key.health().condition is KeyCondition.NEGLECTED
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
    assert fresh.api_key.health().condition is KeyCondition.IN_USE
    assert record(face)["refused"] == {}


def test_a_key_that_was_forgotten_elsewhere_is_not_noted(face: Face, store: FailingStore) -> None:
    """No process reads for, or writes a record of, a user who left."""
    user = ready(face)
    read(user)
    face.clock.advance(6 * HOUR - 60)
    read(user)  # reads the key again, and notes nothing yet
    face.partner().erase("alice")
    face.clock.advance(120)
    with pytest.raises(NotConnected):
        read(user)
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
    assert expired == alice.api_key.health()


def test_health_of_nobody(face: Face) -> None:
    """A user without a stored key has no health."""
    user = connected(face)
    with pytest.raises(NotConnected):
        user.api_key.health()


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
    assert user.api_key.health().external_id == made.external_id
    clock.advance(11 * DAY)
    assert user.api_key.health().condition is KeyCondition.NEGLECTED
    read(user)
    assert user.api_key.health().condition is KeyCondition.IN_USE


def test_adopting_again_replaces_the_key(face: Face, clock: MovedClock) -> None:
    """The later key is the one that serves, under the same user id, judged anew."""
    face.sandbox.add_user("bob")
    partner = face.partner()
    partner.adopt("bob", public_key="stale", secret="stale secret")
    with pytest.raises(Unauthorized):
        read(partner.user("bob"))
    assert partner.user("bob").api_key.health().condition is KeyCondition.REFUSED
    made = face.sandbox.add_key("bob", face.client)
    user = partner.adopt("bob", public_key=made.public_key, secret=made.secret)
    assert user.api_key.health().condition is KeyCondition.IN_USE
    read(user)
    assert [health.user_id for health in partner.key_health()] == ["bob"]


def test_a_forgotten_user_leaves_no_trace_of_a_key(face: Face, store: FailingStore) -> None:
    """Tokens, key and record of use are gone; that a secret was here is remembered."""
    user = ready(face)
    read(user)
    partner = face.partner()
    partner.erase("alice")
    assert [store.rows(kind) for kind in ("pair", "key", "use")] == [[], [], []]
    assert partner.key_health() == ()
    assert partner.lost() == ()
    with pytest.raises(NotConnected):
        partner.user("alice").api_key.health()
