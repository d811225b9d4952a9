"""Leaving: what ends a `disconnect()`, what only delays it, and where it goes on."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from whitebit_ext import Region, StatusState, User
from whitebit_ext.custody.connection import State
from whitebit_ext.errors import ConnectionChanged, NotConnected, StoreUnavailable
from whitebit_ext.sandbox import ApiKey

from ..looking import Connection, changed, row_of
from .face_store import failing_store  # noqa: F401  # a fixture
from .faces import Face, connected
from .failing import FailingStore

INFO, DELETE = "get_api_key_info", "delete_api_key"
PASSING: dict[str, dict[str, Any]] = {
    "503": {"kind": "status"},
    "429": {"kind": "status", "status": 429},
    "no answer": {"kind": "drop_after"},
    "not sent": {"kind": "drop_before", "reset": True},
    "403 of a CDN": {"kind": "html", "status": 403},
    "no JSON": {"kind": "truncated"},
}


def with_key(face: Face) -> tuple[User, ApiKey]:
    """Connect alice and get her key."""
    user = connected(face)
    user.api_key.issue()
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    return user, made


@pytest.mark.parametrize("operation", [INFO, DELETE])
@pytest.mark.parametrize("fault", PASSING)
def test_what_may_pass_only_delays(face: Face, operation: str, fault: str) -> None:
    """The row stays, nobody is served, and `maintain()` in another process goes on."""
    user, made = with_key(face)
    face.sandbox.faults.add(operation, **PASSING[fault])
    left = user.disconnect()
    assert (left.is_finished, left.deleted, left.left) == (False, (), ())
    with pytest.raises(NotConnected):
        user.account.balances.main()
    face.partner().maintain()
    assert made.deleted == "partner"
    assert row_of(face.custody(), "alice") is None
    assert user.disconnect().is_finished


def test_a_consent_is_not_forgotten_because_whitebit_is_away(face: Face) -> None:
    """The user is still choosing when `info` fails: the key that appears later is deleted."""
    user = connected(face)
    made = face.sandbox.key("alice", face.client)
    if made is not None:
        face.sandbox.delete_key(made.external_id, "user")
    face.sandbox.faults.add(INFO, kind="status", status=500)
    assert not user.disconnect().is_finished
    late = face.sandbox.add_key("alice", face.client)
    left = user.disconnect()
    assert (left.is_finished, left.deleted) == (True, (late.external_id,))
    assert late.deleted == "partner"


def no_tokens(face: Face, user: User) -> None:
    """Have the user take the tokens back."""
    face.sandbox.revoke_tokens(user.id, face.client)


def refused(face: Face, user: User) -> None:
    """Have the API forbid the deletion."""
    body = '{"message": "Forbidden", "errors": {"scope": ["missing"]}}'
    face.sandbox.faults.add(DELETE, kind="status", status=403, body=body, times=None)


def a_day(face: Face, user: User) -> None:
    """Have the deletion fail for a day."""
    face.sandbox.faults.add(DELETE, kind="status", times=None)
    assert not user.disconnect().is_finished

    def began_earlier(row: Connection) -> Connection:
        assert row.leaving_since is not None
        return attrs.evolve(row, leaving_since=row.leaving_since - 86_400)

    changed(face.custody(), user.id, began_earlier)


@pytest.mark.parametrize("end", [no_tokens, refused, a_day])
def test_what_is_final_ends_it(face: Face, end: Callable[[Face, User], None]) -> None:
    """Dead tokens, a refusal of the API, and a day of failures: the key stays listed as left."""
    user, made = with_key(face)
    end(face, user)
    for _ in range(2):  # a request that was sent twice has the same result
        left = user.disconnect()
        assert (left.is_finished, left.deleted, left.left) == (True, (), (made.external_id,))
    assert made.deleted is None
    row = row_of(face.custody(), "alice")
    assert row is not None
    assert [(key.external_id, key.secret) for key in row.keys] == [(made.external_id, None)]
    assert (row.pair, row.attempts) == (None, ())
    partner = face.partner()
    assert partner.user("alice").status().state is StatusState.LEFTOVER_KEY
    listed = [(one.external_id, one.state) for one in partner.connections()]
    assert listed == [(made.external_id, StatusState.LEFTOVER_KEY)]
    with pytest.raises(NotConnected):
        user.account.balances.main()
    partner.erase("alice")
    assert row_of(face.custody(), "alice") is None


def test_a_key_that_was_left_is_not_listed_after_a_new_login(face: Face) -> None:
    """WhiteBIT refuses the login while the key exists: the user has deleted it."""
    user, made = with_key(face)
    no_tokens(face, user)
    assert user.disconnect().left == (made.external_id,)
    face.sandbox.delete_key(made.external_id, "user")
    connected(face).api_key.issue()
    left = user.disconnect()
    assert (len(left.deleted), left.left) == (1, ())
    assert row_of(face.custody(), "alice") is None


def test_the_tokens_that_expire_meanwhile_end_it(face: Face) -> None:
    """WhiteBIT is away for ten minutes: nothing can be asked any more, and nothing waits."""
    user, made = with_key(face)
    face.sandbox.faults.add(INFO, kind="status", times=None)
    face.sandbox.faults.add("refresh_token", kind="status", times=None)
    for _ in range(3):
        assert not user.disconnect().is_finished
        face.clock.advance(200)
    left = user.disconnect()
    assert (left.is_finished, left.left) == (True, (made.external_id,))


def test_a_store_that_fails_in_between(face: Face, store: FailingStore) -> None:
    """The call says so, and the next one goes on."""
    user, made = with_key(face)
    store.fails = lambda method, kind: method == "put" and made.deleted is not None
    with pytest.raises(StoreUnavailable):
        user.disconnect()
    store.mend()
    left = user.disconnect()
    assert (left.is_finished, left.deleted) == (True, (made.external_id,))
    assert row_of(face.custody(), "alice") is None


@pytest.mark.parametrize("operation", [INFO, DELETE])
def test_two_processes_at_once(face: Face, operation: str) -> None:
    """Whoever comes second finds it done, and calls no key left."""
    user, _ = with_key(face)
    with face.sandbox.hold(operation) as held:
        ended: list[Any] = []
        thread = threading.Thread(target=lambda: ended.append(user.disconnect()))
        thread.start()
        held.wait(1, timeout=30)
        face.partner().erase("alice")
    thread.join()
    assert [(one.is_finished, one.left) for one in ended] == [(True, ())]


def test_a_worker_that_is_receiving_the_secret(face: Face) -> None:
    """The key is deleted while its secret is under way: it is not called left when that arrives."""
    user = connected(face)
    face.clock.advance(2)
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    with face.sandbox.hold("get_api_key_secret") as held:
        worker = threading.Thread(target=face.partner().maintain)
        worker.start()
        held.wait(1, timeout=5.0)
        begun = user.disconnect()
        assert (begun.is_finished, begun.deleted) == (False, (made.external_id,))
    worker.join()
    ended = user.disconnect()
    assert (ended.is_finished, ended.left) == (True, ())
    assert row_of(face.custody(), "alice") is None
    face.clock.advance(61)
    assert "key.left" not in [entry.name for entry in face.partner().journal()]


@pytest.mark.parametrize("knows_id", [True, False])
def test_a_user_with_an_adopted_key_alone(face: Face, knows_id: bool) -> None:
    """Without tokens no key can be deleted there: it is named, and what is stored goes."""
    face.sandbox.add_user("bob")
    made = face.sandbox.add_key("bob", face.client)
    user = face.partner().adopt(
        "bob",
        public_key=made.public_key,
        secret=made.secret,
        external_id=made.external_id if knows_id else None,
    )
    left = user.disconnect()
    assert (left.is_finished, left.left) == (True, (made.external_id,))
    with pytest.raises(NotConnected):
        user.account.balances.main()


def test_an_adopted_key_that_whitebit_does_not_know(face: Face) -> None:
    """A 404 does not mean that a key adopted without its id is gone: the user has to look."""
    user, made = with_key(face)
    face.partner().adopt("alice", public_key="made-by-hand", secret="s3cret")
    ended = user.disconnect()
    assert (ended.deleted, ended.left) == ((made.external_id,), ("made-by-hand",))
    assert user.status().state is StatusState.LEFTOVER_KEY


def test_where_there_are_no_keys(face: Face) -> None:
    """On the EU server nothing is asked, and what is stored goes."""
    partner = face.partner(region=Region.EU)
    user = connected(face, "éva", partner=partner)
    sent = face.sandbox.count()
    assert user.disconnect().is_finished
    assert face.sandbox.count() == sent


def again(row: Connection) -> Connection:
    """Return the row as a later login leaves it."""
    return attrs.evolve(
        row, generation=row.seq + 1, state=State.CONNECTED, login="later", leaving_since=None
    )


@pytest.mark.parametrize("what", ["erased", "connected"])
@pytest.mark.parametrize("moment", range(2, 8))
def test_whatever_happens_in_between(
    face: Face, store: FailingStore, what: str, moment: int
) -> None:
    """A user who is erased or connects again meanwhile: it is done, or says so, at any moment."""
    user, _ = with_key(face)
    custody, reads = face.custody(), itertools.count(1)

    def interfere(method: str, kind: str) -> None:
        if (method, kind) != ("get", "connection") or next(reads) != moment:
            return
        store.mend()
        if row_of(custody, "alice") is None:
            return
        if what == "erased":
            face.partner().erase("alice")
        else:
            changed(custody, "alice", again)

    store.before = interfere
    try:
        left = user.disconnect()
    except ConnectionChanged:
        assert what == "connected"
        row = row_of(custody, "alice")
        assert row is not None
        assert row.state is State.CONNECTED
    else:
        assert (left.is_finished, left.left) == (True, ())
        assert row_of(custody, "alice") is None
