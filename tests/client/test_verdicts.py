"""Only the API judges a key, not a CDN's page; and errors do not repeat credentials."""

from __future__ import annotations

import json

import pytest

from whitebit_ext import KeyCondition
from whitebit_ext.custody.leases import Lease, Leases
from whitebit_ext.errors import BadRequest, NotFound, ResponseError, SecretLocked
from whitebit_ext.http.answers import is_clock_skew

from .faces import Face, MovedClock, connected
from .using import read, ready

SPOT = "get_trade_account_balance"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_cdn_page_does_not_change_the_health(face: Face, status: int) -> None:
    """HTML does not judge the key, and its hint names the CDN or a proxy."""
    user = ready(face)
    read(user)
    before = user.api_key.health()
    face.sandbox.faults.add(SPOT, kind="html", status=status)
    with pytest.raises(ResponseError) as caught:
        read(user)
    assert (caught.value.status_code, caught.value.from_api) == (status, False)
    assert "CDN" in caught.value.hint
    assert user.api_key.health() == before
    assert before.condition is KeyCondition.IN_USE


def test_cdn_page_does_not_delete_a_key(face: Face) -> None:
    """A 404 in HTML keeps the stored key; the API's own 404 marks it as gone."""
    user = ready(face)
    face.sandbox.faults.add("delete_api_key", kind="html", status=404)
    with pytest.raises(NotFound):
        user.api_key.delete()
    read(user)
    assert user.api_key.health().condition is KeyCondition.IN_USE
    user.api_key.delete()


def test_wrong_clock_is_in_the_hint(face: Face, clock: MovedClock) -> None:
    """A request that was signed 20 s off is refused with a hint about this machine's clock."""
    user = ready(face)
    clock.ahead = -20
    with pytest.raises(BadRequest) as caught:
        read(user)
    assert is_clock_skew(caught.value)
    assert "clock" in caught.value.hint


def test_echoed_access_token_is_redacted(face: Face) -> None:
    """The token of a Bearer request is redacted in the server's text."""
    user = connected(face)
    pair = face.custody().pair("alice")
    assert pair is not None
    body = json.dumps({"data": {"message": [f"bad token {pair.access.reveal()}"]}})
    face.sandbox.faults.add("get_api_key_info", kind="body", status=400, body=body)
    with pytest.raises(BadRequest) as caught:
        user.api_key.info()
    assert pair.access.reveal() not in f"{caught.value} {vars(caught.value)}"
    assert "bad token [redacted]" in caught.value.message


def test_echoed_signing_secret_is_redacted(face: Face) -> None:
    """The secret of a signed request is redacted, although the request does not contain it."""
    user = connected(face)
    key = user.api_key.issue()
    body = json.dumps({"code": 9, "message": f"not {key.secret.reveal()}", "errors": {}})
    face.sandbox.faults.add(SPOT, kind="body", status=400, body=body)
    with pytest.raises(BadRequest) as caught:
        read(user)
    assert key.secret.reveal() not in f"{caught.value} {vars(caught.value)}"
    assert "not [redacted]" in caught.value.message


def test_retrieval_taken_over_is_locked(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that lost its lease sends nothing and raises `SecretLocked`."""
    user = connected(face)
    with monkeypatch.context() as patch:
        renew = Leases.renew

        def taken_over(leases: Leases, lease: Lease) -> bool:
            return lease.name[0] != "secret" and renew(leases, lease)

        patch.setattr(Leases, "renew", taken_over)
        with pytest.raises(SecretLocked) as caught:
            user.api_key.issue()
    assert "taken over" in caught.value.message
    assert face.sandbox.count("GET", "get_api_key_secret") == 0
    assert user.api_key.issue().secret.reveal()
