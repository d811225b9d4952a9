"""How long a process goes by what it has read of custody."""

from __future__ import annotations

import pytest

from whitebit_ext.errors import NotConnected, StoreUnavailable
from whitebit_ext.runtime import cache as cache_module
from whitebit_ext.runtime.cache import LONGEST, Cache

from .faces import Face, MovedClock, connected
from .failing import FailingStore
from .hand_clock import HandClock


def test_what_was_read_ages_by_the_monotonic_clock() -> None:
    """Five minutes after the last reading custody is to be asked; a jump of the date is no age."""
    clock = HandClock()
    cache = Cache[str](clock)
    assert cache.fresh("alice") is None
    assert cache.put("alice", "read") == "read"
    clock.jump(10 * LONGEST)
    clock.pass_by(LONGEST - 1)
    assert cache.fresh("alice") == "read"
    clock.pass_by(1)
    assert (cache.fresh("alice"), cache.latest("alice")) == (None, "read")
    cache.put("alice", "again")
    assert cache.fresh("alice") == "again"
    cache.drop("alice")
    assert (cache.fresh("alice"), cache.latest("alice")) == (None, None)


def test_the_cache_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """One user more than it holds empties it; a known one does not."""
    monkeypatch.setattr(cache_module, "MOST", 2)
    cache = Cache[int](HandClock())
    for value, user in enumerate(("a", "b", "b")):
        cache.put(user, value)
    assert (cache.fresh("a"), cache.fresh("b")) == (0, 2)
    cache.put("c", 3)
    assert (cache.fresh("a"), cache.fresh("c")) == (None, 3)


@pytest.mark.parametrize("access", ["signed", "bearer"])
def test_what_another_process_forgot_is_forgotten_here(
    face: Face, clock: MovedClock, access: str
) -> None:
    """Within five minutes no process uses the key or the token of a user who was forgotten."""
    face.client = face.sandbox.register_client(
        redirect_uris=face.client.redirect_uris, token_mode="single"
    )
    here, elsewhere = face.partner(), face.partner()
    user = connected(face, partner=here)
    user.api_keys.issue()
    account = getattr(user, access).account
    account.balances.spot()
    elsewhere.forget("alice")
    clock.advance(LONGEST)
    face.sandbox.forget_requests()
    with pytest.raises(NotConnected):
        account.balances.spot()
    assert face.sandbox.requests == []


def test_a_key_serves_on_while_the_store_is_down(face: Face, clock: MovedClock) -> None:
    """A store that does not answer stops nobody whose key this process has; others are told."""
    store = FailingStore()
    face.store = store
    user = connected(face)
    user.api_keys.issue()
    user.signed.account.balances.spot()
    clock.advance(2 * LONGEST)
    store.fails = lambda method, kind: True
    user.signed.account.balances.spot()
    with pytest.raises(StoreUnavailable):
        face.partner().user("alice").signed.account.balances.spot()
