"""Only the API judges a key, not a CDN's page; and errors do not repeat credentials."""

from __future__ import annotations

import json
import re
from io import StringIO

import pytest

from whitebit_ext import KeyCondition
from whitebit_ext.errors import BadRequest, ClockSkew, NotFound, ResponseError

from .. import looking
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


@pytest.mark.parametrize("ahead", [-20.0, 20.0, -86_400.0])
def test_wrong_clock_is_corrected(
    face: Face, clock: MovedClock, library_log: StringIO, ahead: float
) -> None:
    """The offset is measured once, logged and applied; later requests are right at once."""
    face.sandbox.traps.numbers_as_strings = ahead > 0  # the server's time, too
    user = ready(face)
    read(user)
    clock.ahead = ahead
    read(user)
    read(user)
    assert face.sandbox.count("POST", SPOT, status=400) == 1
    assert face.sandbox.count("GET", "get_server_time") == 1
    (logged,) = re.findall(r"clock is (\S+) s off", library_log.getvalue())
    assert float(logged) == pytest.approx(ahead, abs=1)
    clock.ahead = 0.0  # the clock was set: the correction is wrong now, and is measured again
    read(user)
    assert face.sandbox.count("GET", "get_server_time") == 2


def test_clock_that_cannot_be_corrected_is_an_error(face: Face, clock: MovedClock) -> None:
    """If the server still rejects the time, the error names the offset, and nothing is repeated."""
    user = ready(face)
    body = json.dumps(
        {
            "code": 0,
            "message": "Your nonce is more than 5 seconds lesser than the current nonce",
            "errors": {},
        }
    )
    face.sandbox.faults.add(SPOT, kind="body", status=400, body=body, times=None)
    with pytest.raises(ClockSkew) as caught:
        read(user)
    assert abs(caught.value.offset) < 1
    assert (caught.value.status_code, caught.value.retryable) == (400, False)
    assert "clock" in caught.value.hint
    assert face.sandbox.count("POST", SPOT) == 2


def test_clock_skew_without_the_servers_time(face: Face, clock: MovedClock) -> None:
    """If the server's time cannot be read, the refused request ends as `ClockSkew`."""
    user = ready(face)
    clock.ahead = -20
    face.sandbox.faults.add("get_server_time", kind="status", status=503, times=None)
    with pytest.raises(ClockSkew):
        read(user)


def test_echoed_access_token_is_redacted(face: Face) -> None:
    """The token of a Bearer request is redacted in the server's text."""
    user = connected(face)
    pair = looking.pair_of(face.custody(), "alice")
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
