"""Token pairs: when they are refreshed, how they are committed, and what a 401 does."""

from __future__ import annotations

import time

import pytest

from whitebit_ext.errors import (
    NotConnected,
    ReauthorizationRequired,
    StoreUnavailable,
    Unauthorized,
)

from .faces import REDIRECT_URI, Face, connected
from .refreshing import in_thread, read, refreshes
from .stores import WatchedStore

READ = "get_account_main_balance"


def test_pair_is_used_until_its_margin(face: Face) -> None:
    """A token that is valid for more than 30 s is used without a refresh."""
    user = connected(face)
    face.clock.advance(269.9)
    read(user)
    assert refreshes(face) == 0


def test_pair_is_refreshed_once_at_its_margin(face: Face) -> None:
    """A token that is valid for 30 s is refreshed once, and later calls use the new one."""
    user = connected(face)
    face.clock.advance(270)
    for _ in range(3):
        read(user)
    assert refreshes(face) == 1
    assert len(face.sandbox.issued_values("access_token")) == 2


def test_repeated_refreshes_are_stored(face: Face) -> None:
    """Ten refreshes in a row are stored, and a new process continues from the last."""
    user = connected(face)
    for _ in range(10):
        face.clock.advance(280)
        read(user)
    face.clock.advance(400)
    read(face.partner().user("alice"))
    assert refreshes(face) == 11
    assert face.sandbox.count(path="refresh_token", status=200) == 11


def test_pair_is_committed_before_it_is_used(face: Face) -> None:
    """The store has the new pair before any request uses its token."""
    face.store = store = WatchedStore()
    user = connected(face)
    read(user)
    reads: list[int] = []
    store.watch = lambda kind: (
        reads.append(face.sandbox.count(path=READ)) if kind == "pair" else None
    )
    face.clock.advance(280)
    read(user)
    assert reads == [1]
    assert face.sandbox.count(path=READ) == 2


def test_uncommitted_pair_is_not_used(face: Face) -> None:
    """If the store fails for ten seconds, an error is raised and the pair is stored later."""
    face.store = store = WatchedStore()
    user = connected(face)
    face.clock.advance(305)
    store.fails = lambda kind: kind == "pair"
    with pytest.raises(StoreUnavailable):
        read(user)
    assert face.sandbox.count(path=READ) == 0
    store.fails = lambda _: False
    read(user)
    read(face.partner().user("alice"))
    assert refreshes(face) == 1


def test_commit_is_retried(face: Face) -> None:
    """A store that fails for a moment is retried, without an error."""
    face.store = store = WatchedStore()
    user = connected(face)
    face.clock.advance(280)
    failures = iter([True, True, True])
    store.fails = lambda kind: kind == "pair" and next(failures, False)
    read(user)
    assert face.clock.slept == [0.05, 0.1, 0.2]
    assert refreshes(face) == 1


def test_failing_store_spends_no_refresh_token(face: Face) -> None:
    """Without a lease nothing is sent; when the store works again, the pair is refreshed."""
    face.store = store = WatchedStore()
    user = connected(face)
    face.clock.advance(305)
    store.fails = lambda _: True
    with pytest.raises(StoreUnavailable):
        read(user)
    assert refreshes(face) == 0
    store.fails = lambda _: False
    read(user)


def test_pair_without_refresh_token_is_used_until_it_expires(face: Face) -> None:
    """A four-hour token without a refresh token is used, then a new login is needed."""
    face.client = face.sandbox.register_client(redirect_uris=(REDIRECT_URI,), token_mode="single")
    user = connected(face)
    face.clock.advance(4 * 3600 - 1)
    read(user)
    face.clock.advance(1)
    with pytest.raises(ReauthorizationRequired) as caught:
        read(user)
    assert "authorize()" in caught.value.hint
    assert refreshes(face) == 0


def test_expired_refresh_token_is_not_sent(face: Face) -> None:
    """After 600 s a new login is needed, and no request is sent."""
    user = connected(face)
    face.clock.advance(599.9)
    read(user)
    face.clock.advance(600)
    with pytest.raises(ReauthorizationRequired):
        read(user)
    assert refreshes(face) == 1


def test_unknown_user_has_no_token(face: Face) -> None:
    """An unknown user is a typed error, and nothing is sent."""
    with pytest.raises(NotConnected):
        read(face.partner().user("nobody"))
    assert face.sandbox.connections() == 0


def test_forgotten_user_has_no_token(face: Face) -> None:
    """After `forget`, not even the cached pair of this process is used."""
    partner = face.partner()
    user = connected(face, partner=partner)
    read(user)
    partner.forget("alice")
    with pytest.raises(NotConnected):
        read(user)


def test_token_replaced_by_another_process_is_used(face: Face) -> None:
    """After a 401, custody is read first, and a changed pair is used without a refresh."""
    here = connected(face)
    read(here)
    face.sandbox.revoke_tokens("alice", face.client)
    connected(face)
    read(here)
    assert refreshes(face) == 0


def test_401_refreshes_the_pair(face: Face) -> None:
    """A token that the server refuses is refreshed, and the request is sent once more."""
    user = connected(face)
    face.sandbox.faults.add(READ, kind="status", status=401)
    read(user)
    assert refreshes(face) == 1
    assert face.sandbox.count(path=READ) == 2


@pytest.mark.usefixtures("breaching")
def test_missing_scope_causes_one_refresh(face: Face) -> None:
    """A 401 after a refresh is `Unauthorized`, and its hint names the scopes."""
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


def test_401_without_refresh_token_is_unauthorized(face: Face) -> None:
    """Without a refresh token the request is sent once, and the error names the causes."""
    face.client = face.sandbox.register_client(redirect_uris=(REDIRECT_URI,), token_mode="single")
    user = connected(face)
    face.sandbox.revoke_tokens("alice", face.client)
    with pytest.raises(Unauthorized):
        read(user)
    assert (refreshes(face), face.sandbox.count(path=READ)) == (0, 1)


def test_refused_refresh_after_401_needs_a_new_login(face: Face) -> None:
    """A 401 followed by a refused refresh is `ReauthorizationRequired`."""
    user = connected(face)
    face.sandbox.revoke_authorization("alice", face.client)
    for _ in range(2):
        with pytest.raises((ReauthorizationRequired, Unauthorized)):
            read(user)
    assert refreshes(face) == 1


def test_concurrent_401s_cause_one_refresh(face: Face) -> None:
    """Twelve threads whose token is refused at the same moment cause one refresh."""
    user = connected(face)
    face.sandbox.faults.add(READ, kind="status", status=401, times=12)
    with face.sandbox.hold("refresh_token") as held:
        calls = [in_thread(lambda: read(user)) for _ in range(12)]
        held.wait(1, timeout=5)
        while face.sandbox.count(path=READ, status=401) < 12:
            time.sleep(0.005)
    for thread, _ in calls:
        thread.join()
    assert [errors for _, errors in calls if errors] == []
    assert refreshes(face) == 1


def test_late_pair_does_not_replace_a_new_login(keyless: Face) -> None:
    """A login that is finished during a refresh of the old pair stays stored."""
    face = keyless
    user = connected(face)
    face.clock.advance(305)
    with face.sandbox.hold("refresh_token") as held:
        thread, errors = in_thread(lambda: read(user))
        held.wait(1, timeout=5)
        connected(face)
        rows = [face.store.get("pair", id) for id in face.store.scan("pair")]
    thread.join()
    assert errors == []
    assert [face.store.get("pair", id) for id in face.store.scan("pair")] == rows


def test_late_pair_does_not_restore_a_forgotten_user(face: Face) -> None:
    """If a user is forgotten during a refresh, nothing is stored."""
    partner = face.partner()
    user = connected(face, partner=partner)
    face.clock.advance(305)
    with face.sandbox.hold("refresh_token") as held:
        thread, errors = in_thread(lambda: read(user))
        held.wait(1, timeout=5)
        face.partner().forget("alice")
    thread.join()
    assert [type(error) for error in errors] == [NotConnected]
    assert list(face.store.scan("pair")) == []
