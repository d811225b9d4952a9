"""Turns and takeovers of processes: none takes all, and none has to live long."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import pytest

from whitebit_ext import SQLStore, WhiteBIT
from whitebit_ext.sandbox import PartnerClient, Sandbox

from ..looking import Connection, Custody, age_rows, changed, custody_of
from .conftest import Start

READ_ALL = """
list(__import__("concurrent.futures").futures.ThreadPoolExecutor(16).map(
lambda name: str(partner.user(name).bearer.account.balances.main() and name), {names}))
"""
ISSUE = "user.api_key.issue(timeout=1.8).external_id"
REFUSED = ("SecretLocked", "SecretUnanswered", "TokenUnavailable", "ReauthorizationRequired")
READ = "len(user.bearer.account.balances.main())"


@pytest.fixture
def custody(sandbox: Sandbox, client: PartnerClient, rows: SQLStore, key: str) -> Custody:
    """Open the rows beside the processes."""
    return custody_of(rows, [key], client.client_id, sandbox.url("global"))


def connect(sandbox: Sandbox, partner: WhiteBIT, name: str) -> None:
    """Take a user through a login."""
    sandbox.add_user(name)
    login = partner.authorize(name)
    partner.connect(sandbox.person(name).approve(login.url), binding=login.binding, user_id=name)


def due(row: Connection, age: float = 299) -> Connection:
    """Return a row whose access token is about to expire, or has."""
    assert row.pair is not None
    return attrs.evolve(row, pair=attrs.evolve(row.pair, obtained_at=row.pair.obtained_at - age))


def test_no_process_takes_every_turn(
    sandbox: Sandbox, partner: WhiteBIT, custody: Custody, start: Start
) -> None:
    """Two processes with many pairs to renew go by turns, from when both are waiting."""
    names = {who: [f"{who}{number}" for number in range(5)] for who in ("a", "b")}
    for name in itertools.chain(*names.values()):
        connect(sandbox, partner, name)
        changed(custody, name, lambda row: due(row, 305))
    processes = {who: start(refresh_interval=0.15) for who in names}
    for who, process in processes.items():  # both are up, and have read a row
        assert process.ask(f"partner.user('{names[who][0]}').api_key.health()") == "NotConnected"
    sandbox.forget_requests()
    sandbox.limits.refresh_enabled = False  # the pace is faster here than the real one
    for who, process in processes.items():
        process.tell(READ_ALL.format(names=names[who]))
    assert {who: process.answer() for who, process in processes.items()} == names
    turns = [
        label.rpartition(" ")[2][0]
        for request in sandbox.requests
        if request.operation == "refresh_token"
        for label in request.credentials
        if label.startswith("refresh_token")
    ]
    assert len(turns) == 10
    both = turns[turns.index("b" if turns[0] == "a" else "a") :]
    last = min(len(both) - both[::-1].index(who) for who in names)
    longest = max(len(list(run)) for _, run in itertools.groupby(both[:last]))
    assert longest <= 3, turns


@pytest.mark.parametrize("call", [ISSUE, READ])
def test_processes_that_live_for_two_seconds_go_on(
    sandbox: Sandbox,
    partner: WhiteBIT,
    custody: Custody,
    start: Start,
    rows: SQLStore,
    call: str,
) -> None:
    """After a kill the lease is taken over by the store's clock, by whoever watches a second."""
    connect(sandbox, partner, "alice")
    if call == READ:
        changed(custody, "alice", lambda row: due(row, 305))
    assert start(dies_at=1).ask(call) is None
    if call == ISSUE:
        said: Any = start().ask(f"{call.replace('1.8', '0')} and 1")
        assert said == "SecretLocked"
    age_rows(rows, 200)
    short = start()
    assert short.ask(call) not in (None, *REFUSED)
    operation = "get_api_key_secret" if call == ISSUE else "refresh_token"
    assert sum(request.operation == operation for request in sandbox.requests) == 1
