"""Refreshes that fail: what the server may say, and that it costs no pair."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from whitebit_ext import User
from whitebit_ext.errors import (
    ConnectionChanged,
    ReauthorizationRequired,
    TokenError,
    TokenUnavailable,
)

from .faces import Face, connected
from .refreshing import in_thread, read, refreshes

INVALID = '{"data": {"token": ["Invalid token."]}}'
# Nothing has happened at the server: the refresh token is as good as before.
PASSING: list[dict[str, Any]] = [
    {"kind": "status", "status": 400, "body": '{"errors": {"client_id": ["validation.required"]}}'},
    {"kind": "html", "status": 400},
    {"kind": "status", "status": 401},
    {"kind": "status", "status": 422},
    {"kind": "html", "status": 403},
    {"kind": "status", "status": 404},
    {"kind": "status", "status": 302, "headers": {"location": "https://evil.example/"}},
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 429, "headers": {"retry-after": "9" * 400}},
    {"kind": "status", "status": 500},
    {"kind": "html", "status": 503},
    {"kind": "html", "status": 200},
    {"kind": "body", "body": ""},
    {"kind": "body", "body": '{"data": {"access_token": "c3RvbGVu"'},
    {"kind": "body", "body": INVALID},
    {"kind": "drop_before"},
    {"kind": "drop_before", "reset": True},
]
# The server has rotated the pair, and its answer is of no use: the refresh token is dead there.
LOST: list[dict[str, Any]] = [
    {"kind": "drop_after"},
    {"kind": "cut_off"},
    {"kind": "truncated"},
    {"kind": "empty"},
    {"kind": "wrong_types"},
    {"kind": "duplicate_keys"},
]


def named(fault: object) -> str:
    """Return the id of a case."""
    return "-".join(map(str, fault.values()))[:40] if isinstance(fault, dict) else ""


@pytest.mark.parametrize("fault", PASSING, ids=named)
def test_an_outage_costs_nothing(
    face: Face, caplog: pytest.LogCaptureFixture, fault: dict[str, Any]
) -> None:
    """The old token serves while it lasts, then the call can be repeated, then all is well."""
    user = connected(face)
    caplog.set_level(logging.DEBUG)
    struck = face.sandbox.faults.add("refresh_token", times=None, **fault)
    face.clock.advance(275)
    read(user)
    face.clock.advance(30)
    with pytest.raises(TokenUnavailable) as caught:
        read(user)
    assert caught.value.operation == "refresh_token"
    assert "refresh token is kept" in caught.value.hint
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    struck.remove()
    face.clock.advance(60)
    read(user)
    read(face.partner().user("alice"))
    assert face.sandbox.count(path="refresh_token", status=200) >= 1
    shown = f"{caught.value} {caught.value!r} {vars(caught.value)} {caplog.text}"
    for value in (*face.sandbox.issued_values(), "c3RvbGVu"):
        assert value not in shown


@pytest.mark.parametrize("fault", LOST, ids=named)
def test_an_answer_that_was_lost_ends_typed(face: Face, fault: dict[str, Any]) -> None:
    """The old token serves while it lasts; the refresh token is tried again, and then told of."""
    user = connected(face)
    face.sandbox.faults.add("refresh_token", **fault)
    face.clock.advance(275)
    for _ in range(2):
        read(user)
    face.clock.advance(30)
    with pytest.raises(ReauthorizationRequired) as caught:
        read(user)
    assert caught.value.operation == "refresh_token"
    assert 1 < refreshes(face) <= 3


def test_a_failed_refresh_is_not_repeated_at_once(face: Face) -> None:
    """While the old token lasts, a server in trouble is asked again only after a pause."""
    user = connected(face)
    face.sandbox.faults.add("refresh_token", kind="status", status=503, times=None)
    face.clock.advance(271)
    for _ in range(5):
        read(user)
    assert refreshes(face) == 1
    face.clock.advance(1)
    read(user)
    assert refreshes(face) == 2
    face.clock.advance(1)
    read(user)
    assert refreshes(face) == 2  # the pause has doubled


@pytest.mark.parametrize("status", [401, 422])
def test_refused_credentials_are_told_from_a_dead_token(face: Face, status: int) -> None:
    """A 401 or 422 at the refresh is about the client or the address: the pair is kept."""
    user = connected(face)
    face.sandbox.faults.add("refresh_token", kind="status", status=status)
    face.clock.advance(305)
    with pytest.raises(TokenUnavailable) as caught:
        read(user)
    assert caught.value.status_code == status
    assert "client_secret" in caught.value.hint
    assert "allowlist" in caught.value.hint
    read(user)


def test_a_dead_refresh_token_is_sent_once(face: Face) -> None:
    """After the documented 400 it is the user's turn, in every process, without another request."""
    user = connected(face)
    face.sandbox.revoke_tokens("alice", face.client)
    face.clock.advance(305)
    for one in (user, user, face.partner().user("alice")):
        with pytest.raises(ReauthorizationRequired) as caught:
            read(one)
        assert "authorize()" in caught.value.hint
    assert refreshes(face) == 1


def test_a_dead_refresh_token_does_not_end_the_access_token(face: Face) -> None:
    """A 400 in the margin: the access token serves to its end, and only then the user is asked."""
    user = connected(face)
    face.sandbox.faults.add("refresh_token", kind="status", status=400, body=INVALID)
    face.clock.advance(275)
    for _ in range(2):
        read(user)
    face.clock.advance(25)
    with pytest.raises(ReauthorizationRequired):
        read(user)
    assert refreshes(face) == 1


def test_a_dead_pair_is_told_every_time(face: Face) -> None:
    """Also where the access token, which might have served on, is answered 401."""
    user = connected(face)
    face.sandbox.faults.add("refresh_token", kind="status", status=400, body=INVALID)
    face.clock.advance(275)
    read(user)
    face.sandbox.revoke_tokens("alice", face.client)
    for one in (user, face.partner().user("alice"), user):
        with pytest.raises(ReauthorizationRequired):
            read(one)
    assert refreshes(face) == 1


def test_a_pause_that_the_server_asks_for_is_kept(face: Face) -> None:
    """After `Retry-After` of a refresh, no process of the store sends one before."""
    user = connected(face)
    face.sandbox.faults.add(
        "refresh_token", kind="status", status=429, headers={"retry-after": "20"}
    )
    face.clock.advance(305)
    with pytest.raises(TokenUnavailable) as caught:
        read(user)
    assert caught.value.retry_after == 20.0
    began = face.clock.monotonic()
    read(face.partner().user("alice"))
    assert face.clock.monotonic() - began >= 19.0  # it began a moment before, by the store's clock
    assert refreshes(face) == 2


def test_a_400_for_a_pair_that_was_replaced_is_none(keyless: Face) -> None:
    """A 400 says nothing of a later login: the call is told, the next one uses the new pair."""
    face = keyless
    user = connected(face)
    face.clock.advance(305)
    face.sandbox.faults.add("refresh_token", kind="status", status=400, body=INVALID, effect=True)
    with face.sandbox.hold("refresh_token") as held:
        thread, errors = in_thread(lambda: read(user))
        held.wait(1, timeout=30)
        connected(face)
    thread.join()
    assert [type(error) for error in errors] == [ConnectionChanged]
    read(user)
    assert refreshes(face) == 1


def test_a_silent_server_costs_the_timeout_alone(face: Face) -> None:
    """A refresh that hangs ends after the timeout, and the old token serves."""
    connected(face)
    user = face.partner(timeout=0.3).user("alice")
    read(user)
    face.clock.advance(275)
    with face.sandbox.hold("refresh_token"):
        read(user)
    assert refreshes(face) == 1


def test_the_user_can_always_start_again(keyless: Face) -> None:
    """After `ReauthorizationRequired`, a new login serves at once, also in other processes."""
    face = keyless
    elsewhere: User = face.partner().user("alice")
    user = connected(face)
    face.clock.advance(1_000)
    for one in (user, elsewhere):
        with pytest.raises(TokenError):
            read(one)
    connected(face)
    read(user)
    read(elsewhere)
