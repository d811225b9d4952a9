"""How often the store is asked: docs/custody.md has the table."""

from __future__ import annotations

from collections import Counter

import pytest

from .face_store import failing_store  # noqa: F401  # a fixture
from .faces import Face, connected
from .failing import FailingStore
from .refreshing import read, refreshes
from .using import read as signed_read


@pytest.fixture(name="calls")
def counted_calls(store: FailingStore) -> list[str]:
    """Return the calls of the store, as they come."""
    made: list[str] = []
    store.before = lambda method, kind: made.append(f"{method} {kind}")
    return made


def test_a_login_and_a_key(face: Face, calls: list[str]) -> None:
    """Finishing a login takes 7 calls, and a first `issue()` at most 8 with its look-ups."""
    partner = face.partner()
    face.sandbox.add_user("alice")
    login = partner.authorize("alice")
    assert calls == ["get logins", "put logins", "put login"]
    callback = face.sandbox.person("alice").approve(login.url)
    face.clock.advance(2)
    calls.clear()
    user = partner.connect(callback, binding=login.binding, user_id="alice")
    assert Counter(calls) == {
        "get login": 1,
        "put login": 2,
        "get connection": 1,
        "put connection": 3,
    }
    calls.clear()
    user.api_key.issue()
    assert len(calls) <= 8
    assert Counter(call for call in calls if call.startswith("put")) == {
        "put connection": 3,
        "put journal": 1,
    }


def test_a_refresh(face: Face, calls: list[str]) -> None:
    """A refresh takes 6 calls; the read that caused it none more."""
    user = connected(face)
    face.clock.advance(280)
    read(user)
    face.clock.advance(280)
    calls.clear()
    read(user)
    assert refreshes(face) == 2
    assert Counter(calls) == {
        "get connection": 1,
        "put connection": 3,
        "get pace": 1,
        "put pace": 1,
    }


def test_reads(face: Face, calls: list[str]) -> None:
    """A signed read and a Bearer read take one call each."""
    user = connected(face)
    face.clock.advance(2)
    user.api_key.issue()
    signed_read(user)
    for one in (signed_read, read):
        calls.clear()
        one(user)
        assert calls == ["get connection"]


def test_leaving(face: Face, calls: list[str]) -> None:
    """Disconnecting leaves nothing but the journal."""
    user = connected(face)
    face.clock.advance(2)
    user.api_key.issue()
    signed_read(user)
    calls.clear()
    user.disconnect()
    puts = Counter(call for call in calls if call.startswith("put"))
    assert puts == {"put connection": 3, "put journal": 2}
    assert [
        kind for kind in ("connection", "use", "login", "logins") if list(face.store.scan(kind))
    ] == []
