"""The secret of an API key, which can be retrieved once."""

from __future__ import annotations

import concurrent.futures
import time
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.judging import message
from whitebit_ext.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner


def test_secret_is_handed_out_once_for_ever(partner: Partner, sandbox: Sandbox) -> None:
    """The first retrieval is 200 and not to be stored by caches, every later one 409."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    answer = partner.secret(external_id, token)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().keys() == {"data"}
    assert answer.json()["data"].keys() == {"apiSecret"}
    assert answer.json()["data"]["apiSecret"] in sandbox.issued_values("api_secret")
    for _ in range(2):
        again = partner.secret(external_id, token)
        assert again.status_code == 409
        assert again.json() == message("Secret already retrieved.")


def test_parallel_retrievals_give_one_secret(partner: Partner, sandbox: Sandbox) -> None:
    """Of many retrievals at once one has the secret, and the others are locked out or too late."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: partner.secret(external_id, token), range(16)))
    assert sorted(answer.status_code for answer in answers).count(200) == 1
    assert {answer.status_code for answer in answers} <= {200, 409, 423}


def test_retrieval_meets_423_while_another_runs(partner: Partner, sandbox: Sandbox) -> None:
    """During a retrieval, another one gets a 423 without Retry-After."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with sandbox.hold("get_api_key_secret") as held:
            first = pool.submit(partner.secret, external_id, token)
            held.wait()
            second = partner.secret(external_id, token)
        assert second.status_code == 423
        assert second.json() == message("Temporary lock, retry shortly.")
        assert "retry-after" not in second.headers
        assert first.result().status_code == 200
    assert partner.secret(external_id, token).status_code == 409


def test_slow_retrieval_takes_sandbox_time(partner: Partner, sandbox: Sandbox) -> None:
    """A retrieval with a duration ends when the clock has moved so far."""
    sandbox.settings.secret_time = 20
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(partner.secret, external_id, token)
        give_up = time.monotonic() + 5
        while not sandbox.keys[0].retrieval_running and time.monotonic() < give_up:
            time.sleep(0.001)
        assert partner.secret(external_id, token).status_code == 423
        sandbox.clock.advance(20)
        assert first.result().status_code == 200


def test_pretended_lock_ends(partner: Partner, sandbox: Sandbox) -> None:
    """After a lock has expired, the secret can still be retrieved."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    sandbox.lock_secret(external_id, 15)
    assert partner.secret(external_id, token).status_code == 423
    sandbox.clock.advance(15)
    assert partner.secret(external_id, token).status_code == 200


def test_retrieval_goes_on_without_its_caller(partner: Partner, sandbox: Sandbox) -> None:
    """A connection that is dropped after the effect loses the secret for ever."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    sandbox.faults.add("get_api_key_secret", kind="drop_after")
    with pytest.raises(Exception, match="disconnected"):
        partner.secret(external_id, token)
    assert partner.secret(external_id, token).status_code == 409
