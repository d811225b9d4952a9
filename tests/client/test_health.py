"""The health of a key: disuse, deletion and replacement, for one user or for all users."""

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
def test_disuse_is_measured_by_the_clock(
    face: Face, clock: MovedClock, days: float, condition: KeyCondition, used: bool
) -> None:
    """A key is neglected ten days after its last use or arrival, and expired after 14 days."""
    user = ready(face)
    if used:
        clock.advance(3 * DAY)
        read(user)
    since = user.api_key.health().last_used_at.timestamp()
    clock.advance(since + days * DAY - clock.time() + 0.001)
    health = user.api_key.health()
    assert health.condition is condition
    assert health.unused_for == pytest.approx(days * DAY, abs=1)


def test_expired_key_is_disabled_by_the_server(face: Face, clock: MovedClock) -> None:
    """The sandbox, which implements the 14 days, refuses a key that is called expired."""
    user = ready(face)
    read(user)
    clock.advance(14 * DAY)
    assert user.api_key.health().condition is KeyCondition.EXPIRED
    with pytest.raises(Unauthorized):
        read(user)


def test_slow_clock_is_not_disuse(face: Face, clock: MovedClock) -> None:
    """A key whose last use lies in the future counts as used now."""
    user = ready(face)
    clock.ahead = -300
    assert user.api_key.health().unused_for == 0


# Gone and replaced


def test_missing_key_is_gone(face: Face) -> None:
    """A key that the server does not find at a delete is gone."""
    user = ready(face)
    face.sandbox.delete_key(user.api_key.health().external_id)
    with pytest.raises(NotFound):
        user.api_key.delete()
    assert user.api_key.health().condition is KeyCondition.GONE


def test_deleted_key_leaves_no_record(face: Face, store: FailingStore) -> None:
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


def test_reconnect_replaces_the_key(face: Face, clock: MovedClock) -> None:
    """The user id stays, the new key is stored, and the record of the old key ends."""
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


def test_old_key_does_not_change_the_new_record(face: Face) -> None:
    """A process that still signs with the old key does not record its refusal."""
    user = ready(face)
    read(user)
    reconnect(face, user)
    fresh = face.partner().user("alice")
    read(fresh)
    read(user)
    assert fresh.api_key.health().condition is KeyCondition.IN_USE
    assert record(face)["refused"] is None


def test_forgotten_key_is_not_recorded(face: Face, store: FailingStore) -> None:
    """A process with a cached key does not record the use of a forgotten user."""
    user = ready(face)
    read(user)
    face.clock.advance(6 * HOUR - 60)
    read(user)  # reads the key again, and notes nothing yet
    face.partner().forget("alice")
    face.clock.advance(120)
    read(user)  # with the key that it has read before, and a note would be due
    assert store.rows("use") == []


# All of a partner


def test_health_of_all(face: Face, clock: MovedClock) -> None:
    """Every stored key is evaluated without a request; users without a key are omitted."""
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


def test_health_without_a_key(face: Face) -> None:
    """A user without a stored key has no health."""
    user = connected(face)
    with pytest.raises(NotConnected):
        user.api_key.health()


def test_failing_store_is_an_error(face: Face, store: FailingStore) -> None:
    """A failing store is an error, never an empty list."""
    ready(face)
    store.fails = lambda method, kind: method == "scan"
    with pytest.raises(StoreUnavailable):
        face.partner().key_health()


# Adopted and forgotten


def test_adopted_key_has_health(face: Face, clock: MovedClock) -> None:
    """An adopted key is evaluated from its adoption and its use."""
    face.sandbox.add_user("bob")
    made = face.sandbox.add_key("bob", face.client)
    user = face.partner().adopt("bob", public_key=made.public_key, secret=made.secret)
    assert user.api_key.health().external_id == made.external_id
    clock.advance(11 * DAY)
    assert user.api_key.health().condition is KeyCondition.NEGLECTED
    read(user)
    assert user.api_key.health().condition is KeyCondition.IN_USE


def test_second_adoption_replaces_the_key(face: Face, clock: MovedClock) -> None:
    """The later key is used under the same user id, and its record starts again."""
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


def test_forget_removes_tokens_key_and_use(face: Face, store: FailingStore) -> None:
    """Tokens, key and record of use are removed; that a secret was stored is remembered."""
    user = ready(face)
    read(user)
    partner = face.partner()
    partner.forget("alice")
    assert [store.rows(kind) for kind in ("pair", "key", "use")] == [[], [], []]
    assert partner.key_health() == ()
    assert partner.lost() == ()
    with pytest.raises(NotConnected):
        partner.user("alice").api_key.health()
