"""Logins from the page "connect" to stored tokens, and every way in which one goes wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from whitebit_ext import Login, WhiteBIT
from whitebit_ext.errors import (
    AuthorizationDenied,
    CallbackMalformed,
    CodeMissing,
    IssuerMismatch,
    LoginError,
    LoginExpired,
    LoginUserMismatch,
    NotConnected,
    RedirectMismatch,
    StateMismatch,
    StateMissing,
    StateReused,
    StateUnknown,
    StoreUnavailable,
)
from whitebit_ext.sandbox import Refusal

from .faces import REDIRECT_URI, Face
from .stores import WatchedStore


@pytest.fixture
def partner(face: Face) -> WhiteBIT:
    """Return a partner of the interface under test, with two users who can connect."""
    for name in ("alice", "mallory"):
        face.sandbox.add_user(name)
    return face.partner()


def callback_of(face: Face, login: Login, name: str = "alice") -> str:
    """Return the callback of an approved login."""
    return face.sandbox.person(name).approve(login.url)


def exchanges(face: Face) -> int:
    """Return how many codes were sent to the server."""
    return face.sandbox.count("POST", "/oauth2/token")


def assert_nobody_connected(face: Face, name: str = "alice") -> None:
    """Assert that custody holds no pair of a user."""
    with pytest.raises(NotConnected):
        face.partner().user(name).bearer.account.balances.main()


def test_a_login_ends_in_a_stored_pair(face: Face, partner: WhiteBIT) -> None:
    """Authorize, approve, connect: the tokens are there, also for another process."""
    login = partner.authorize("alice")
    assert login.expires_at == datetime.fromtimestamp(face.clock.time() + 600, UTC)
    user = partner.connect(callback_of(face, login), state=login.state, user_id="alice")
    assert user.id == "alice"
    assert user.bearer.account.balances.main()
    assert face.partner().user("alice").bearer.account.balances.main()
    assert exchanges(face) == 1


def test_a_callback_may_be_a_mapping(face: Face, partner: WhiteBIT) -> None:
    """The parameters as a framework has them do as well as the URL."""
    login = partner.authorize("alice")
    parameters = parse_qs(urlsplit(callback_of(face, login)).query)
    partner.connect(parameters, state=login.state, user_id="alice")
    assert exchanges(face) == 1


def test_logins_differ(partner: WhiteBIT) -> None:
    """Each login has a state and a challenge of its own."""
    first, second = partner.authorize("alice"), partner.authorize("alice")
    for name in ("state", "code_challenge"):
        values = {parse_qs(urlsplit(login.url).query)[name][0] for login in (first, second)}
        assert len(values) == 2
    assert first.state != second.state


def test_a_second_login_replaces_the_pair(face: Face, partner: WhiteBIT) -> None:
    """A user who connects again is served with the tokens of the newest login."""
    for _ in range(2):
        login = partner.authorize("alice")
        partner.connect(callback_of(face, login), state=login.state, user_id="alice")
        face.sandbox.revoke_authorization("alice", face.client)
    login = partner.authorize("alice")
    user = partner.connect(callback_of(face, login), state=login.state, user_id="alice")
    assert user.bearer.account.balances.main()


@pytest.mark.parametrize("state", [None, ""])
def test_a_session_without_a_state_connects_nobody(
    face: Face, partner: WhiteBIT, state: str | None
) -> None:
    """A browser that started no login finishes none, whatever its callback says."""
    login = partner.authorize("alice")
    with pytest.raises(StateMissing):
        partner.connect(callback_of(face, login), state=state, user_id="alice")
    assert exchanges(face) == 0


def wrong_callback(kind: str, callback: str, other_state: str) -> tuple[Any, type[LoginError]]:
    """Return a callback that is wrong in one way, and its error."""
    query = urlsplit(callback).query
    state = parse_qs(query)["state"][0]
    wrong: dict[str, tuple[Any, type[LoginError]]] = {
        "no state": (callback.replace(f"state={state}", "x=y"), StateMissing),
        "another state": ({"code": "c", "state": other_state}, StateMismatch),
        "a changed state": ({"code": "c", "state": state[:-1]}, StateMismatch),
        "two states": (f"{callback}&state={state}", CallbackMalformed),
        "two codes": (f"{callback}&code=second", CallbackMalformed),
        "another path": (f"{REDIRECT_URI}/more?{query}", RedirectMismatch),
        "another host": (f"https://evil.example/whitebit/callback?{query}", RedirectMismatch),
    }
    return wrong[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "no state",
        "another state",
        "a changed state",
        "two states",
        "two codes",
        "another path",
        "another host",
    ],
)
def test_a_wrong_callback_leaves_the_login_for_the_right_one(
    face: Face, partner: WhiteBIT, kind: str
) -> None:
    """What an attacker sends to the callback ends typed, sends nothing, and spoils nothing."""
    login, other = partner.authorize("alice"), partner.authorize("alice")
    callback = callback_of(face, login)
    wrong, error = wrong_callback(kind, callback, other.state)
    with pytest.raises(error) as caught:
        partner.connect(wrong, state=login.state, user_id="alice")
    code = parse_qs(urlsplit(callback).query)["code"][0]
    assert code not in str(caught.value)
    assert login.state not in str(caught.value)
    assert exchanges(face) == 0
    partner.connect(callback, state=login.state, user_id="alice")


def test_a_mailed_login_url_connects_nobody(face: Face, partner: WhiteBIT) -> None:
    """Mallory's login URL, approved by alice, ends neither in alice's session nor for another."""
    mallorys = partner.authorize("mallory")
    callback = callback_of(face, mallorys, "alice")
    alices = partner.authorize("alice")
    with pytest.raises(StateMismatch):
        partner.connect(callback, state=alices.state, user_id="alice")
    with pytest.raises(LoginUserMismatch):
        partner.connect(callback, state=mallorys.state, user_id="alice")
    assert exchanges(face) == 0


def test_a_state_that_was_never_given_is_unknown(face: Face, partner: WhiteBIT) -> None:
    """A forged pair of equal states finds no login."""
    with pytest.raises(StateUnknown):
        partner.connect({"code": "c", "state": "forged"}, state="forged", user_id="alice")
    assert exchanges(face) == 0


@pytest.mark.parametrize(("seconds", "ends"), [(599.0, False), (600.0, True), (86_400.0, True)])
def test_a_login_expires(face: Face, partner: WhiteBIT, seconds: float, ends: bool) -> None:
    """After ten minutes a login cannot be finished, and before it can."""
    face.sandbox.settings.code_lifetime = 1_000_000.0
    login = partner.authorize("alice")
    callback = callback_of(face, login)
    face.clock.advance(seconds)
    if ends:
        with pytest.raises(LoginExpired):
            partner.connect(callback, state=login.state, user_id="alice")
    else:
        partner.connect(callback, state=login.state, user_id="alice")
    assert exchanges(face) == (0 if ends else 1)


def test_a_state_serves_once(face: Face, partner: WhiteBIT) -> None:
    """A reloaded callback page is answered by the outcome, a forged one refused, everywhere."""
    login = partner.authorize("alice")
    callback = callback_of(face, login)
    partner.connect(callback, state=login.state, user_id="alice")
    for process in (partner, face.partner()):
        assert process.connect(callback, state=login.state, user_id="alice").id == "alice"
        with pytest.raises(StateReused):
            process.connect(
                {"state": login.state, "code": "YWJj"}, state=login.state, user_id="alice"
            )
    assert exchanges(face) == 1


@pytest.mark.parametrize(
    ("refusal", "error"), [("access_denied", AuthorizationDenied), ("state_only", CodeMissing)]
)
def test_a_refusal_is_typed(
    face: Face, partner: WhiteBIT, refusal: Refusal, error: type[LoginError]
) -> None:
    """A refusal with `error=access_denied`, or with the state alone, ends the login unsent."""
    face.sandbox.settings.refusal = refusal
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").refuse(login.url)
    assert callback is not None
    with pytest.raises(error):
        partner.connect(callback, state=login.state, user_id="alice")
    with pytest.raises(StateReused):
        partner.connect(callback, state=login.state, user_id="alice")
    assert exchanges(face) == 0
    assert_nobody_connected(face)


def test_a_refusal_without_a_callback_expires(face: Face, partner: WhiteBIT) -> None:
    """A gate or a refusal that sends nothing back leaves a login that ends and is swept away."""
    face.sandbox.settings.refusal = "no_callback"
    login = partner.authorize("alice")
    assert face.sandbox.person("alice").refuse(login.url) is None
    face.clock.advance(601)
    with pytest.raises(LoginExpired):
        partner.connect({"code": "c", "state": login.state}, state=login.state, user_id="alice")
    face.clock.advance(1_200)
    partner.authorize("alice")
    assert len(list(face.store.scan("login"))) == 1


def test_an_unreadable_login_stops_no_other(face: Face, partner: WhiteBIT) -> None:
    """Sweeping over a row that was tampered with does not fail the user who comes by."""
    partner.authorize("alice")
    (id,) = face.store.scan("login")
    row = face.store.get("login", id)
    assert row is not None
    face.store.put("login", id, b"\x01" + bytes(100), row.version)
    face.clock.advance(10_000)
    login = partner.authorize("alice")
    partner.connect(callback_of(face, login), state=login.state, user_id="alice")


def test_a_code_of_another_server_is_refused(face: Face, partner: WhiteBIT) -> None:
    """RFC 9207: an `iss` of another server ends the login; this server's own is fine."""
    login = partner.authorize("alice")
    callback = callback_of(face, login) + "&iss=https://whitebit.eu"
    with pytest.raises(IssuerMismatch):
        partner.connect(callback, state=login.state, user_id="alice")
    assert exchanges(face) == 0
    login = partner.authorize("alice")
    callback = f"{callback_of(face, login)}&iss={face.sandbox.global_url}"
    partner.connect(callback, state=login.state, user_id="alice")


def test_a_login_is_bound_to_its_redirect_uri(face: Face, partner: WhiteBIT) -> None:
    """A login is not finished by a process that was given another redirect URI."""
    login = partner.authorize("alice")
    callback = callback_of(face, login)
    elsewhere = face.partner(redirect_uri="https://partner.example/other")
    for given in (callback, parse_qs(urlsplit(callback).query)):
        with pytest.raises(RedirectMismatch):
            elsewhere.connect(given, state=login.state, user_id="alice")
    assert exchanges(face) == 0
    partner.connect(callback, state=login.state, user_id="alice")


def test_a_login_is_bound_to_its_client(face: Face, partner: WhiteBIT) -> None:
    """Over one store, one client's login is unknown to another."""
    other = face.sandbox.register_client(redirect_uris=(REDIRECT_URI,))
    login = partner.authorize("alice")
    with pytest.raises(StateUnknown):
        face.partner(client=other).connect(
            callback_of(face, login), state=login.state, user_id="alice"
        )
    assert exchanges(face) == 0


def test_a_login_that_cannot_be_kept_gives_no_url(face: Face) -> None:
    """If the store fails, the user is not sent away on a way without return."""
    face.store = store = WatchedStore()
    partner = face.partner()
    store.fails = lambda kind: kind == "login"
    with pytest.raises(StoreUnavailable):
        partner.authorize("alice")
    store.fails = lambda _: False
    assert partner.authorize("alice").url


def test_a_login_that_cannot_be_taken_out_sends_no_code(face: Face, partner: WhiteBIT) -> None:
    """If the store fails before the exchange, the code is not spent."""
    face.store = store = WatchedStore()
    partner = face.partner()
    login = partner.authorize("alice")
    callback = callback_of(face, login)
    store.fails = lambda kind: kind == "login"
    with pytest.raises(StoreUnavailable):
        partner.connect(callback, state=login.state, user_id="alice")
    assert exchanges(face) == 0
    store.fails = lambda _: False
    partner.connect(callback, state=login.state, user_id="alice")
