from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from whitebit_api.operations import OPERATIONS
from whitebit_ext.sandbox import Limit, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner

TOO_MANY = {"code": 0, "message": "Too many requests.", "errors": {}}


def test_one_refresh_per_second(partner: Partner, sandbox: Sandbox) -> None:
    """A second refresh within a second is rejected, and costs nothing."""
    pair = partner.tokens()
    pair = partner.refresh(pair["refresh_token"]).json()["data"]
    sandbox.clock.advance(0.99)
    answer = partner.refresh(pair["refresh_token"])
    assert answer.status_code == 429
    assert answer.json() == TOO_MANY
    assert "retry-after" not in answer.headers
    sandbox.clock.advance(0.01)
    assert partner.refresh(pair["refresh_token"]).status_code == 200


def test_refresh_limit_counts_all_users_of_one_address(partner: Partner, sandbox: Sandbox) -> None:
    """A backend has one budget, however many users it has."""
    alice, bob = partner.tokens(), partner.tokens("bob")
    assert partner.refresh(alice["refresh_token"]).status_code == 200
    assert partner.refresh(bob["refresh_token"]).status_code == 429


def test_refresh_limit_is_per_address(partner: Partner, sandbox: Sandbox) -> None:
    """A caller from another address has a budget of its own."""
    alice, bob = partner.tokens(), partner.tokens("bob")
    assert partner.refresh(alice["refresh_token"]).status_code == 200
    transport = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(transport=transport) as elsewhere:
        partner.http = elsewhere
        assert partner.refresh(bob["refresh_token"]).status_code == 200
    assert {record.address for record in sandbox.requests} == {"127.0.0.1", "127.0.0.2"}


@pytest.mark.parametrize("switch", ["enabled", "refresh_enabled"])
def test_refresh_limit_can_be_switched_off(partner: Partner, sandbox: Sandbox, switch: str) -> None:
    """A test that is about something else may refresh as it likes."""
    setattr(sandbox.limits, switch, False)
    pair = partner.tokens()
    for _ in range(3):
        answer = partner.refresh(pair["refresh_token"])
        assert answer.status_code == 200
        pair = answer.json()["data"]


def test_documented_table(sandbox: Sandbox) -> None:
    """The limits are those of the contract's section 7."""
    table = {limit.prefix: (limit.requests, limit.seconds) for limit in sandbox.limits.table}
    assert table == {
        "/": (10_000, 10.0),
        "/api/v4/public/": (20_000, 10.0),
        "/api/v4/trade-account/": (12_000, 10.0),
        "/api/v4/main-account/": (1_000, 10.0),
        "/api/v4/main-account/history": (200, 10.0),
        "/oauth2/refresh_token": (1, 1.0),
    }


def test_table_agrees_with_the_document(sandbox: Sandbox) -> None:
    """Each operation has the same limit in the sandbox and in the OpenAPI document."""
    for operation in OPERATIONS.values():
        found = next(limit for limit in sandbox.limits.table if limit.covers(operation.path))
        stated = operation.rate_limit
        assert (found.prefix, found.requests, found.seconds) == (
            stated.paths,
            stated.requests,
            stated.seconds,
        )


def test_other_limit_in_its_window(partner: Partner, sandbox: Sandbox) -> None:
    """A limit holds within its window and for its own paths alone."""
    sandbox.limits.table = [Limit("/api/v4/public/", 3, 10.0)]
    time_url = f"{partner.base}/api/v4/public/time"
    assert [partner.http.get(time_url).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert partner.post_token("x").status_code == 401
    sandbox.clock.advance(10)
    assert partner.http.get(time_url).status_code == 200
