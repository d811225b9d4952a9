"""Bounds of waiting, and what is said when one is reached."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from whitebit_ext import User
from whitebit_ext.errors import (
    ReauthorizationRequired,
    SecretLocked,
    SecretUnanswered,
    TokenUnavailable,
    Unauthorized,
)

from ..looking import lease_lasting
from .face_store import failing_store  # noqa: F401  # a fixture
from .faces import Face, connected
from .failing import FailingStore
from .refreshing import read, refreshes


@pytest.fixture
def stuck(store: FailingStore) -> Iterator[Callable[[str], None]]:
    """Return what makes writes of a kind hang, as long as the test runs."""
    ended = threading.Event()

    def hang(kind: str) -> None:
        store.before = lambda method, of: (
            None if (method, of) != ("put", kind) else (ended.wait(30), None)[1]
        )

    yield hang
    ended.set()


@pytest.mark.parametrize("call", ["refresh", "secret"])
def test_a_wait_for_another_flight_ends(
    face: Face, stuck: Callable[[str], None], call: str
) -> None:
    """A renewal or retrieval that hangs keeps its callers for two leases, and no longer."""
    with lease_lasting(0.3, timeout=10.0):
        partner = face.partner()
    user = connected(face, partner=partner)
    face.clock.advance(305 if call == "refresh" else 2)
    stuck("connection")
    began = time.monotonic()
    expected = TokenUnavailable if call == "refresh" else SecretLocked
    with pytest.raises(expected) as caught:
        read(user) if call == "refresh" else user.api_key.issue(timeout=0)
    assert time.monotonic() - began < 20
    assert caught.value.retryable
    assert caught.value.retry_after


def test_a_refused_pair_is_said_every_time(face: Face) -> None:
    """After the user has withdrawn, each call asks for a new login, whatever came before."""
    user = connected(face)
    face.sandbox.revoke_authorization("alice", face.client)
    for _ in range(4):
        with pytest.raises(ReauthorizationRequired):
            read(user)
        face.clock.advance(80)
    assert refreshes(face) == 1


def test_a_pair_renewed_after_a_401_and_then_withdrawn(face: Face) -> None:
    """A pair that was renewed because of a 401 is not `Unauthorized` for the rest of its life."""
    user = connected(face)
    face.sandbox.faults.add("get_account_main_balance", kind="status", status=401)
    read(user)
    assert refreshes(face) == 1
    face.clock.advance(61)
    face.sandbox.revoke_authorization("alice", face.client)
    for _ in range(3):
        with pytest.raises(ReauthorizationRequired):
            read(user)
    assert refreshes(face) == 2


def test_a_scope_that_is_missing_is_no_storm_of_renewals(face: Face) -> None:
    """A token that is refused after its renewal costs one refresh a minute at most."""
    user = connected(face)
    face.sandbox.faults.add("get_account_main_balance", kind="status", status=401, times=None)
    for _ in range(6):
        with pytest.raises(Unauthorized):
            read(user)
        face.clock.advance(10)
    assert refreshes(face) == 1


@pytest.mark.parametrize("why", ["locked there", "locked here", "no answer"])
def test_a_secret_that_is_not_final_says_when_to_ask_again(face: Face, why: str) -> None:
    """`retry_after` is when it is worth it: neither at once nor never."""
    user = connected(face)
    face.clock.advance(2)
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    if why == "locked there":
        face.sandbox.lock_secret(made.external_id, 60)
    elif why == "no answer":
        face.sandbox.faults.add("get_api_key_secret", kind="drop_before")
    else:
        with face.sandbox.hold("get_api_key_secret") as held:
            threading.Thread(target=user.api_key.issue).start()
            held.wait(1, timeout=30)
            check(face.partner().user("alice"))
        return
    check(user)


def check(user: User) -> None:
    """Ask for the key in a web request, and look at what it says."""
    with pytest.raises((SecretLocked, SecretUnanswered)) as caught:
        user.api_key.issue(timeout=0)
    assert caught.value.retry_after is not None
    assert 0.5 <= caught.value.retry_after <= 60


def test_a_long_pause_of_the_server_is_everybodys(face: Face) -> None:
    """After a long `Retry-After` no other user waits for it, holds a lease, or loses a pair."""
    partner = face.partner()
    users = [connected(face, name, partner=partner) for name in ("alice", "bob")]
    face.clock.advance(305)
    face.sandbox.faults.add(
        "refresh_token", kind="status", status=429, headers={"retry-after": "120"}
    )
    for user in users:
        with pytest.raises(TokenUnavailable) as caught:
            read(user)
        assert 100 < (caught.value.retry_after or 0) <= 121
    assert refreshes(face) == 1
    face.clock.advance(121)
    for user in users:
        read(user)


def test_what_is_remembered_of_failed_renewals_is_bounded(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users whose renewal failed once and who never came back are forgotten."""
    monkeypatch.setattr("whitebit_ext.oauth.pairs._MOST_PAUSES", 2)
    partner = face.partner()
    users = [connected(face, f"user-{number}", partner=partner) for number in range(4)]
    face.clock.advance(305)
    with face.sandbox.faults.add("refresh_token", kind="status", times=None):
        for user in users:
            with pytest.raises(TokenUnavailable):
                read(user)
    face.clock.advance(60)
    for user in users:
        read(user)


def test_a_refresh_token_that_ends_while_waiting(face: Face) -> None:
    """What expires while a renewal waits for its turn is not sent any more."""
    partner = face.partner(refresh_interval=20.0)
    users = [connected(face, name, partner=partner) for name in ("alice", "bob")]
    face.clock.advance(590)
    read(users[0])
    with pytest.raises(ReauthorizationRequired):
        read(users[1])
    assert refreshes(face) == 1
