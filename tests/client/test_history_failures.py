"""Failed reads: retries, errors, the request budget, and the end of Bearer reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from whitebit_ext.errors import (
    BadRequest,
    BearerReadsRemoved,
    Forbidden,
    NotFound,
    RateLimited,
    ResponseError,
    ServerError,
    Unauthorized,
    WhiteBITError,
)
from whitebit_ext.sandbox import Sandbox

from .faces import Face, MovedClock, connected
from .test_history_walks import OPERATIONS, READS, ready, walk

ACCESS = ("bearer", "signed")

PASSING: list[dict[str, Any]] = [
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 500},
    {"kind": "html", "status": 520},
    {"kind": "drop_before"},
    {"kind": "drop_after"},
]


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{fault['kind']}")
def test_temporary_failure_loses_no_row(
    face: Face, clock: MovedClock, access: str, fault: dict[str, Any]
) -> None:
    """A rate limit, a server error and a broken connection are retried after a doubling wait."""
    user = ready(face, deals=5)
    clock.slept.clear()
    face.sandbox.faults.add(OPERATIONS[access, "deals"], times=4, **fault)
    assert len(list(walk(user, access, "deals"))) == 5
    assert [2**place <= pause <= 1.25 * 2**place for place, pause in enumerate(clock.slept)] == (
        [True] * 4
    )


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize("which", ["main", "spot"])
def test_balance_has_three_attempts(face: Face, clock: MovedClock, access: str, which: str) -> None:
    """A balance read has three attempts, and then raises the error of the last."""
    user = ready(face)
    clock.slept.clear()
    name = {
        ("bearer", "main"): "get_account_main_balance",
        ("bearer", "spot"): "get_account_spot_balance",
        ("signed", "main"): "get_main_account_balance",
        ("signed", "spot"): "get_trade_account_balance",
    }[access, which]
    face.sandbox.faults.add(name, kind="status", status=503, times=None)
    with pytest.raises(ServerError):
        getattr(getattr(user, access).account.balances, which)()
    assert (face.sandbox.count(path=name), len(clock.slept)) == (3, 2)


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, BadRequest), (422, BadRequest), (403, Forbidden), (423, WhiteBITError)],
)
def test_refusal_is_not_retried(
    face: Face, clock: MovedClock, access: str, status: int, kind: type[WhiteBITError]
) -> None:
    """A refusal by the server is raised at once."""
    user = ready(face)
    clock.slept.clear()
    operation = OPERATIONS[access, "converts"]
    face.sandbox.faults.add(operation, kind="status", status=status, times=None)
    with pytest.raises(kind) as caught:
        next(walk(user, access, "converts"))
    assert caught.value.status_code == status
    assert (face.sandbox.count(path=operation), clock.slept) == (1, [])


@pytest.mark.parametrize("read", [*READS, "main", "spot"])
@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("fault", ["status", "html"])
def test_end_of_bearer_reads_is_a_typed_error(
    face: Face, read: str, status: int, fault: Any
) -> None:
    """Removed paths raise an error that names the date and the replacement."""
    user = ready(face)
    name = OPERATIONS.get(("bearer", read), f"get_account_{read}_balance")
    face.sandbox.faults.add(name, kind=fault, status=status, times=None)
    account = user.bearer.account
    call: Callable[[], Any] = (
        getattr(account.balances, read)
        if read in ("main", "spot")
        else lambda: next(getattr(account, read)())
    )
    with pytest.raises(BearerReadsRemoved) as caught:
        call()
    assert (caught.value.status_code, caught.value.operation) == (status, name)
    assert "2026-11-01" in caught.value.hint
    assert "user.signed.account" in caught.value.hint
    assert caught.value.__context__ is None


def test_403_of_a_bearer_read_names_both_causes(face: Face) -> None:
    """The hint of a Bearer 403 names scope and removal; signed 403 and 404 do not."""
    user = ready(face)
    for access in ACCESS:
        face.sandbox.faults.add(OPERATIONS[access, "deals"], kind="status", status=403)
    with pytest.raises(Forbidden) as bearer:
        next(user.bearer.account.deals())
    with pytest.raises(Forbidden) as signed:
        next(user.signed.account.deals())
    for word in ("scope", "2026-11-01", "user.signed.account"):
        assert word in bearer.value.hint
        assert word not in signed.value.hint
    face.sandbox.faults.add(OPERATIONS["signed", "deals"], kind="status", status=404)
    with pytest.raises(NotFound) as gone:
        next(user.signed.account.deals())
    assert isinstance(gone.value, ResponseError)


def test_missing_scope_is_a_403(face: Face) -> None:
    """A token of a client without the scope gets the hint over a real connection."""
    face.client = face.sandbox.register_client(
        redirect_uris=face.client.redirect_uris, scopes=("users.balances.read",)
    )
    user = connected(face)
    with pytest.raises((Forbidden, Unauthorized), match="scope"):
        next(user.bearer.account.orders())
    assert user.bearer.account.balances.spot() is not None


def test_all_users_share_one_budget(face: Face, clock: MovedClock) -> None:
    """Users of one partner share 200 requests in ten seconds, and the server sends no 429."""
    partner = face.partner()
    users = []
    for name in ("alice", "bob", "carol"):
        face.sandbox.add_user(name)
        face.sandbox.seed_history(name, transactions=1)
        user = connected(face, name, partner=partner)
        user.api_key.issue()
        users.append(user)
    clock.slept.clear()
    face.sandbox.forget_requests()
    for number in range(201):
        next(users[number % 3].account.transactions(limit=1))
    assert len(clock.slept) == 1
    assert 10 <= clock.slept[0] <= 11
    assert face.sandbox.count(path="list_main_account_history", status=429) == 0
    users[0].account.balances.main()
    assert len(clock.slept) == 1


def test_429_caused_by_another_process_is_retried(
    face: Face, sandbox: Sandbox, clock: MovedClock
) -> None:
    """Another process at the same address uses the same limit, and its 429 is retried."""
    user = ready(face, transactions=1)
    elsewhere = face.partner().user("alice")
    for number in range(150):
        next((user, elsewhere)[number % 2].account.transactions(limit=1))
    clock.slept.clear()
    for _ in range(60):
        next(user.account.transactions(limit=1))
    assert sandbox.count(path="list_main_account_history", status=429) >= 1
    assert clock.slept


def test_lasting_rate_limit_is_raised(face: Face, clock: MovedClock) -> None:
    """After six attempts `RateLimited` is raised; each attempt was signed again."""
    user = ready(face)
    clock.slept.clear()
    operation = OPERATIONS["signed", "transactions"]
    face.sandbox.faults.add(operation, kind="status", status=429, times=None)
    with pytest.raises(RateLimited):
        next(user.account.transactions())
    assert face.sandbox.count(path=operation) == 6
    assert 31 <= sum(clock.slept) <= 31 * 1.25
    assert face.sandbox.breaches == []


def test_walk_is_signed_once_there_is_a_key(face: Face) -> None:
    """`account` reads with the token until there is a key; the same walk then continues signed."""
    face.sandbox.add_user("alice")
    face.sandbox.seed_history("alice", deals=30)
    user = connected(face)
    rows = user.account.deals(limit=10)
    found = [next(rows) for _ in range(10)]
    user.api_key.issue()
    found += list(rows)
    assert len({record.id for record in found}) == len(found) == 30
    used = [r.operation for r in face.sandbox.requests if r.operation and "list" in r.operation]
    assert used[0] == OPERATIONS["bearer", "deals"]
    assert used[-1] == OPERATIONS["signed", "deals"]
