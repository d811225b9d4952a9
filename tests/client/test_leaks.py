"""No secret appears in logs, errors, frames, pickles, representations or rows."""

from __future__ import annotations

import base64
import logging
import pickle
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest

from whitebit_ext import Secret, User, WhiteBIT, WhiteBITError
from whitebit_ext.sandbox import Sandbox

from ..looking import KINDS, key_of, library_objects, pair_of
from .faces import Face
from .failing import FailingStore

LOGGERS = ("", "httpx", "httpcore", "whitebit_ext", "asyncio", "authlib")
OPERATIONS = (
    "get_api_key_info",
    "get_api_key_secret",
    "delete_api_key",
    "get_account_spot_balance",
    "get_trade_account_balance",
    "refresh_token",
)


def encodings(value: str) -> set[bytes]:
    """Return a value in the five encodings in which it may appear."""
    raw = value.encode()
    return {
        raw,
        quote(value, safe="").encode(),
        # Without the ends, which depend on what is around it.
        base64.b64encode(raw)[:-4],
        base64.urlsafe_b64encode(raw)[:-4],
        raw.hex().encode(),
    }


class Seen:
    """Everything that was shown, and the search of it."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog
        self._shown: list[bytes] = []

    def show(self, *things: Any) -> None:
        """Add what a value shows."""
        for thing in things:
            if isinstance(thing, bytes):
                self._shown.append(thing)
                continue
            self._shown.append(f"{thing!r} {thing} {thing:}".encode())
            state = getattr(thing, "__dict__", {})
            self._shown.append(repr(state).encode())

    def fail(self, error: BaseException) -> None:
        """Add an error: text, state, pickle, and the library's frames with their locals."""
        self.show(error, error.args, pickle.dumps(error))
        assert error.__cause__ is None
        assert error.__context__ is None
        made = traceback.TracebackException.from_exception(error, capture_locals=True)
        for frame in made.stack:
            if "/tests/" not in frame.filename:
                self.show(repr(frame.locals))
        depth = error.__traceback__
        while depth is not None:
            if "/tests/" not in depth.tb_frame.f_code.co_filename:
                for value in depth.tb_frame.f_locals.values():
                    self.show(repr(value), repr(getattr(value, "__dict__", "")))
            depth = depth.tb_next

    @contextmanager
    def away(self) -> Iterator[None]:
        """Ignore what is logged meanwhile: the browser's part, whose address has the code."""
        before = len(self._caplog.records)
        yield
        del self._caplog.records[before:]

    def hits(self, sandbox: Sandbox) -> list[str]:
        """Return the kinds of secrets that were found, because a report must not show them."""
        haystack = b"\n".join(self._shown) + b"\n"
        for record in self._caplog.records:
            haystack += f"{record.getMessage()} {record.args!r} {record.exc_text}\n".encode()
        kinds: tuple[Any, ...] = (
            "client_secret", "code", "access_token", "refresh_token", "api_secret",
            "code_verifier",
        )  # fmt: skip
        return [
            kind
            for kind in kinds
            for value in sandbox.issued_values(kind)
            if any(needle in haystack for needle in encodings(value))
        ]


def logged_in(face: Face, seen: Seen, partner: WhiteBIT) -> User:
    """Take alice through the login, and search everything except her browser's part."""
    login = partner.authorize("alice")
    with seen.away():
        callback = face.sandbox.person("alice").approve(login.url)
    seen.show(login)
    return partner.connect(callback, binding=login.binding, user_id="alice")


@pytest.fixture
def seen(caplog: pytest.LogCaptureFixture) -> Seen:
    """Return a collection of what was shown, including every logger's DEBUG records."""
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)
    return Seen(caplog)


def test_search_finds_each_encoding(seen: Seen, sandbox: Sandbox) -> None:
    """The search finds a secret in every encoding, so it can fail."""
    client = sandbox.register_client(client_secret="a+b/c=d-a-rather-long-secret")
    assert seen.hits(sandbox) == []
    for needle in encodings(client.client_secret):
        found = Seen(seen._caplog)
        found.show(b"around " + needle + b" it")
        assert found.hits(sandbox) == ["client_secret"]


def test_logged_secret_is_found(seen: Seen, sandbox: Sandbox) -> None:
    """The search includes the log."""
    client = sandbox.register_client()
    logging.getLogger("httpx").debug("sent %s", client.client_secret)
    assert seen.hits(sandbox) == ["client_secret"]


def test_flow_shows_no_secret(face: Face, seen: Seen) -> None:
    """From the login to the deletion, no value, log line or row shows a secret."""
    store = FailingStore()
    face.store = store
    partner = face.partner()
    face.sandbox.add_user("alice")
    user = logged_in(face, seen, partner)
    seen.show(partner, user, user.account, user.bearer, user.account.balances)
    seen.show(user.bearer.account.balances.main(), user.api_key.info())
    key = user.api_key.issue()
    auth = key.auth()
    seen.show(key, auth, user.api_key.info(), user.account.balances.spot())
    face.clock.advance(400)
    seen.show(user.bearer.account.balances.spot())
    custody = face.custody()
    seen.show(
        pair_of(custody, "alice"), key_of(custody, "alice"), custody.read("connection", "alice")
    )
    parts = library_objects(partner)
    assert len(parts) > 10
    seen.show(*parts)
    for kind in KINDS:
        seen.show(*store.rows(kind))
        seen.show("\n".join(store.scan(kind)))
    user.api_key.delete()
    assert {len(face.sandbox.issued_values(kind)) for kind in ("code", "api_secret")} == {1}
    assert len(face.sandbox.issued_values("refresh_token")) == 2
    assert seen.hits(face.sandbox) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 401},
        {"kind": "status", "status": 409},
        {"kind": "status", "status": 422},
        {"kind": "html", "status": 520},
        {"kind": "truncated"},
        {"kind": "cut_off"},
        {"kind": "wrong_types"},
        {"kind": "not_utf8"},
        {"kind": "duplicate_keys"},
        {"kind": "huge"},
        {"kind": "drop_after"},
        {"kind": "drop_before", "reset": True},
    ],
    ids=lambda fault: str(fault["kind"]),
)
def test_errors_show_no_secret(face: Face, seen: Seen, fault: dict[str, Any]) -> None:
    """Whatever fails in any operation, neither the error nor a log line shows a secret."""
    face.sandbox.add_user("alice")
    user = logged_in(face, seen, face.partner())
    face.clock.advance(2)

    def call(operation: str) -> Any:
        if operation == "get_api_key_info":
            return user.api_key.info()
        if operation == "get_api_key_secret":
            return user.api_key.issue()
        if operation == "delete_api_key":
            return user.api_key.delete()
        if operation == "get_account_spot_balance":
            return user.bearer.account.balances.spot()
        if operation == "get_trade_account_balance":
            return user.account.balances.spot()
        face.clock.advance(295)
        return user.bearer.account.balances.main()

    raised = 0
    for operation in OPERATIONS:
        with face.sandbox.faults.add(operation, times=None, size=1_500_000, **fault):
            try:
                seen.show(call(operation))
            except WhiteBITError as error:
                raised += 1
                seen.fail(error)
    assert raised >= 2
    assert face.sandbox.issued_values("access_token")
    assert seen.hits(face.sandbox) == []


@pytest.mark.parametrize("kind", ["body", "html", "status"])
def test_echo_shows_no_secret(face: Face, seen: Seen, kind: Any) -> None:
    """A server that sends back the request does not put a secret into an error or a log."""
    face.sandbox.add_user("alice")
    partner = face.partner()
    login = partner.authorize("alice")
    with seen.away():
        callback = face.sandbox.person("alice").approve(login.url)
    (code,) = face.sandbox.issued_values("code")
    echo = '{"message": "bad: %s", "errors": {"%s": ["%s"]}, "data": {"message": ["%s"]}}'

    def answer(operation: str, *secrets: str) -> None:
        body = echo % ((", ".join(secrets),) * 4)
        face.sandbox.faults.add(operation, kind=kind, status=422, body=body)

    answer("exchange_code", code, face.client.client_secret)
    with pytest.raises(WhiteBITError) as caught:
        partner.connect(callback, binding=login.binding, user_id="alice")
    seen.fail(caught.value)
    user = logged_in(face, seen, partner)
    answer("get_api_key_info", *face.sandbox.issued_values("access_token"))
    with pytest.raises(WhiteBITError) as caught:
        user.api_key.info()
    seen.fail(caught.value)
    answer("refresh_token", *face.sandbox.issued_values("refresh_token"), face.client.client_secret)
    face.clock.advance(301)
    with pytest.raises(WhiteBITError) as caught:
        user.api_key.info()
    seen.fail(caught.value)
    assert seen.hits(face.sandbox) == []


def test_refused_login_shows_no_secret(face: Face, seen: Seen) -> None:
    """No error shows a code that was not exchanged, or the verifier."""
    face.sandbox.add_user("alice")
    partner = face.partner()
    for kind in ("status", "wrong_types", "duplicate_keys", "drop_after"):
        face.sandbox.faults.add("exchange_code", kind=kind, effect=True)
        with pytest.raises(WhiteBITError) as caught:
            logged_in(face, seen, partner)
        seen.fail(caught.value)
        made = face.sandbox.key("alice", face.client)
        if made:
            face.sandbox.delete_key(made.external_id)
    assert len(face.sandbox.issued_values("code")) == 4
    assert seen.hits(face.sandbox) == []


def test_secret_not_stored_is_not_shown(face: Face, seen: Seen) -> None:
    """The error that contains the secret does not show it."""
    store = FailingStore()
    face.store = store
    face.sandbox.add_user("alice")
    user = logged_in(face, seen, face.partner())
    face.clock.advance(2)
    store.fails = lambda *call: face.sandbox.count("GET", "get_api_key_secret") > 0
    with pytest.raises(WhiteBITError) as caught:
        user.api_key.issue()
    seen.fail(caught.value)
    held: Any = caught.value
    assert isinstance(held.secret, Secret)
    assert {held.secret.reveal()} == face.sandbox.issued_values("api_secret")
    assert seen.hits(face.sandbox) == []
