"""The code goes out once: refusals, nonsense, silence and races at the token endpoint."""

from __future__ import annotations

import json
import logging
import socket
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from whitebit_ext import Login, User, WhiteBIT
from whitebit_ext.errors import (
    CodeRejected,
    CodeUnanswered,
    ConnectionChanged,
    NotConnected,
    NotSent,
    RateLimited,
    StoreUnavailable,
)
from whitebit_ext.runtime.clock import SystemClock

from ..looking import login_id, pair_of, row_of, state_of
from .faces import REDIRECT_URI, Face
from .refreshing import in_thread
from .stores import WatchedStore


@pytest.fixture
def partner(face: Face) -> WhiteBIT:
    """Return a partner of the interface under test, with a user who can connect."""
    face.sandbox.add_user("alice")
    return face.partner(timeout=20.0)


def exchanges(face: Face) -> int:
    """Return how many codes were sent to the server."""
    return face.sandbox.count("POST", "/oauth2/token")


def token_answer(**changes: Any) -> str:
    """Return the body of a token answer, with changes of its fields."""
    data = {
        "access_token": "c3RvbGVu",
        "expires_in": 300,
        "refresh_token": "cmVmcmVzaA==",
        "scope": "apikeys.read",
        "token_type": "Bearer",
    } | changes
    return json.dumps({"data": data})


REJECTED: list[dict[str, Any]] = [
    {"kind": "status", "status": 400},
    {"kind": "status", "status": 401},
    {"kind": "status", "status": 403},
    {"kind": "status", "status": 404},
    {"kind": "status", "status": 422},
    {"kind": "html", "status": 403},
]
UNANSWERED: list[dict[str, Any]] = [
    {"kind": "status", "status": 302, "headers": {"location": "https://evil.example/"}},
    {"kind": "status", "status": 418},
    {"kind": "status", "status": 500},
    {"kind": "html", "status": 502},
    {"kind": "html", "status": 520},
    {"kind": "html", "status": 200},
    {"kind": "empty"},
    {"kind": "truncated"},
    {"kind": "cut_off"},
    {"kind": "wrong_types"},
    {"kind": "duplicate_keys"},
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "drop_after", "reset": True},
    {"kind": "body", "body": "[]"},
    {"kind": "body", "body": "null"},
    {"kind": "body", "body": '{"data": null}'},
    {"kind": "body", "body": '{"data": []}'},
    {"kind": "body", "body": '{"data": {"message": ["Invalid request"]}}'},
    {"kind": "body", "body": token_answer(access_token=None)},
    {"kind": "body", "body": token_answer(access_token="")},
    {"kind": "body", "body": token_answer(access_token="\ud800")},
    {"kind": "status", "status": 204},
]


# A code cannot be sent again, so what can be used of an answer is used.
ODD: list[dict[str, Any]] = [
    {"kind": "body", "body": token_answer(token_type="mac")},
    {"kind": "body", "body": token_answer(token_type=None, scope=7)},
    {"kind": "body", "body": token_answer(expires_in=0)},
    {"kind": "body", "body": token_answer(expires_in="soon")},
    {"kind": "body", "body": token_answer(expires_in=10**400)},
    {"kind": "body", "body": token_answer().replace("300", "NaN")},
    {"kind": "body", "body": token_answer(refresh_token=7)},
    {"kind": "body", "body": token_answer(refresh_token="")},
    {"kind": "body", "body": token_answer(), "status": 201},
    {"kind": "body", "body": "\ufeff" + token_answer()},
    {"kind": "body", "body": "<b>Notice</b> {x} " + token_answer() + "<!-- cached -->"},
    {"kind": "body", "body": token_answer()[:-1]},
    {"kind": "body", "body": json.loads(token_answer())["data"]},
    {"kind": "not_utf8"},
    {"kind": "huge"},
]


@pytest.mark.parametrize(
    "fault", ODD, ids=lambda fault: "-".join(map(str, fault.values()))[:60].replace("\ufeff", "BOM")
)
def test_an_odd_answer_that_holds_a_token_connects(
    face: Face, partner: WhiteBIT, fault: dict[str, Any]
) -> None:
    """Noise around the JSON, another status, and fields of another form cost nobody the login."""
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    if isinstance(fault.get("body"), dict):
        fault = {**fault, "body": json.dumps(fault["body"])}
    face.sandbox.faults.add("exchange_code", effect=True, **fault)
    partner.connect(callback, binding=login.binding, user_id="alice")
    pair = pair_of(face.custody(), "alice")
    assert pair is not None
    kept = {pair.access.reveal()}
    assert kept in ({"c3RvbGVu"}, face.sandbox.issued_values("access_token"))
    assert exchanges(face) == 1


def test_a_429_gives_the_login_back(face: Face, partner: WhiteBIT) -> None:
    """The server has not taken the code: the same callback is tried again, and connects."""
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    face.sandbox.faults.add(
        "exchange_code", kind="status", status=429, headers={"retry-after": "7"}
    )
    with pytest.raises(RateLimited) as caught:
        partner.connect(callback, binding=login.binding, user_id="alice")
    assert caught.value.retry_after == 7.0
    partner.connect(callback, binding=login.binding, user_id="alice")
    assert partner.user("alice").bearer.account.balances.main()


@pytest.mark.parametrize(
    ("fault", "error"),
    [(fault, CodeRejected) for fault in REJECTED]
    + [(fault, CodeUnanswered) for fault in UNANSWERED],
    ids=lambda value: "-".join(map(str, value.values()))[:50] if isinstance(value, dict) else "",
)
def test_no_bad_answer_becomes_a_pair(
    face: Face,
    partner: WhiteBIT,
    caplog: pytest.LogCaptureFixture,
    fault: dict[str, Any],
    error: type[Exception],
) -> None:
    """Each ends typed, with operation and hint; nothing is stored, sent again or shown."""
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    caplog.set_level(logging.DEBUG)
    face.sandbox.faults.add("exchange_code", **fault)
    with pytest.raises((CodeRejected, CodeUnanswered)) as caught:
        partner.connect(callback, binding=login.binding, user_id="alice")
    assert type(caught.value) is error
    assert caught.value.operation == "exchange_code"
    assert "authorize()" in caught.value.hint
    if fault["kind"] == "status":
        assert caught.value.status_code == fault["status"]
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    with pytest.raises((CodeRejected, CodeUnanswered)) as again:
        face.partner().connect(callback, binding=login.binding, user_id="alice")
    assert type(again.value) is error
    for name in ("message", "status_code", "code", "errors", "hint", "from_api"):
        assert getattr(again.value, name) == getattr(caught.value, name)
    assert exchanges(face) == 1
    assert pair_of(face.custody(), "alice") is None
    shown = f"{caught.value} {caught.value!r} {vars(caught.value)} {caplog.text}"
    for value in (*face.sandbox.issued_values(), "c3RvbGVu"):
        assert value not in shown


def test_a_code_that_has_ended_is_rejected(face: Face, partner: WhiteBIT) -> None:
    """The server's own 401 for an old code is `CodeRejected`, and its hint names the allowlist."""
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    face.clock.advance(61)
    with pytest.raises(CodeRejected, match="Invalid request") as caught:
        partner.connect(callback, binding=login.binding, user_id="alice")
    assert caught.value.status_code == 401
    assert "allowlist" in caught.value.hint


def test_wrong_credentials_are_rejected(face: Face) -> None:
    """A wrong client secret, and an address off the allowlist, end in the same refusal."""
    face.sandbox.settings.address_checks = True
    face.sandbox.add_user("alice")
    listed = face.sandbox.register_client(
        redirect_uris=(REDIRECT_URI,), allowed_addresses=("192.0.2.1",)
    )
    for partner in (face.partner(client_secret="d3Jvbmc="), face.partner(client=listed)):
        login = partner.authorize("alice")
        callback = face.sandbox.person("alice").approve(login.url)
        with pytest.raises(CodeRejected) as caught:
            partner.connect(callback, binding=login.binding, user_id="alice")
        assert caught.value.status_code == 401
        assert "d3Jvbmc=" not in str(caught.value)


def test_a_verifier_of_another_login_does_not_do(face: Face, partner: WhiteBIT) -> None:
    """A code that was injected into another login of the same user fails at the server: PKCE."""
    stolen, own = partner.authorize("alice"), partner.authorize("alice")
    code = parse_qs(urlsplit(face.sandbox.person("alice").approve(stolen.url)).query)["code"][0]
    with pytest.raises(CodeRejected):
        partner.connect(
            {"code": code, "state": state_of(own)}, binding=own.binding, user_id="alice"
        )
    assert pair_of(face.custody(), "alice") is None


def test_a_server_that_is_away_leaves_the_login_usable(face: Face) -> None:
    """A code that never left is tried again with the same callback, in any process."""
    face.sandbox.add_user("alice")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens: a connection is refused
        away = face.partner(base_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        login = away.authorize("alice")
        callback = {"code": "YWJj", "state": state_of(login)}
        for _ in range(2):
            with pytest.raises(NotSent) as caught:
                away.connect(callback, binding=login.binding, user_id="alice")
            assert caught.value.operation == "exchange_code"
    assert exchanges(face) == 0


def test_a_connection_that_was_refused_once(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """After `NotSent` the very same callback connects the user."""
    face.sandbox.add_user("alice")

    class Refusing(httpx.HTTPTransport):
        """A transport that refuses the first request."""

        refused = False

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            """Refuse, once."""
            if not Refusing.refused:
                Refusing.refused = True
                raise httpx.ConnectError("refused")
            return super().handle_request(request)

    partner = face.partner(transport=Refusing)
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    with pytest.raises(NotSent):
        partner.connect(callback, binding=login.binding, user_id="alice")
    partner.connect(callback, binding=login.binding, user_id="alice")
    assert exchanges(face) == 1


def test_a_silent_server_is_given_up(face: Face) -> None:
    """A server that takes the code and says nothing ends in `CodeUnanswered` after the timeout."""
    face.sandbox.add_user("alice")
    partner = face.partner(timeout=0.2)
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    with face.sandbox.hold("exchange_code"), pytest.raises(CodeUnanswered) as caught:
        partner.connect(callback, binding=login.binding, user_id="alice")
    assert caught.value.status_code is None
    assert pair_of(face.custody(), "alice") is None


def test_one_of_many_finishes_a_login(face: Face) -> None:
    """Eight threads of two processes with one callback: one code goes out, and nobody fails."""
    face.sandbox.add_user("alice")
    # The clock of the machine: those who wait for the first would move the other one.
    partner, other = (face.partner(clock=SystemClock()) for _ in range(2))
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    start = threading.Barrier(8)
    ended: list[User] = []

    def finish(process: WhiteBIT) -> None:
        start.wait()
        ended.append(process.connect(callback, binding=login.binding, user_id="alice"))

    threads = [threading.Thread(target=finish, args=(process,)) for process in [partner, other] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert exchanges(face) == 1
    assert len(ended) == 8


def test_the_last_callback_wins(keyless: Face) -> None:
    """Of two tabs, the one whose code left later is connected; the other is told, and undone."""
    face = keyless
    face.sandbox.add_user("alice")
    partner, other = face.partner(), face.partner()
    first, second = partner.authorize("alice"), partner.authorize("alice")
    ways = [face.sandbox.person("alice").approve(login.url) for login in (first, second)]

    def finish(process: WhiteBIT, way: str, login: Login) -> None:
        process.connect(way, binding=login.binding, user_id="alice")

    with face.sandbox.hold("exchange_code") as held:
        thread, errors = in_thread(lambda: finish(partner, ways[0], first))
        held.wait(1, timeout=30)
        later, late_errors = in_thread(lambda: finish(other, ways[1], second))
        held.wait(2, timeout=30)
        held.release()
    later.join()
    thread.join()
    row = row_of(face.custody(), "alice")
    assert row is not None
    assert late_errors == []
    assert row.login == login_id(state_of(second))
    assert [type(error) for error in errors] in ([], [ConnectionChanged])


def test_a_failing_store_does_not_lose_the_pair(face: Face) -> None:
    """A store that fails for some seconds is waited for; one that fails on is told of."""
    face.sandbox.add_user("alice")
    face.store = store = WatchedStore()
    partner = face.partner()
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    store.fails = lambda kind: exchanges(face) > 0 and len(face.clock.slept) < 4
    partner.connect(callback, binding=login.binding, user_id="alice")
    assert len(face.clock.slept) == 4
    assert partner.user("alice").bearer.account.balances.main()


def test_a_pair_that_could_not_be_stored_is_stored_later(face: Face) -> None:
    """After ten seconds the caller is told; the process keeps the pair and stores it next time."""
    face.sandbox.add_user("alice")
    face.store = store = WatchedStore()
    partner = face.partner()
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    store.fails = lambda kind: kind == "connection" and exchanges(face) > 0
    with pytest.raises(StoreUnavailable):
        partner.connect(callback, binding=login.binding, user_id="alice")
    assert 10.0 <= sum(face.clock.slept) < 12.0
    store.fails = lambda _: False
    assert partner.user("alice").bearer.account.balances.main()
    assert face.partner().user("alice").bearer.account.balances.main()
    assert exchanges(face) == 1


def test_erasing_a_user_erases_what_could_not_be_stored(face: Face) -> None:
    """A pair that waits in memory does not come back after `erase`."""
    face.sandbox.add_user("alice")
    face.store = store = WatchedStore()
    partner = face.partner()
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    store.fails = lambda kind: kind == "connection" and exchanges(face) > 0
    with pytest.raises(StoreUnavailable):
        partner.connect(callback, binding=login.binding, user_id="alice")
    store.fails = lambda _: False
    partner.erase("alice")
    user: User = partner.user("alice")
    with pytest.raises(NotConnected):
        user.bearer.account.balances.main()
