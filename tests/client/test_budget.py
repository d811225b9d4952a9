"""The request budget of an IP address: how many reads may be sent in ten seconds."""

from __future__ import annotations

import threading
from bisect import bisect_left

import pytest

from whitebit_api.operations import OPERATIONS
from whitebit_ext.http.budget import Budget, budget_of
from whitebit_ext.runtime.clock import SystemClock

from .hand_clock import HandClock
from .test_forks import in_child

WINDOW = 10.0
SCOPES = {
    "list_main_account_history": 200,
    "get_main_account_balance": 1_000,
    "get_trade_account_balance": 12_000,
    "list_trade_account_order_history": 12_000,
    "list_trade_account_executed_history": 12_000,
    "list_convert_history": 10_000,
    "list_account_transactions": 10_000,
}


@pytest.mark.parametrize(("name", "limit"), SCOPES.items())
def test_read_counts_under_the_longest_prefix(name: str, limit: int) -> None:
    """The longest documented prefix of a path determines its limit."""
    found = OPERATIONS[name].rate_limit
    assert (found.requests, found.seconds) == (limit, WINDOW)
    assert OPERATIONS[name].path.startswith(found.paths)
    clock = HandClock()
    budget = Budget(clock)
    assert {budget.reserve(name) for _ in range(limit)} == {0.0}
    assert budget.reserve(name) > WINDOW


@pytest.mark.parametrize(("name", "limit"), [("list_main_account_history", 200)])
@pytest.mark.parametrize("pace", [0.0, 0.013, 0.049, 0.06, 3.0])
def test_no_window_exceeds_the_limit(name: str, limit: int, pace: float) -> None:
    """Whenever the server's window begins, at most the limit is sent in it."""
    clock = HandClock()
    budget = Budget(clock)
    left = []
    for _ in range(3 * limit):
        clock.sleep(budget.reserve(name))
        left.append(clock.monotonic())
        clock.sleep(pace)
    most = max(bisect_left(left, begin + WINDOW) - place for place, begin in enumerate(left))
    assert most <= limit
    assert (most == limit) is (pace * limit <= WINDOW)


def test_read_below_the_limit_does_not_wait() -> None:
    """Below the limit no read waits, and a full budget does not affect the others."""
    clock = HandClock()
    budget = Budget(clock)
    assert [budget.reserve("list_main_account_history") for _ in range(200)] == [0.0] * 200
    assert budget.reserve("list_main_account_history") > WINDOW
    assert budget.reserve("get_main_account_balance") == 0.0


def test_places_are_taken_once() -> None:
    """Concurrent threads get one place each."""
    budget = Budget(HandClock())
    waits: list[float] = []

    def ask() -> None:
        waits.extend(budget.reserve("list_main_account_history") for _ in range(100))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rounds = sorted(round(wait, 6) for wait in waits)
    assert rounds == sorted([0.0, 10.5, 21.0, 31.5] * 200)


def test_one_budget_for_each_server_and_egress() -> None:
    """Partners of one process share it; another server, egress or clock has its own."""
    one = budget_of("https://a.example:443", "default", SystemClock())
    assert budget_of("https://a.example:443", "default", SystemClock()) is one
    assert budget_of("https://b.example:443", "default", SystemClock()) is not one
    assert budget_of("https://a.example:443", "second", SystemClock()) is not one
    assert budget_of("https://a.example:443", "default", HandClock()) is not one


def test_forked_child_has_a_new_budget() -> None:
    """A forked child waits neither for its parent's requests nor for a lock that it held."""
    budget = Budget(HandClock())
    for _ in range(200):
        budget.reserve("list_main_account_history")
    with budget._lock:
        said = in_child(lambda: str(budget.reserve("list_main_account_history")))
    assert said == "0.0"
    assert budget.reserve("list_main_account_history") > WINDOW
