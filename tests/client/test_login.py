"""Logins from the page "connect" to stored tokens, and every way in which one goes wrong."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import pytest

from whitebit_ext import Login, WhiteBIT
from whitebit_ext.errors import (
    AuthorizationDenied,
    BindingMismatch,
    BindingMissing,
    CallbackMalformed,
    CodeMissing,
    IssuerMismatch,
    LoginError,
    LoginExpired,
    LoginKindMismatch,
    LoginUserMismatch,
    NotConnected,
    RedirectMismatch,
    StateMissing,
    StateReused,
    StateUnknown,
    StoreUnavailable,
)
from whitebit_ext.sandbox import Refusal

from ..looking import row_id, state_of
from .faces import REDIRECT_URI, Face
from .failing import FailingStore
from .stores import CountingStore, WatchedStore

Kind = Literal["web", "terminal"]


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
    user = partner.connect(callback_of(face, login), binding=login.binding, user_id="alice")
    assert user.id == "alice"
    assert user.bearer.account.balances.main()
    assert face.partner().user("alice").bearer.account.balances.main()
    assert exchanges(face) == 1


def test_a_callback_may_be_a_mapping(face: Face, partner: WhiteBIT) -> None:
    """The parameters as a framework has them do as well as the URL."""
    login = partner.authorize("alice")
    parameters = parse_qs(urlsplit(callback_of(face, login)).query)
    partner.connect(parameters, binding=login.binding, user_id="alice")
    assert exchanges(face) == 1


def test_logins_differ(partner: WhiteBIT) -> None:
    """Each login has a state, a challenge and a binding of its own, and shows none of them."""
    first, second = partner.authorize("alice"), partner.authorize("alice")
    for name in ("state", "code_challenge"):
        values = {parse_qs(urlsplit(login.url).query)[name][0] for login in (first, second)}
        assert len(values) == 2
    assert first.binding != second.binding
    assert first.id != second.id
    for login in (first, second):
        assert len(login.binding) >= 43
        assert login.binding not in login.url
        assert state_of(login) not in repr(login)
        assert login.binding not in repr(login)


def test_a_second_login_replaces_the_pair(face: Face, partner: WhiteBIT) -> None:
    """A user who connects again is served with the tokens of the newest login."""
    for _ in range(2):
        login = partner.authorize("alice")
        partner.connect(callback_of(face, login), binding=login.binding, user_id="alice")
        face.sandbox.revoke_authorization("alice", face.client)
    login = partner.authorize("alice")
    user = partner.connect(callback_of(face, login), binding=login.binding, user_id="alice")
    assert user.bearer.account.balances.main()


@pytest.mark.parametrize(
    ("binding", "error"),
    [(None, BindingMissing), ("", BindingMissing), ("\ud800", BindingMismatch)],
)
def test_a_session_without_the_binding_connects_nobody(
    face: Face, partner: WhiteBIT, binding: str | None, error: type[LoginError]
) -> None:
    """A browser that started no login finishes none, and spoils none, whatever it sends."""
    login = partner.authorize("alice")
    callback = callback_of(face, login)
    state = state_of(login)
    for given in (callback, {"error": "access_denied", "state": state}, {"state": state}):
        for guess in (binding, state, login.id):
            with pytest.raises(error if guess is binding else BindingMismatch):
                partner.connect(given, binding=guess, user_id="alice")
    assert exchanges(face) == 0
    partner.connect(callback, binding=login.binding, user_id="alice")


@pytest.mark.parametrize(("kind", "other"), [("web", "terminal"), ("terminal", "web")])
def test_a_login_is_finished_where_it_was_started(
    face: Face, partner: WhiteBIT, kind: Kind, other: Kind
) -> None:
    """A login of a terminal is not finished by a web application, nor the other way round."""
    login = partner.authorize("alice", kind=kind)
    callback = callback_of(face, login)
    for binding in (login.binding, None):
        with pytest.raises(LoginKindMismatch):
            partner.connect(callback, binding=binding, user_id="alice", kind=other)
    assert exchanges(face) == 0
    partner.connect(callback, binding=login.binding, user_id="alice", kind=kind)


def wrong_callback(kind: str, callback: str, other_state: str) -> tuple[Any, type[LoginError]]:
    """Return a callback that is wrong in one way, and its error."""
    query = urlsplit(callback).query
    state = parse_qs(query)["state"][0]
    wrong: dict[str, tuple[Any, type[LoginError]]] = {
        "no state": (callback.replace(f"state={state}", "x=y"), StateMissing),
        "another state": ({"code": "c", "state": other_state}, BindingMismatch),
        "a changed state": ({"code": "c", "state": state[:-1]}, StateUnknown),
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
    wrong, error = wrong_callback(kind, callback, state_of(other))
    with pytest.raises(error) as caught:
        partner.connect(wrong, binding=login.binding, user_id="alice")
    code = parse_qs(urlsplit(callback).query)["code"][0]
    assert code not in str(caught.value)
    assert state_of(login) not in str(caught.value)
    assert exchanges(face) == 0
    partner.connect(callback, binding=login.binding, user_id="alice")


def test_a_mailed_login_url_connects_nobody(face: Face, partner: WhiteBIT) -> None:
    """Mallory's login URL, approved by alice, ends neither in alice's session nor for another."""
    mallorys = partner.authorize("mallory")
    callback = callback_of(face, mallorys, "alice")
    alices = partner.authorize("alice")
    with pytest.raises(BindingMismatch):
        partner.connect(callback, binding=alices.binding, user_id="alice")
    with pytest.raises(LoginUserMismatch):
        partner.connect(callback, binding=mallorys.binding, user_id="alice")
    assert exchanges(face) == 0


def test_a_state_that_was_never_given_is_unknown(face: Face, partner: WhiteBIT) -> None:
    """A forged state finds no login."""
    with pytest.raises(StateUnknown):
        partner.connect({"code": "c", "state": "forged"}, binding="forged", user_id="alice")
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
            partner.connect(callback, binding=login.binding, user_id="alice")
    else:
        partner.connect(callback, binding=login.binding, user_id="alice")
    assert exchanges(face) == (0 if ends else 1)


def test_the_lifetime_of_a_login_is_a_setting(face: Face) -> None:
    """Users who must identify themselves first need longer than ten minutes."""
    face.sandbox.add_user("alice")
    partner = face.partner(login_lifetime=86_400)
    login = partner.authorize("alice")
    assert login.expires_at == datetime.fromtimestamp(face.clock.time() + 86_400, UTC)
    face.clock.advance(86_000)
    partner.connect(callback_of(face, login), binding=login.binding, user_id="alice")


def test_a_state_serves_once(face: Face, partner: WhiteBIT) -> None:
    """A reloaded callback page is answered by the outcome, a forged one refused, everywhere."""
    login = partner.authorize("alice")
    callback = callback_of(face, login)
    partner.connect(callback, binding=login.binding, user_id="alice")
    for process in (partner, face.partner()):
        assert process.connect(callback, binding=login.binding, user_id="alice").id == "alice"
        with pytest.raises(StateReused):
            process.connect(
                {"state": state_of(login), "code": "YWJj"}, binding=login.binding, user_id="alice"
            )
    assert exchanges(face) == 1


@pytest.mark.parametrize(
    ("refusal", "error"), [("access_denied", AuthorizationDenied), ("state_only", CodeMissing)]
)
def test_a_refusal_is_typed(
    face: Face, partner: WhiteBIT, refusal: Refusal, error: type[LoginError]
) -> None:
    """A refusal with `error=access_denied`, or with the state alone, uses nothing up."""
    face.sandbox.settings.refusal = refusal
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").refuse(login.url)
    assert callback is not None
    for _ in range(2):
        with pytest.raises(error):
            partner.connect(callback, binding=login.binding, user_id="alice")
    assert exchanges(face) == 0
    assert_nobody_connected(face)
    # A refusal may be forged, and its user may go back and approve: it uses nothing up.
    face.sandbox.settings.refusal = "access_denied"
    partner.connect(callback_of(face, login), binding=login.binding, user_id="alice")


def test_a_refusal_without_a_callback_expires(face: Face, partner: WhiteBIT) -> None:
    """A gate or a refusal that sends nothing back leaves a login that ends and is swept away."""
    face.sandbox.settings.refusal = "no_callback"
    login = partner.authorize("alice")
    assert face.sandbox.person("alice").refuse(login.url) is None
    face.clock.advance(601)
    with pytest.raises(LoginExpired):
        partner.connect(
            {"code": "c", "state": state_of(login)}, binding=login.binding, user_id="alice"
        )
    face.clock.advance(86_400)
    partner.maintain()
    assert [list(face.store.scan(kind)) for kind in ("login", "logins")] == [[], []]


def test_an_unreadable_login_stops_no_other(face: Face, partner: WhiteBIT) -> None:
    """Sweeping over a row that was tampered with does not fail the user who comes by."""
    partner.authorize("alice")
    (id,) = face.store.scan("login")
    row = face.store.get("login", id)
    assert row is not None
    face.store.put("login", id, b"\x01" + bytes(100), row.version)
    face.clock.advance(100_000)
    partner.maintain()
    login = partner.authorize("alice")
    partner.connect(callback_of(face, login), binding=login.binding, user_id="alice")


def test_a_code_of_another_server_is_refused(face: Face, partner: WhiteBIT) -> None:
    """RFC 9207: an `iss` of another server ends the login; this server's own is fine."""
    login = partner.authorize("alice")
    callback = callback_of(face, login) + "&iss=https://whitebit.eu"
    with pytest.raises(IssuerMismatch):
        partner.connect(callback, binding=login.binding, user_id="alice")
    assert exchanges(face) == 0
    login = partner.authorize("alice")
    callback = f"{callback_of(face, login)}&iss={face.sandbox.global_url}"
    partner.connect(callback, binding=login.binding, user_id="alice")


def test_a_login_is_bound_to_its_redirect_uri(face: Face, partner: WhiteBIT) -> None:
    """A login is not finished by a process that was given another redirect URI."""
    login = partner.authorize("alice")
    callback = callback_of(face, login)
    elsewhere = face.partner(redirect_uri="https://partner.example/other")
    for given in (callback, parse_qs(urlsplit(callback).query)):
        with pytest.raises(RedirectMismatch):
            elsewhere.connect(given, binding=login.binding, user_id="alice")
    assert exchanges(face) == 0
    partner.connect(callback, binding=login.binding, user_id="alice")


def test_a_login_is_bound_to_its_client(face: Face, partner: WhiteBIT) -> None:
    """Over one store, one client's login is unknown to another."""
    other = face.sandbox.register_client(redirect_uris=(REDIRECT_URI,))
    login = partner.authorize("alice")
    with pytest.raises(StateUnknown):
        face.partner(client=other).connect(
            callback_of(face, login), binding=login.binding, user_id="alice"
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


def test_five_logins_of_a_user_are_kept(face: Face, partner: WhiteBIT) -> None:
    """The sixth tab takes the place of the first, whichever process opened it."""
    other = face.partner()
    logins = [process.authorize("alice") for process in (partner, other) * 3]
    partner.authorize("mallory")
    assert len(list(face.store.scan("login"))) == 6
    with pytest.raises(StateUnknown):
        partner.connect(callback_of(face, logins[0]), binding=logins[0].binding, user_id="alice")
    other.connect(callback_of(face, logins[1]), binding=logins[1].binding, user_id="alice")
    # Reads a private part: `status()` is made of it.
    open_until = face.partner()._engine.logins.open("alice")
    assert open_until == pytest.approx([login.expires_at.timestamp() for login in logins[2:]])
    face.clock.advance(600)
    assert face.partner()._engine.logins.open("alice") == ()


def test_erasing_a_user_erases_the_logins_by_their_list(face: Face) -> None:
    """No process looks through the logins of other users to find those of one."""
    face.store = store = CountingStore()
    partner = face.partner()
    for name in ("alice", "alice", "mallory"):
        partner.authorize(name)
    store.calls.clear()
    partner.erase("alice")
    assert {call.split()[0] for call in store.calls} == {"get", "delete"}
    assert len(list(face.store.scan("login"))) == 1
    assert len(list(face.store.scan("logins"))) == 1


def test_expired_logins_cost_nobody_anything(face: Face) -> None:
    """With 50,000 of them, `authorize` calls the store as with none; `maintain` deletes them."""
    face.store = store = CountingStore()
    partner = face.partner()
    partner.authorize("alice")
    with_none = store.calls.copy()
    for number in range(50_000):
        store.put("login", f"expired-{number}", b"", None, expires_at=face.clock.time())
    store.calls.clear()
    partner.authorize("mallory")
    assert store.calls == with_none == ["get logins", "put logins", "put login"]
    store.calls.clear()
    partner.maintain()
    assert store.calls.count("sweep login") == 1
    assert "scan login" not in store.calls
    assert len(store.scan("login")) == 49_002


def test_a_store_that_cannot_sweep_is_read_bit_by_bit(face: Face) -> None:
    """Logins that have expired are deleted from a partner's own store as well."""
    face.store = FailingStore()
    partner = face.partner()
    for number in range(4):
        partner.authorize(f"user-{number}")
    (spoiled, *_) = face.store.scan("login")
    row = face.store.get("login", spoiled)
    assert row is not None
    face.store.put("login", spoiled, b"\x01" + bytes(100), row.version)
    face.clock.advance(100_000)
    login = partner.authorize("alice")
    # Calls a private part, for a smaller budget than `maintain()` has.
    swept = [partner._engine.sweeper.sweep(3) for _ in range(8)]
    assert max(swept) <= 3
    assert sum(swept) == 7
    assert set(face.store.scan("login")) == {spoiled, row_id(face.custody(), login.id)}
    assert len(list(face.store.scan("logins"))) == 1


def test_two_threads_sweep_such_a_store(face: Face) -> None:
    """A second thread that sweeps while the first one lists rows does it as well."""
    face.store = store = FailingStore()
    partner = face.partner()
    partner.authorize("alice")
    face.clock.advance(100_000)

    def meanwhile(method: str, kind: str) -> None:
        if (method, kind) == ("scan", "logins"):
            store.mend()
            with ThreadPoolExecutor(1) as thread:
                assert thread.submit(partner._engine.sweeper.sweep, 100).result(20) == 1

    store.before = meanwhile
    # Calls a private part, as above.
    partner._engine.sweeper.sweep(100)
    assert [*store.scan("login"), *store.scan("logins")] == []


def test_a_login_that_cannot_be_taken_out_sends_no_code(face: Face, partner: WhiteBIT) -> None:
    """If the store fails before the exchange, the code is not spent."""
    face.store = store = WatchedStore()
    partner = face.partner()
    login = partner.authorize("alice")
    callback = callback_of(face, login)
    for failing in ("login", "connection"):
        store.fails = lambda kind, failing=failing: kind == failing  # type: ignore[misc]  # a default
        with pytest.raises(StoreUnavailable):
            partner.connect(callback, binding=login.binding, user_id="alice")
        assert exchanges(face) == 0
    store.fails = lambda _: False
    partner.connect(callback, binding=login.binding, user_id="alice")
