"""`api_key.delete()`: at WhiteBIT first, then here."""

from __future__ import annotations

import pytest

from whitebit_ext import KeyState
from whitebit_ext.errors import KeyAbsent, KeyPending, NotConnected, NotFound, ServerError

from .faces import Face, connected

DELETE = "delete_api_key"


def test_deletes_there_and_here(face: Face) -> None:
    """The key is gone at WhiteBIT and in custody, and reads are no longer signed with it."""
    user = connected(face)
    key = user.api_key.issue()
    user.signed.account.balances.spot()
    user.api_key.delete()
    made = face.sandbox.keys[-1]
    assert (made.external_id, made.deleted) == (key.external_id, "partner")
    assert user.api_key.info().state is KeyState.ABSENT
    with pytest.raises(NotConnected):
        user.signed.account.balances.spot()
    with pytest.raises(KeyPending):
        user.api_key.issue(timeout=0)


def test_another_process_stops_signing(face: Face) -> None:
    """No process signs with a key that another one has deleted, not even once."""
    user = connected(face)
    user.api_key.issue()
    other = face.partner().user("alice")
    other.account.balances.spot()
    user.api_key.delete()
    with pytest.raises(NotConnected):
        other.signed.account.balances.spot()


def test_deletes_a_key_whose_secret_is_not_here(face: Face) -> None:
    """A key that was never retrieved is found by `info` and deleted all the same."""
    user = connected(face)
    made = face.sandbox.add_key("alice", face.client)
    user.api_key.delete()
    assert made.deleted == "partner"


def test_deletes_the_new_key_not_the_old_one(face: Face) -> None:
    """After a deletion by the user and a new consent, the key that exists is the one deleted."""
    user = connected(face)
    old = user.api_key.issue()
    face.sandbox.delete_key(old.external_id, "user")
    user = connected(face)
    face.clock.advance(2)
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    user.api_key.delete()
    assert made.deleted == "partner"


def test_a_key_that_is_gone_is_marked_so(face: Face) -> None:
    """A 404 is told, the stored key is used no more, and nothing is asked of it again."""
    user = connected(face)
    key = user.api_key.issue()
    face.sandbox.delete_key(key.external_id, "system")
    with pytest.raises(NotFound) as caught:
        user.api_key.delete()
    assert (caught.value.operation, caught.value.status_code) == (DELETE, 404)
    with pytest.raises(NotConnected):
        user.signed.account.balances.spot()
    with pytest.raises(KeyAbsent):
        user.api_key.delete()
    assert face.sandbox.count("DELETE", DELETE) == 1
    connected(face)
    assert user.api_key.issue().external_id != key.external_id


def test_there_is_no_key(face: Face) -> None:
    """Without a key anywhere, nothing is deleted and it is said."""
    user = connected(face)
    with pytest.raises(KeyAbsent) as caught:
        user.api_key.delete()
    assert caught.value.operation == DELETE
    assert face.sandbox.count("DELETE") == 0


def test_a_disabled_key_is_not_deleted(face: Face) -> None:
    """What the server answers for a disabled key is told, and the key is left to the user."""
    user = connected(face)
    made = face.sandbox.add_key("alice", face.client)
    face.sandbox.disable_key(made.external_id)
    with pytest.raises(NotFound):
        user.api_key.delete()
    assert made.deleted is None
    assert user.api_key.info().state is KeyState.DISABLED


def test_who_never_connected_is_told_so(face: Face) -> None:
    """Without tokens nothing is sent, also where a key was adopted."""
    partner = face.partner()
    with pytest.raises(NotConnected):
        partner.user("nobody").api_key.delete()
    user = partner.adopt("bob", public_key="known", secret="s3cret")
    with pytest.raises(NotConnected):
        user.api_key.delete()
    assert user.api_key.issue().public_key == "known"
    assert face.sandbox.requests == []


@pytest.mark.parametrize("kind", ["status", "drop_before"])
def test_a_failure_leaves_the_key_here(face: Face, kind: str) -> None:
    """Where the server did not say that it is deleted, custody keeps the secret."""
    user = connected(face)
    key = user.api_key.issue()
    face.sandbox.faults.add(DELETE, kind=kind)  # type: ignore[arg-type]  # mypy has str of it
    with pytest.raises(ServerError if kind == "status" else Exception, match=DELETE):
        user.api_key.delete()
    assert user.api_key.issue() == key
    user.api_key.delete()
    assert face.sandbox.keys[-1].deleted == "partner"
