"""How long a process uses what it has read from custody."""

from __future__ import annotations

import pytest

from whitebit_ext.errors import NotConnected, StoreUnavailable
from whitebit_ext.runtime import cache as cache_module
from whitebit_ext.runtime.cache import LONGEST, Cache

from .faces import Face, MovedClock, connected
from .failing import FailingStore
from .hand_clock import HandClock


def test_cache_expires_by_the_monotonic_clock() -> None:
    """Custody is read again after five minutes; a jump of the date does not count."""
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


def test_cache_size_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """One user above the limit empties the cache; a known user does not."""
    monkeypatch.setattr(cache_module, "MOST", 2)
    cache = Cache[int](HandClock())
    for value, user in enumerate(("a", "b", "b")):
        cache.put(user, value)
    assert (cache.fresh("a"), cache.fresh("b")) == (0, 2)
    cache.put("c", 3)
    assert (cache.fresh("a"), cache.fresh("c")) == (None, 3)


@pytest.mark.parametrize("access", ["signed", "bearer"])
def test_forgotten_user_is_forgotten_in_all_processes(
    face: Face, clock: MovedClock, access: str
) -> None:
    """Within five minutes no process uses the key or token of a forgotten user."""
    face.client = face.sandbox.register_client(
        redirect_uris=face.client.redirect_uris, token_mode="single"
    )
    here, elsewhere = face.partner(), face.partner()
    user = connected(face, partner=here)
    user.api_key.issue()
    account = getattr(user, access).account
    account.balances.spot()
    elsewhere.forget("alice")
    clock.advance(LONGEST)
    face.sandbox.forget_requests()
    with pytest.raises(NotConnected):
        account.balances.spot()
    assert face.sandbox.requests == []


def test_cached_key_is_used_while_the_store_is_down(face: Face, clock: MovedClock) -> None:
    """A failing store does not stop a user whose key is cached; others get an error."""
    store = FailingStore()
    face.store = store
    user = connected(face)
    user.api_key.issue()
    user.signed.account.balances.spot()
    clock.advance(2 * LONGEST)
    store.fails = lambda method, kind: True
    user.signed.account.balances.spot()
    with pytest.raises(StoreUnavailable):
        face.partner().user("alice").signed.account.balances.spot()
