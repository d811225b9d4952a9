"""`api_key.delete()` deletes at WhiteBIT first, then in custody."""

from __future__ import annotations

import pytest

from whitebit_ext import KeyState
from whitebit_ext.errors import (
    KeyAbsent,
    KeyPending,
    NotConnected,
    NotFound,
    ServerError,
    Unauthorized,
)

from .faces import Face, connected

DELETE = "delete_api_key"


def test_delete_removes_the_key_everywhere(face: Face) -> None:
    """The key is deleted at WhiteBIT and in custody, and reads are no longer signed with it."""
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
    """A process that has cached the deleted key gets a typed error."""
    user = connected(face)
    user.api_key.issue()
    other = face.partner().user("alice")
    other.account.balances.spot()
    user.api_key.delete()
    with pytest.raises(Unauthorized):
        other.account.balances.spot()
    with pytest.raises(NotConnected):
        other.signed.account.balances.spot()


def test_delete_without_stored_secret(face: Face) -> None:
    """A key that was never retrieved is found by `info` and deleted."""
    user = connected(face)
    made = face.sandbox.add_key("alice", face.client)
    user.api_key.delete()
    assert made.deleted == "partner"


def test_delete_uses_the_current_key(face: Face) -> None:
    """After the user deleted a key and connected again, the new key is deleted."""
    user = connected(face)
    old = user.api_key.issue()
    face.sandbox.delete_key(old.external_id, "user")
    user = connected(face)
    face.clock.advance(2)
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    user.api_key.delete()
    assert made.deleted == "partner"


def test_missing_key_is_marked_as_gone(face: Face) -> None:
    """A 404 is raised, and the stored key is not used and not requested again."""
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


def test_delete_without_a_key(face: Face) -> None:
    """Without a key nothing is deleted, and the error says so."""
    user = connected(face)
    with pytest.raises(KeyAbsent) as caught:
        user.api_key.delete()
    assert caught.value.operation == DELETE
    assert face.sandbox.count("DELETE") == 0


def test_disabled_key_is_not_deleted(face: Face) -> None:
    """The server's response for a disabled key is raised, and the key is kept."""
    user = connected(face)
    made = face.sandbox.add_key("alice", face.client)
    face.sandbox.disable_key(made.external_id)
    with pytest.raises(NotFound):
        user.api_key.delete()
    assert made.deleted is None
    assert user.api_key.info().state is KeyState.DISABLED


def test_delete_needs_tokens(face: Face) -> None:
    """Without tokens nothing is sent, even if a key was adopted."""
    partner = face.partner()
    with pytest.raises(NotConnected):
        partner.user("nobody").api_key.delete()
    user = partner.adopt("bob", public_key="known", secret="s3cret")
    with pytest.raises(NotConnected):
        user.api_key.delete()
    assert user.api_key.issue().public_key == "known"
    assert face.sandbox.requests == []


@pytest.mark.parametrize("kind", ["status", "drop_before"])
def test_failed_delete_keeps_the_key(face: Face, kind: str) -> None:
    """If the server did not confirm the deletion, custody keeps the secret."""
    user = connected(face)
    key = user.api_key.issue()
    face.sandbox.faults.add(DELETE, kind=kind)  # type: ignore[arg-type]  # mypy has str of it
    with pytest.raises(ServerError if kind == "status" else Exception, match=DELETE):
        user.api_key.delete()
    assert user.api_key.issue() == key
    user.api_key.delete()
    assert face.sandbox.keys[-1].deleted == "partner"
