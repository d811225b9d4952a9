"""How long a process goes by what it has read of the store: not at all, unless it is told to."""

from __future__ import annotations

import pytest

from whitebit_ext.errors import NotConnected, StoreUnavailable

from .faces import Face, MovedClock, connected
from .failing import FailingStore


@pytest.mark.parametrize("cache_for", [0.0, 60.0])
@pytest.mark.parametrize("access", ["signed", "bearer"])
def test_what_another_process_erased_is_gone_here(
    face: Face, clock: MovedClock, access: str, cache_for: float
) -> None:
    """No process uses the key or the token of a user who was erased for longer than `cache_for`."""
    face.client = face.sandbox.register_client(
        redirect_uris=face.client.redirect_uris, token_mode="single"
    )
    here, elsewhere = face.partner(cache_for=cache_for), face.partner()
    user = connected(face, partner=here)
    user.api_key.issue()
    account = getattr(user, access).account
    account.balances.spot()
    elsewhere.erase("alice")
    if cache_for:
        account.balances.spot()
    clock.advance(cache_for)
    face.sandbox.forget_requests()
    with pytest.raises(NotConnected):
        account.balances.spot()
    assert face.sandbox.requests == []


def test_calls_fail_while_the_store_is_down(face: Face) -> None:
    """A store that does not answer stops every call: what was read before may be another's."""
    store = FailingStore()
    face.store = store
    user = connected(face)
    user.api_key.issue()
    user.signed.account.balances.spot()
    store.fails = lambda method, kind: True
    with pytest.raises(StoreUnavailable):
        user.signed.account.balances.spot()
    store.mend()
    user.signed.account.balances.spot()


def test_a_cache_is_never_used_for_the_key_itself(face: Face) -> None:
    """`issue` and `info` read the row, however long reads may go by what was read before."""
    here, elsewhere = face.partner(cache_for=300), face.partner()
    user = connected(face, partner=here)
    user.api_key.issue()
    user.signed.account.balances.spot()
    elsewhere.erase("alice")
    for call in (user.api_key.issue, user.api_key.info, user.api_key.delete):
        with pytest.raises(NotConnected):
            call()
