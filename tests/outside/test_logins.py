"""Logins over several processes: two tabs, repeated callbacks, crashes, many at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from whitebit_ext import Login, SQLStore, WhiteBIT
from whitebit_ext.errors import CodeRejected, CodeUnanswered
from whitebit_ext.runtime.clock import SystemClock
from whitebit_ext.sandbox import PartnerClient, Sandbox

from ..looking import custody_of, row_of
from .conftest import Make, Start


@pytest.fixture(autouse=True)
def alice(sandbox: Sandbox) -> None:
    """Add the user."""
    sandbox.add_user("alice")


def connecting(login: Login, callback: str) -> str:
    """Return what has a process finish a login."""
    return f"partner.connect({callback!r}, binding={login.binding!r}, user_id='alice').id"


def begun(sandbox: Sandbox, partner: WhiteBIT) -> str:
    """Start a login and approve it; return what has a process finish it."""
    login = partner.authorize("alice")
    return connecting(login, sandbox.person("alice").approve(login.url))


def exchanges(sandbox: Sandbox) -> int:
    """Return how many codes were sent to the server."""
    return sandbox.count("POST", "/oauth2/token")


def test_a_repeated_callback_ends_as_the_first_did(
    sandbox: Sandbox, partner: WhiteBIT, start: Start
) -> None:
    """A refused and a malformed response are told to each process that asks; nothing is resent."""
    sandbox.settings.key_delay = 60.0  # the dropped exchange makes a key, which would block a login
    other = start()
    faults: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"kind": "status", "status": 403}, CodeRejected),
        ({"kind": "html", "status": 403}, CodeRejected),
        ({"kind": "body", "body": "{}"}, CodeUnanswered),
        ({"kind": "drop_after"}, CodeUnanswered),
    ]
    for sent, (fault, error) in enumerate(faults, 1):
        login = partner.authorize("alice")
        callback = sandbox.person("alice").approve(login.url)
        sandbox.faults.add("exchange_code", **fault)
        with pytest.raises(error):
            partner.connect(callback, binding=login.binding, user_id="alice")
        for _ in range(2):
            assert other.ask(connecting(login, callback)) == error.__name__
        forged = {"error": "access_denied", "state": callback.rpartition("state=")[2]}
        again = connecting(login, callback).replace(repr(callback), repr(forged))
        assert other.ask(again) == "StateReused"
        assert exchanges(sandbox) == sent
    assert other.ask(begun(sandbox, partner)) == "alice"


def test_two_tabs(
    sandbox: Sandbox,
    partner: WhiteBIT,
    client: PartnerClient,
    start: Start,
    store_url: str,
    key: str,
) -> None:
    """Both codes are under way at once: the later one wins, and the other is told, ever after."""
    one, other = start(), start()
    first, second = partner.authorize("alice"), partner.authorize("alice")
    calls = [
        connecting(login, sandbox.person("alice").approve(login.url)) for login in (first, second)
    ]
    with sandbox.hold("exchange_code") as held:
        one.tell(calls[0])
        held.wait(1, timeout=20)
        other.tell(calls[1])
        held.wait(2, timeout=20)
        held.release()
    assert other.answer() == "alice"
    assert one.answer() in ("alice", "ConnectionChanged")
    with SQLStore(store_url) as store:
        row = row_of(custody_of(store, [key], client.client_id, sandbox.url("global")), "alice")
    assert row is not None
    assert row.login == second.id
    for process in (one, other):
        assert [process.ask(call) for call in calls] == ["ConnectionChanged", "alice"]
    assert exchanges(sandbox) == 2


class SlowClock(SystemClock):
    """A machine's clock that is 20 seconds behind.

    Attributes:
        waited: Is set once somebody waits.
    """

    def __init__(self) -> None:
        self.waited = threading.Event()

    def time(self) -> float:
        """Return unix time."""
        return super().time() - 20.0

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.waited.set()
        super().sleep(seconds)


def test_a_repeated_callback_waits_whatever_the_clocks_say(
    sandbox: Sandbox, partner: WhiteBIT, start: Start, make: Make
) -> None:
    """While the code is under way elsewhere, another machine waits, also with a wrong clock."""
    login = partner.authorize("alice")
    callback = sandbox.person("alice").approve(login.url)
    clock = SlowClock()
    one, other = start(), make(clock=clock)
    with sandbox.hold("exchange_code") as held, ThreadPoolExecutor(1) as thread:
        one.tell(connecting(login, callback))
        held.wait(1, timeout=20)
        again = thread.submit(other.connect, callback, binding=login.binding, user_id="alice")
        again.add_done_callback(lambda _: clock.waited.set())
        assert clock.waited.wait(20)
        held.release()
        assert again.result(20).id == "alice"
    assert one.answer() == "alice"
    assert exchanges(sandbox) == 1


@pytest.mark.parametrize(
    ("died", "sent", "answer"),
    [
        ({"dies_at": 1, "dies_in": "login"}, 0, "CodeUnanswered"),
        ({"dies_at": 1}, 0, "CodeUnanswered"),
        ({"dies_at": 2}, 1, "alice"),
        ({"dies_at": 3}, 1, "alice"),
    ],
    ids=["row changed", "exchange recorded", "response stored", "pair stored"],
)
def test_a_crash_in_the_callback(
    sandbox: Sandbox,
    partner: WhiteBIT,
    start: Start,
    died: dict[str, Any],
    sent: int,
    answer: str,
) -> None:
    """The same callback in another process says what became of it; no code is sent again."""
    call = begun(sandbox, partner)
    assert start(**died).ask(call) is None
    other = start(timeout=1.5)
    assert other.ask(call) == answer
    assert exchanges(sandbox) == sent
    if answer == "alice":
        assert other.ask("bool(user.bearer.account.balances.main())") is True
    else:
        assert other.ask(begun(sandbox, partner)) == "alice"


def test_two_processes_count_together(
    sandbox: Sandbox, partner: WhiteBIT, start: Start, store_url: str
) -> None:
    """However many logins of a user are started at once, five are kept."""
    others = [start(), start()]
    for _ in range(5):
        for other in others:
            other.tell("partner.authorize('alice').id")
    ids = {other.answer() for _ in range(5) for other in others}
    assert len(ids) == 10
    with SQLStore(store_url) as store:
        assert len(list(store.scan("login"))) == 5
        assert len(list(store.scan("logins"))) == 1
