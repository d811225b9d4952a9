"""Losses: which secrets did not come, and of which that cannot be said."""

from __future__ import annotations

import attrs
import pytest

from whitebit_ext import WhiteBIT
from whitebit_ext.errors import SecretLost, SecretTakenElsewhere, StoreUnavailable

from ..looking import Connection, Standing, Verdict, changed, put_key, row_id
from .faces import Face, connected
from .failing import FailingStore
from .maintaining import OTHER

SECRET = "get_api_key_secret"


def lose(face: Face, partner: WhiteBIT, name: str) -> str:
    """Have a user's secret lost on the way, and return the key's id."""
    user = connected(face, name, partner=partner)
    face.clock.advance(2)
    face.sandbox.faults.add(SECRET, kind="drop_after")
    with pytest.raises(SecretLost):
        user.api_key.issue()
    made = face.sandbox.key(name, face.client)
    assert made is not None
    return made.external_id


def test_losses_are_listed(face: Face) -> None:
    """What was lost and what was taken by others is told with user, key and time; no more."""
    partner = face.partner()
    assert partner.lost() == ()
    lost_key = lose(face, partner, "éva")
    taken = connected(face, "bob", partner=partner)
    face.clock.advance(2)
    made = face.sandbox.key("bob", face.client)
    assert made is not None
    made.secret_taken = True
    with pytest.raises(SecretTakenElsewhere):
        taken.api_key.issue()
    connected(face, "carol", partner=partner).api_key.issue()
    found = sorted(face.partner().lost(), key=lambda loss: loss.at)
    assert [(loss.user_id, loss.external_id, loss.outcome) for loss in found] == [
        ("éva", lost_key, "lost"),
        ("bob", made.external_id, "taken"),
    ]
    assert found[1].at.timestamp() == pytest.approx(face.clock.time(), abs=60)
    assert found[0].at.tzinfo is not None


def test_losses_of_others_are_not_opened(face: Face) -> None:
    """A partner lists its own, on a store that another one shares with keys of its own."""
    foreign = face.partner(client_id="another partner", encryption_keys=[OTHER])
    beside = face.custody(client_id="another partner", encryption_keys=[OTHER])
    put_key(beside, "somebody", "some-key", secret=None, verdict=Verdict.LOST)
    partner = face.partner()
    mine = lose(face, partner, "alice")
    assert [loss.external_id for loss in partner.lost()] == [mine]
    assert [loss.external_id for loss in foreign.lost()] == ["some-key"]


def test_a_loss_is_over_when_the_secret_came_all_the_same(face: Face) -> None:
    """A late secret takes the verdict away."""
    partner = face.partner()
    key = lose(face, partner, "alice")
    put_key(face.custody(), "alice", key)
    assert partner.lost() == ()


def spoil(store: FailingStore, id: str) -> None:
    """Change a byte of a connection row."""
    row = store.get("connection", id)
    assert row is not None
    changed = bytearray(row.data)
    changed[-1] ^= 1
    store.put("connection", id, bytes(changed), row.version)


def test_a_row_that_does_not_open_is_no_absence(face: Face) -> None:
    """It may be a loss, and is listed as such; the rows of other users are judged all the same."""
    face.store = store = FailingStore()
    partner = face.partner()
    alice, bob = lose(face, partner, "alice"), connected(face, "bob", partner=partner)
    bob.api_key.issue()
    spoil(store, row_id(face.custody(), "bob"))
    found = {loss.user_id: loss for loss in partner.lost()}
    assert (found["alice"].external_id, found["alice"].outcome) == (alice, "lost")
    assert (found["bob"].external_id, found["bob"].outcome) == ("", "unreadable")
    assert "does not open" in found["bob"].problem
    connected(face, "carol", partner=partner).api_key.issue()
    assert [health.user_id for health in partner.key_health()] == ["carol"]
    store.fails = lambda method, kind: (method, kind) == ("scan", "connection")
    with pytest.raises(StoreUnavailable):
        partner.lost()


def test_a_key_that_adopting_drops_is_in_the_journal(face: Face) -> None:
    """A user's row holds a few former keys: one more pushes the oldest out, never in silence."""
    partner, custody = face.partner(), face.custody()
    put_key(custody, "alice", "key 0")

    def former(row: Connection) -> Connection:
        (key,) = row.keys
        keys = [
            attrs.evolve(key, external_id=f"key {number}", standing=Standing.LEFT_BEHIND)
            for number in range(5)
        ]
        return attrs.evolve(row, keys=tuple(keys))

    changed(custody, "alice", former)
    partner.adopt("alice", public_key="key-9", secret="secret")
    (subject,) = custody.subjects("journal")
    noted = custody.read("journal", *subject)
    assert noted is not None
    assert (noted.value["external_id"], noted.value["outcome"]) == ("key 0", "dropped")
