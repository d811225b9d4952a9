"""The code is sent once: refusals, malformed responses, silence and races at the token endpoint."""

from __future__ import annotations

import json
import logging
import socket
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from whitebit_ext import User, WhiteBIT
from whitebit_ext.errors import (
    CodeRejected,
    CodeUnanswered,
    NotConnected,
    NotSent,
    StateReused,
    StoreUnavailable,
)

from .faces import REDIRECT_URI, Face
from .stores import WatchedStore


@pytest.fixture
def partner(face: Face) -> WhiteBIT:
    """Return a partner of the face under test, with a user to be."""
    face.sandbox.add_user("alice")
    return face.partner(timeout=1.0)


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
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 500},
    {"kind": "html", "status": 502},
    {"kind": "html", "status": 520},
    {"kind": "html", "status": 200},
    {"kind": "empty"},
    {"kind": "truncated"},
    {"kind": "cut_off"},
    {"kind": "huge"},
    {"kind": "wrong_types"},
    {"kind": "not_utf8"},
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
    {"kind": "body", "body": token_answer(token_type="mac")},
    {"kind": "body", "body": token_answer(expires_in=0)},
    {"kind": "body", "body": token_answer(expires_in=-1)},
    {"kind": "body", "body": token_answer(expires_in="soon")},
    {"kind": "body", "body": token_answer(expires_in=10**400)},
    {"kind": "body", "body": token_answer(expires_in=True)},
    {"kind": "body", "body": token_answer().replace("300", "1e400")},
    {"kind": "body", "body": token_answer().replace("300", "NaN")},
    {"kind": "body", "body": token_answer(access_token="\ud800")},
    {"kind": "body", "body": token_answer(refresh_token=7)},
    {"kind": "body", "body": token_answer(), "status": 201},
    {"kind": "status", "status": 204},
]


@pytest.mark.parametrize(
    ("fault", "error"),
    [(fault, CodeRejected) for fault in REJECTED]
    + [(fault, CodeUnanswered) for fault in UNANSWERED],
    ids=lambda value: "-".join(map(str, value.values()))[:50] if isinstance(value, dict) else "",
)
def test_bad_response_is_not_stored_as_a_pair(
    face: Face,
    partner: WhiteBIT,
    caplog: pytest.LogCaptureFixture,
    fault: dict[str, Any],
    error: type[Exception],
) -> None:
    """Each is a typed error with operation and hint; nothing is stored, resent or shown."""
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    caplog.set_level(logging.DEBUG)
    face.sandbox.faults.add("exchange_code", **fault)
    with pytest.raises((CodeRejected, CodeUnanswered)) as caught:
        partner.connect(callback, state=login.state, user_id="alice")
    assert type(caught.value) is error
    assert caught.value.operation == "exchange_code"
    assert "authorize()" in caught.value.hint
    if fault["kind"] == "status":
        assert caught.value.status_code == fault["status"]
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    with pytest.raises(StateReused):
        partner.connect(callback, state=login.state, user_id="alice")
    assert exchanges(face) == 1
    assert list(face.store.scan("pair")) == []
    shown = f"{caught.value} {caught.value!r} {vars(caught.value)} {caplog.text}"
    for value in (*face.sandbox.issued_values(), "c3RvbGVu"):
        assert value not in shown


def test_expired_code_is_rejected(face: Face, partner: WhiteBIT) -> None:
    """The server's 401 for an expired code is `CodeRejected`; its hint names the allowlist."""
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    face.clock.advance(61)
    with pytest.raises(CodeRejected, match="Invalid request") as caught:
        partner.connect(callback, state=login.state, user_id="alice")
    assert caught.value.status_code == 401
    assert "allowlist" in caught.value.hint


def test_wrong_credentials_are_rejected(face: Face) -> None:
    """A wrong client secret and an unlisted IP address raise the same error."""
    face.sandbox.add_user("alice")
    listed = face.sandbox.register_client(
        redirect_uris=(REDIRECT_URI,), allowed_addresses=("192.0.2.1",)
    )
    for partner in (face.partner(client_secret="d3Jvbmc="), face.partner(client=listed)):
        login = partner.authorize("alice")
        callback = face.sandbox.person("alice").approve(login.url)
        with pytest.raises(CodeRejected) as caught:
            partner.connect(callback, state=login.state, user_id="alice")
        assert caught.value.status_code == 401
        assert "d3Jvbmc=" not in str(caught.value)


def test_verifier_of_another_login_is_refused(face: Face, partner: WhiteBIT) -> None:
    """A code that was injected into another login of the user fails at the server (PKCE)."""
    stolen, own = partner.authorize("alice"), partner.authorize("alice")
    code = parse_qs(urlsplit(face.sandbox.person("alice").approve(stolen.url)).query)["code"][0]
    with pytest.raises(CodeRejected):
        partner.connect({"code": code, "state": own.state}, state=own.state, user_id="alice")
    assert list(face.store.scan("pair")) == []


def test_unreachable_server_leaves_the_login_usable(face: Face) -> None:
    """A code that was not sent can be tried again with the same callback, in any process."""
    face.sandbox.add_user("alice")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens: a connection is refused
        away = face.partner(base_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        login = away.authorize("alice")
        callback = {"code": "YWJj", "state": login.state}
        for _ in range(2):
            with pytest.raises(NotSent) as caught:
                away.connect(callback, state=login.state, user_id="alice")
            assert caught.value.operation == "exchange_code"
    assert exchanges(face) == 0


def test_same_callback_works_after_not_sent(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """After `NotSent`, the same callback connects the user."""
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
        partner.connect(callback, state=login.state, user_id="alice")
    partner.connect(callback, state=login.state, user_id="alice")
    assert exchanges(face) == 1


def test_silent_server_is_code_unanswered(face: Face) -> None:
    """A server that receives the code and sends nothing gives `CodeUnanswered` at the timeout."""
    face.sandbox.add_user("alice")
    partner = face.partner(timeout=0.2)
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    with face.sandbox.hold("exchange_code"), pytest.raises(CodeUnanswered) as caught:
        partner.connect(callback, state=login.state, user_id="alice")
    assert caught.value.status_code is None
    assert list(face.store.scan("pair")) == []


def test_concurrent_callbacks_send_one_code(face: Face, partner: WhiteBIT) -> None:
    """Eight threads of two processes with one callback send one code, and seven get an error."""
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    processes = [partner, face.partner()] * 4
    start = threading.Barrier(8)
    ended: list[User | StateReused] = []

    def finish(process: WhiteBIT) -> None:
        start.wait()
        try:
            ended.append(process.connect(callback, state=login.state, user_id="alice"))
        except StateReused as error:
            ended.append(error)

    threads = [threading.Thread(target=finish, args=(process,)) for process in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert exchanges(face) == 1
    assert len([outcome for outcome in ended if isinstance(outcome, StateReused)]) == 7
    assert len(ended) == 8


def test_failing_store_does_not_lose_the_pair(face: Face) -> None:
    """A store that fails for some seconds is retried; a longer failure is an error."""
    face.sandbox.add_user("alice")
    face.store = store = WatchedStore()
    partner = face.partner()
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    store.fails = lambda kind: kind == "pair" and len(face.clock.slept) < 4
    partner.connect(callback, state=login.state, user_id="alice")
    assert len(face.clock.slept) == 4
    assert partner.user("alice").bearer.account.balances.main()


def test_unsaved_pair_is_stored_later(face: Face) -> None:
    """After ten seconds an error is raised; the process keeps the pair and stores it later."""
    face.sandbox.add_user("alice")
    face.store = store = WatchedStore()
    partner = face.partner()
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    store.fails = lambda kind: kind == "pair"
    with pytest.raises(StoreUnavailable):
        partner.connect(callback, state=login.state, user_id="alice")
    assert 10.0 <= sum(face.clock.slept) < 12.0
    store.fails = lambda _: False
    assert partner.user("alice").bearer.account.balances.main()
    assert face.partner().user("alice").bearer.account.balances.main()
    assert exchanges(face) == 1


def test_forget_removes_the_unsaved_pair(face: Face) -> None:
    """A pair that is kept in memory does not come back after `forget`."""
    face.sandbox.add_user("alice")
    face.store = store = WatchedStore()
    partner = face.partner()
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    store.fails = lambda kind: kind == "pair"
    with pytest.raises(StoreUnavailable):
        partner.connect(callback, state=login.state, user_id="alice")
    store.fails = lambda _: False
    partner.forget("alice")
    user: User = partner.user("alice")
    with pytest.raises(NotConnected):
        user.bearer.account.balances.main()
