"""`api_key.issue()`: waiting for the key, taking its secret, keeping it."""

from __future__ import annotations

import math
from typing import Any

import httpx
import pytest

from whitebit_ext import MemoryStore, Region
from whitebit_ext.errors import (
    InvalidArgument,
    KeyDisabled,
    KeyPending,
    NotConnected,
    RateLimited,
    RegionNotSupported,
    StoreVolatile,
)
from whitebit_ext.sandbox import Sandbox

from ..looking import state_of
from .faces import Face, MovedClock, connected

SECRET = "get_api_key_secret"
INFO = "get_api_key_info"


def test_waits_for_the_key_and_takes_its_secret(face: Face, clock: MovedClock) -> None:
    """The key shows after a while of polls 1 to 2 s apart, and its secret comes with it."""
    face.sandbox.settings.key_delay = 6.0
    user = connected(face)
    key = user.api_key.issue()
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    assert (key.external_id, key.public_key) == (made.external_id, made.external_id)
    assert key.secret.reveal() == made.secret
    assert key.user_id == "alice"
    assert clock.slept
    assert all(1.0 <= pause <= 2.0 for pause in clock.slept)
    assert face.sandbox.count("GET", INFO) == len(clock.slept) + 1
    assert face.sandbox.count("GET", SECRET) == 1


def test_the_issued_key_is_returned_without_asking(face: Face) -> None:
    """Once stored, it comes from custody: in this process and in another, with no request."""
    key = connected(face).api_key.issue()
    face.sandbox.forget_requests()
    assert face.partner().user("alice").api_key.issue() == key
    assert face.partner().user("alice").api_key.issue(timeout=0) == key
    assert face.sandbox.requests == []


def test_who_is_still_choosing_is_pending(face: Face, clock: MovedClock) -> None:
    """A key that does not show in time is `KeyPending`, and another process goes on from there."""
    face.sandbox.add_user("alice").choosing_time = math.inf
    user = connected(face)
    with pytest.raises(KeyPending) as caught:
        user.api_key.issue(timeout=5)
    assert "issue() again" in caught.value.hint
    assert caught.value.operation == INFO
    assert sum(clock.slept) <= 5
    assert face.sandbox.count("GET", SECRET) == 0
    assert face.sandbox.finish_choosing("alice") == 1
    key = face.partner().user("alice").api_key.issue(timeout=0)
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    assert key.secret.reveal() == made.secret


def test_polling_stays_under_thirty_seconds(face: Face, clock: MovedClock) -> None:
    """However long the caller would wait, looking for the key ends before 30 s."""
    face.sandbox.add_user("alice").choosing_time = math.inf
    user = connected(face)
    with pytest.raises(KeyPending):
        user.api_key.issue(timeout=330)
    assert 25 < sum(clock.slept) < 30


@pytest.mark.parametrize("fault", [{"status": 429}, {"status": 503}])
def test_a_server_that_has_had_enough_is_looked_at_less_often(
    face: Face, clock: MovedClock, fault: dict[str, Any]
) -> None:
    """Refused looks are 1, 2 and 4 s apart; after an answer the pace is the usual one."""
    face.sandbox.add_user("alice").choosing_time = 10.0
    user = connected(face)
    face.sandbox.faults.add(INFO, kind="status", times=3, **fault)
    clock.slept.clear()
    user.api_key.issue(timeout=29)
    for pause, least in zip(clock.slept, (1, 2, 4), strict=False):
        assert least <= pause <= 1.25 * least
    assert len(clock.slept) > 3
    assert all(1 <= pause <= 2 for pause in clock.slept[3:])


@pytest.mark.parametrize(("asked", "waits"), [("6", True), ("60", False)])
def test_looking_heeds_retry_after(face: Face, clock: MovedClock, asked: str, waits: bool) -> None:
    """A `Retry-After` is waited for where there is time, else the error tells of it."""
    user = connected(face)
    face.sandbox.faults.add(INFO, kind="status", status=429, headers={"retry-after": asked})
    clock.slept.clear()
    if waits:
        user.api_key.issue(timeout=29)
        assert 6 <= clock.slept[0] <= 7.5
        return
    with pytest.raises(RateLimited) as caught:
        user.api_key.issue(timeout=29)
    assert (caught.value.retry_after, clock.slept) == (60.0, [])
    assert face.sandbox.count("GET", INFO) == 1


def test_without_patience_there_is_one_look(face: Face, clock: MovedClock) -> None:
    """`timeout=0` asks once and sleeps not at all."""
    user = connected(face)
    with pytest.raises(KeyPending):
        user.api_key.issue(timeout=0)
    assert clock.slept == []
    assert face.sandbox.count("GET", INFO) == 1


def test_waiting_ends_with_a_token_that_cannot_be_renewed(face: Face, clock: MovedClock) -> None:
    """A short-lived token without a refresh token is not outwaited."""
    client = face.sandbox.register_client(
        redirect_uris=face.client.redirect_uris, token_mode="single"
    )
    face.sandbox.settings.single_lifetime = 10
    face.sandbox.add_user("alice").choosing_time = math.inf
    user = connected(face, partner=face.partner(client=client))
    with pytest.raises(KeyPending):
        user.api_key.issue(timeout=29)
    assert sum(clock.slept) < 10
    assert face.sandbox.count(status=401) == 0


def test_a_disabled_key_is_for_the_user_to_mend(face: Face) -> None:
    """A key disabled by disuse ends the wait, its secret is not asked for."""
    user = connected(face)
    made = face.sandbox.add_key("alice", face.client)
    face.sandbox.disable_key(made.external_id)
    with pytest.raises(KeyDisabled, match="dashboard"):
        user.api_key.issue()
    assert face.sandbox.count("GET", SECRET) == 0


def test_the_eu_server_is_not_asked(face: Face) -> None:
    """Where the region has no API keys, no connection is opened for one."""
    user = face.partner(region=Region.EU).user("alice")
    before = face.sandbox.connections()
    with pytest.raises(RegionNotSupported) as caught:
        user.api_key.issue()
    assert caught.value.operation == SECRET
    with pytest.raises(RegionNotSupported):
        user.api_key.info()
    with pytest.raises(RegionNotSupported):
        user.api_key.delete()
    assert face.sandbox.connections() == before
    assert face.sandbox.requests == []


@pytest.mark.parametrize("timeout", [-1, 330.5, math.nan, math.inf, "5", None, True])
def test_a_wrong_timeout_is_named(face: Face, timeout: Any) -> None:
    """It is refused at the call, before the network."""
    user = connected(face)
    face.sandbox.forget_requests()
    with pytest.raises(InvalidArgument) as caught:
        user.api_key.issue(timeout=timeout)
    assert caught.value.argument == "timeout"
    assert face.sandbox.requests == []


def test_who_never_connected_is_told_so(face: Face) -> None:
    """Without tokens and without a key there is nothing to ask with."""
    with pytest.raises(NotConnected):
        face.partner().user("nobody").api_key.issue()
    assert face.sandbox.requests == []


def test_after_a_deletion_the_new_key_is_issued(face: Face) -> None:
    """A user who deleted the key and connected anew gets the new one, not what custody had."""
    old = connected(face).api_key.issue()
    face.sandbox.delete_key(old.external_id, "user")
    new = connected(face).api_key.issue()
    assert new.external_id != old.external_id
    assert new.secret != old.secret
    assert face.partner().user("alice").api_key.issue() == new


def test_another_login_with_the_same_key_asks_once_only(face: Face) -> None:
    """A second login that finds the same key returns its stored secret, without asking for it."""
    user = connected(face)
    key = user.api_key.issue()
    # The gate turns such a user away: the key is hidden from it for a moment.
    partner = face.partner()
    login = partner.authorize("alice")
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    made.deleted = "user"
    callback = face.sandbox.person("alice").approve(login.url)
    again = partner.connect(callback, binding=login.binding, user_id="alice")
    made.deleted = None
    face.sandbox.forget_requests()
    assert again.api_key.issue() == key
    assert face.sandbox.count("GET", SECRET) == 0
    assert face.sandbox.count("GET", INFO) == 1


def test_adopted_keys_are_issued_as_they_are(face: Face, sandbox: Sandbox) -> None:
    """A key that the partner had already is stored, and returned without a request."""
    user = face.partner().adopt("bob", public_key="known", secret="s3cret", external_id="id-1")
    key = face.partner().user("bob").api_key.issue()
    assert (key.public_key, key.external_id, key.secret.reveal()) == ("known", "id-1", "s3cret")
    assert repr(user).endswith("'bob'>")
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("user_id", ""),
        ("user_id", 7),
        ("public_key", " "),
        ("public_key", "ключ"),
        ("public_key", "a b"),
        ("public_key", "a\r\nx-evil: 1"),
        ("secret", ""),
        ("secret", None),
        ("external_id", ""),
        ("external_id", "é"),
    ],
)
def test_what_cannot_be_adopted_is_named(face: Face, argument: str, value: Any) -> None:
    """A key that could never be sent is refused at the call, by the argument's name."""
    given = {"user_id": "bob", "public_key": "known", "secret": "s3cret"} | {argument: value}
    with pytest.raises(InvalidArgument) as caught:
        face.partner().adopt(given.pop("user_id"), **given)
    assert caught.value.argument == argument
    assert "s3cret" not in str(caught.value)


def test_a_forgotten_user_has_nothing(face: Face) -> None:
    """`forget` takes tokens and key out of custody, and sends nothing."""
    partner = face.partner()
    user = connected(face, partner=partner)
    user.api_key.issue()
    face.sandbox.forget_requests()
    partner.erase("alice")
    with pytest.raises(NotConnected):
        user.api_key.issue()
    with pytest.raises(NotConnected):
        user.account.balances.spot()
    assert face.sandbox.requests == []


@pytest.mark.parametrize("volatile", [False, True])
def test_a_store_that_forgets_is_refused(face: Face, *, volatile: bool) -> None:
    """Off loopback no once-only secret is put into memory, unless one says that one knows."""
    asked = list[str]()
    token = {"access_token": "made-up", "expires_in": 300, "token_type": "Bearer"}
    info = {"exists": True, "isEnabled": True, "externalId": "id-1", "permissions": []}

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        answers = {"/oauth2/token": token, "/oauth2/api-key/info": info}
        return httpx.Response(
            200, json={"data": answers.get(request.url.path, {"apiSecret": "made-up-too"})}
        )

    partner = face.partner(
        base_url="https://whitebit.example",
        store=MemoryStore(volatile=volatile),
        transport=lambda: httpx.MockTransport(answer),
        async_transport=lambda: httpx.MockTransport(answer),
    )
    login = partner.authorize("alice")
    callback = {"state": state_of(login), "code": "c"}
    user = partner.connect(callback, binding=login.binding, user_id="alice")
    asked.clear()
    if volatile:
        assert user.api_key.issue().external_id == "id-1"
        return
    with pytest.raises(StoreVolatile, match="volatile=True"):
        user.api_key.issue()
    assert asked == []
