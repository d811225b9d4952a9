"""`user.status()`: the state of a connection, from the store alone."""

from __future__ import annotations

import math

import pytest

from whitebit_ext import Region, StatusState, User
from whitebit_ext.errors import Action, KeyDisabled, ReauthorizationRequired, SecretTakenElsewhere

from .faces import Face, connected


def choosing(face: Face) -> User:
    """Connect a user who does not finish choosing permissions."""
    face.sandbox.add_user("alice").choosing_time = math.inf
    return connected(face)


def test_from_nothing_to_connected_and_back(face: Face) -> None:
    """A user is unknown, chooses, is connected, and is unknown again; nothing is sent."""
    assert face.partner().user("alice").status().state is StatusState.NONE
    user = choosing(face)
    face.sandbox.forget_requests()
    status = user.status()
    assert (status.state, status.retry_after, status.granted) == ("choosing", 2.0, None)
    face.clock.advance(100)
    assert user.status().retry_after == 5.0
    face.clock.advance(300)
    assert user.status().retry_after == 15.0
    assert face.sandbox.requests == []
    face.sandbox.finish_choosing("alice")
    user.api_key.issue()
    assert user.status(require={"trading"}).state is StatusState.CONNECTED
    lacks = user.status(require={"x"}, forbid={"trading"})
    assert lacks.state is StatusState.INSUFFICIENT
    assert lacks.missing == {"x"}
    assert lacks.forbidden == {"trading"}
    face.clock.advance(86_400)
    assert user.status().state is StatusState.CONNECTED
    assert user.disconnect().left  # the tokens are dead
    assert user.status().state is StatusState.LEFTOVER_KEY
    face.partner().erase("alice")
    assert user.status().state is StatusState.NONE


def test_tokens_that_ended(face: Face) -> None:
    """Without a key, a connection whose tokens are dead has failed: the user must come back."""
    user = choosing(face)
    face.clock.advance(601)
    status = user.status()
    assert (status.state, status.retry_after) == (StatusState.FAILED, None)
    assert (status.error, status.action) == ("ReauthorizationRequired", Action.RECONNECT)
    with pytest.raises(ReauthorizationRequired):
        user.api_key.issue(timeout=0)


def test_an_open_login(face: Face) -> None:
    """A user who starts again is logging in, whatever the last connection ended with."""
    partner = face.partner()
    partner.authorize("bob")
    assert partner.user("bob").status().state is StatusState.LOGIN
    user = choosing(face)
    partner.authorize("alice")
    assert user.status().state is StatusState.CHOOSING
    face.clock.advance(599)
    assert partner.user("bob").status().state is StatusState.LOGIN
    face.clock.advance(2)
    assert partner.user("bob").status().state is StatusState.NONE
    assert user.status().state is StatusState.FAILED
    partner.authorize("alice")
    assert user.status().state is StatusState.LOGIN


def test_a_secret_that_is_gone(face: Face) -> None:
    """A key without its secret can be deleted while the tokens live, then only by the user."""
    user = connected(face)
    face.clock.advance(2)
    key = face.sandbox.key("alice", face.client)
    assert key is not None
    key.secret_taken = True
    with pytest.raises(SecretTakenElsewhere):
        user.api_key.issue()
    status = user.status()
    assert (status.state, status.error) == ("failed", "SecretTakenElsewhere")
    assert status.action is Action.ALARM
    face.clock.advance(601)
    assert user.status().state is StatusState.LEFTOVER_KEY


def test_a_disabled_key(face: Face) -> None:
    """A disabled key can be deleted by the user alone."""
    user = connected(face)
    face.clock.advance(2)
    key = face.sandbox.key("alice", face.client)
    assert key is not None
    face.sandbox.disable_key(key.external_id)
    with pytest.raises(KeyDisabled):
        user.api_key.issue(timeout=0)
    status = face.partner().user("alice").status()
    assert (status.state, status.error) == ("leftover_key", "KeyDisabled")


def test_without_api_keys(face: Face) -> None:
    """A partner without the scopes for keys, and the EU server, connect by the tokens alone."""
    client = face.sandbox.register_client(
        redirect_uris=face.client.redirect_uris, scopes=("users.balances.read",)
    )
    bearer = connected(face, "bob", partner=face.partner(client=client))
    assert bearer.status().state is StatusState.CONNECTED
    european = connected(face, partner=face.partner(region=Region.EU))
    assert european.status().state is StatusState.CONNECTED
    face.clock.advance(601)
    assert european.status().error == "ReauthorizationRequired"


def test_the_heartbeat(face: Face) -> None:
    """The status says when a worker last ran, whichever process asks."""
    user = choosing(face)
    assert user.status().worker_seen_at is None
    now = face.clock.time()
    face.partner().maintain()
    face.clock.advance(11)
    seen = user.status().worker_seen_at
    assert seen is not None
    assert abs(seen.timestamp() - now) < 1
