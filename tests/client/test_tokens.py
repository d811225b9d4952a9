"""Token pairs that are fresh when they are needed: margins, commits, and the rule of the 401."""

from __future__ import annotations

import time

import pytest

from whitebit_ext.errors import (
    ConnectionChanged,
    NotConnected,
    ReauthorizationRequired,
    StoreUnavailable,
    Unauthorized,
)

from ..looking import pair_of
from .faces import REDIRECT_URI, Face, connected
from .refreshing import in_thread, read, refreshes
from .stores import WatchedStore

READ = "get_account_main_balance"


def test_a_pair_serves_until_its_margin(face: Face) -> None:
    """With more than 30 s to live, a token is used as it is."""
    user = connected(face)
    face.clock.advance(269.9)
    read(user)
    assert refreshes(face) == 0


def test_a_pair_is_renewed_once_at_its_margin(face: Face) -> None:
    """With 30 s to live, the next call renews it, and the calls after that use the new one."""
    user = connected(face)
    face.clock.advance(270)
    for _ in range(3):
        read(user)
    assert refreshes(face) == 1
    assert len(face.sandbox.issued_values("access_token")) == 2


def test_renewals_go_on_for_as_long_as_somebody_calls(face: Face) -> None:
    """Each rotation is stored: ten of them in a row, and a new process goes on from there."""
    user = connected(face)
    for _ in range(10):
        face.clock.advance(280)
        read(user)
    face.clock.advance(400)
    read(face.partner().user("alice"))
    assert refreshes(face) == 11
    assert face.sandbox.count(path="refresh_token", status=200) == 11


def test_a_new_pair_is_committed_before_it_is_used(face: Face) -> None:
    """The store has the new pair before any request carries its token."""
    face.store = store = WatchedStore()
    user = connected(face)
    read(user)
    reads: list[int] = []
    store.watch = lambda kind: (
        reads.append(face.sandbox.count(path=READ)) if kind == "connection" else None
    )
    face.clock.advance(280)
    read(user)
    assert set(reads) == {1}
    assert face.sandbox.count(path=READ) == 2


def test_a_pair_that_cannot_be_committed_is_not_used(face: Face) -> None:
    """A store that fails for ten seconds: the caller is told, the pair is kept, saved and used."""
    face.store = store = WatchedStore()
    user = connected(face)
    face.clock.advance(305)
    store.fails = lambda kind: refreshes(face) > 0
    with pytest.raises(StoreUnavailable):
        read(user)
    assert face.sandbox.count(path=READ) == 0
    store.fails = lambda _: False
    read(user)
    read(face.partner().user("alice"))
    assert refreshes(face) == 1


def test_a_commit_is_patient(face: Face) -> None:
    """A store that fails for a moment is waited for, and nobody notices."""
    face.store = store = WatchedStore()
    user = connected(face)
    face.clock.advance(280)
    failures = iter([True, True, True])
    store.fails = lambda kind: refreshes(face) > 0 and next(failures, False)
    read(user)
    assert face.clock.slept == [0.05, 0.1, 0.2]
    assert refreshes(face) == 1


def test_a_store_that_cannot_be_written_spends_no_refresh_token(face: Face) -> None:
    """Without a lease nothing is sent; when the store is back, the pair is renewed."""
    face.store = store = WatchedStore()
    user = connected(face)
    face.clock.advance(305)
    store.fails = lambda _: True
    with pytest.raises(StoreUnavailable):
        read(user)
    assert refreshes(face) == 0
    store.fails = lambda _: False
    read(user)


def test_a_pair_without_a_refresh_token_serves_to_its_end(face: Face) -> None:
    """A four-hour token without a twin is a normal case: no refresh, and then the user's turn."""
    face.client = face.sandbox.register_client(redirect_uris=(REDIRECT_URI,), token_mode="single")
    user = connected(face)
    face.clock.advance(4 * 3600 - 1)
    read(user)
    face.clock.advance(1)
    with pytest.raises(ReauthorizationRequired) as caught:
        read(user)
    assert "authorize()" in caught.value.hint
    assert refreshes(face) == 0


def test_a_refresh_token_that_has_ended_is_not_sent(face: Face) -> None:
    """After 600 s only the user can help, and no request is wasted on it."""
    user = connected(face)
    face.clock.advance(599.9)
    read(user)
    face.clock.advance(600)
    with pytest.raises(ReauthorizationRequired):
        read(user)
    assert refreshes(face) == 1


def test_a_user_that_nobody_connected_has_no_token(face: Face) -> None:
    """An unknown user ends typed, and nothing is sent."""
    with pytest.raises(NotConnected):
        read(face.partner().user("nobody"))
    assert face.sandbox.connections() == 0


def test_an_erased_user_has_no_token(face: Face) -> None:
    """After `erase`, not even the pair in this process's memory is used."""
    partner = face.partner()
    user = connected(face, partner=partner)
    read(user)
    partner.erase("alice")
    with pytest.raises(NotConnected):
        read(user)


def test_a_token_that_another_process_replaced_is_read_again(face: Face) -> None:
    """On a 401, custody is read first: what changed there is used, without a refresh."""
    here = connected(face)
    read(here)
    face.sandbox.revoke_tokens("alice", face.client)
    connected(face)
    read(here)
    assert refreshes(face) == 0


def test_a_401_renews_the_pair(face: Face) -> None:
    """A token that the server stopped to take is renewed, and the request goes again, once."""
    user = connected(face)
    face.sandbox.faults.add(READ, kind="status", status=401)
    read(user)
    assert refreshes(face) == 1
    assert face.sandbox.count(path=READ) == 2


@pytest.mark.usefixtures("breaching")
def test_a_missing_scope_causes_one_refresh_and_no_storm(face: Face) -> None:
    """A 401 that a fresh token does not mend is `Unauthorized`; its hint names the scopes.

    Of the operations, those over API keys answer a missing scope so (contract, section 4).
    """
    face.client = face.sandbox.register_client(
        redirect_uris=(REDIRECT_URI,), scopes=("show.userinfo", "users.deals.read")
    )
    user = connected(face)
    for _ in range(4):
        with pytest.raises(Unauthorized) as caught:
            user.api_key.info()
        hint = caught.value.hint
        assert "needed: apikeys.read" in hint
        assert "granted: show.userinfo, users.deals.read" in hint
        assert "allowlist" in hint
    assert refreshes(face) == 1
    with pytest.raises(Unauthorized):
        face.partner().user("alice").api_key.info()
    assert refreshes(face) == 1


def test_a_401_without_a_refresh_token_is_unauthorized(face: Face) -> None:
    """There is nothing to renew: the request goes once, and the error says why it may be."""
    face.client = face.sandbox.register_client(redirect_uris=(REDIRECT_URI,), token_mode="single")
    user = connected(face)
    face.sandbox.revoke_tokens("alice", face.client)
    with pytest.raises(Unauthorized):
        read(user)
    assert (refreshes(face), face.sandbox.count(path=READ)) == (0, 1)


def test_a_401_whose_renewal_is_refused_asks_for_the_user(face: Face) -> None:
    """A user who revoked the authorization: 401, refresh refused, `ReauthorizationRequired`."""
    user = connected(face)
    face.sandbox.revoke_authorization("alice", face.client)
    for _ in range(2):
        with pytest.raises((ReauthorizationRequired, Unauthorized)):
            read(user)
    assert refreshes(face) == 1


def test_many_401s_at_once_renew_once(face: Face) -> None:
    """Twelve threads whose token is refused at the same moment cause one refresh."""
    user = connected(face)
    face.sandbox.faults.add(READ, kind="status", status=401, times=12)
    with face.sandbox.hold("refresh_token") as held:
        calls = [in_thread(lambda: read(user)) for _ in range(12)]
        held.wait(1, timeout=30)
        while face.sandbox.count(path=READ, status=401) < 12:
            time.sleep(0.005)
    for thread, _ in calls:
        thread.join()
    assert [errors for _, errors in calls if errors] == []
    assert refreshes(face) == 1


def test_a_late_pair_does_not_replace_a_new_login(keyless: Face) -> None:
    """A user connects anew while the old pair is renewed: the new login stays."""
    face = keyless
    user = connected(face)
    face.clock.advance(305)
    with face.sandbox.hold("refresh_token") as held:
        thread, errors = in_thread(lambda: read(user))
        held.wait(1, timeout=30)
        connected(face)
        pair = pair_of(face.custody(), "alice")
    thread.join()
    assert [type(error) for error in errors] == [ConnectionChanged]
    assert pair_of(face.custody(), "alice") == pair


def test_a_late_pair_does_not_bring_back_who_was_forgotten(face: Face) -> None:
    """A user is forgotten while the pair is renewed: nothing is stored."""
    partner = face.partner()
    user = connected(face, partner=partner)
    face.clock.advance(305)
    with face.sandbox.hold("refresh_token") as held:
        thread, errors = in_thread(lambda: read(user))
        held.wait(1, timeout=30)
        face.partner().erase("alice")
    thread.join()
    assert [type(error) for error in errors] == [NotConnected]
    assert list(face.store.scan("connection")) == []
