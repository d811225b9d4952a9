"""What the conformance suite does not ask of an application: options, failures, old tokens."""

from __future__ import annotations

import asyncio
import base64
import json
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import attrs
import pytest
from django.utils.functional import SimpleLazyObject
from werkzeug.local import LocalProxy

from whitebit_ext import AsyncWhiteBIT, WhiteBIT
from whitebit_ext.errors import InvalidArgument
from whitebit_ext.integrations import pages, states
from whitebit_ext.integrations.checks import is_path
from whitebit_ext.integrations.cookies import Cookies, parse
from whitebit_ext.integrations.core import Core
from whitebit_ext.integrations.serving import told
from whitebit_ext.integrations.texts import PROBLEMS, Problem, problem_of
from whitebit_ext.integrations.values import Options, Request, Response, run, settle

from .conftest import ShiftedClock, World

FORM = {
    "host": "partner.example",
    "accept": "text/html",
    "sec-fetch-site": "same-origin",
    "content-type": "application/x-www-form-urlencoded",
}
JSON = {**FORM, "accept": "application/json", "content-type": "application/json"}


@attrs.define
class Visitor:
    """A visitor of the routes, without a framework."""

    world: World
    core: Core
    cookies: dict[str, str] = attrs.field(factory=dict)

    def send(
        self, route: str, *, method: str = "GET", query: str = "", body: bytes = b"", **headers: str
    ) -> Any:
        """Send a request, and keep the cookies of the answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        made = run(
            self.core.handle(
                route,
                Request(
                    method=method,
                    query=query,
                    headers={**FORM, "cookie": cookie, **named},
                    body=body,
                    native="the request",
                ),
            )
        )
        for name, value in made.headers if isinstance(made, Response) else ():
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return made

    def connect(self, name: str) -> Any:
        """Start a login and approve it, and return the answer to the callback."""
        started = self.send("connect", method="POST")
        assert started.status == 303, started.body
        location = dict(started.headers)["Location"]
        url = self.world.sandbox.person(name).approve(location, ["trading"])
        return self.send("callback", query=urlsplit(url).query)


@pytest.fixture
def partner(world: World) -> Iterator[WhiteBIT]:
    """Return the partner."""
    with WhiteBIT(**world.arguments) as made:
        yield made


def visit(world: World, partner: WhiteBIT, **options: Any) -> Visitor:
    """Return a visitor who is signed in as user 7."""
    given = {"user_id": lambda request: 7, **options}
    return Visitor(world, Core(partner, Options(**given)))


def header(response: Response, name: str) -> str | None:
    """Return a header of a response."""
    return next((value for key, value in response.headers if key == name), None)


@pytest.mark.parametrize(
    ("value", "stays"),
    [("/", True), ("/settings?tab=1#top", True), ("", False), ("settings", False)],
)
def test_paths(value: str, stays: bool) -> None:
    """A path of the application begins with one slash."""
    assert is_path(value) is stays


@pytest.mark.parametrize("argument", ["after", "login_url", "origins"])
def test_options_are_checked(argument: str) -> None:
    """An address that leaves the application is refused when the routes are made."""
    value: Any = {"https://app.example/path"} if argument == "origins" else "//evil.example"
    with pytest.raises(InvalidArgument, match=argument):
        Options(user_id=lambda request: None, **{argument: value})


def test_permissions_are_several_names() -> None:
    """A single `str` would be read letter by letter."""
    with pytest.raises(InvalidArgument, match="several names"):
        Options(user_id=lambda request: None, require="trading")


def test_cookies_are_parsed_to_the_letter() -> None:
    """Only space and tab are trimmed, and a cookie that comes twice is missing."""
    assert parse("a=1;\tb=2 ; \xa0c=3; d") == {"a": ["1"], "b": ["2"], "\xa0c": ["3"]}
    cookies = Cookies(secure=True)
    genuine = "__Host-whitebit-login=v1.1700000000." + "n" * 43
    assert cookies.binding(genuine, "login") == "n" * 43
    strange = "; ".join(f"__Host-whitebit-{name}=v1.9.{'n' * 43}" for name in ("a/b", "(", "next"))
    set_names = [
        value.partition("=")[0]
        for _, value in cookies.binding_set(strange * 3, "0" * 64, "n" * 43, now=1.0, seconds=60.0)
    ]
    assert set_names == ["__Host-whitebit-" + "0" * 16]
    for other in (f"{genuine}; {genuine}", f"\xa0{genuine}", genuine.replace("v1", "v2"), ""):
        assert cookies.binding(other, "login") is None


def test_an_async_callable_needs_an_async_framework(world: World, partner: WhiteBIT) -> None:
    """With a sync partner, something that must be awaited is an error and no wrong answer."""

    async def user_id(request: object) -> str:
        await asyncio.sleep(0)
        return "7"

    with pytest.raises(RuntimeError, match="async callable"):
        visit(world, partner, user_id=user_id).send("connect")


def test_who_may_not_connect(world: World, partner: WhiteBIT) -> None:
    """The application can refuse connecting and disconnecting, e.g. after an old sign-in."""
    visitor = visit(world, partner, may_connect=lambda request: request != "the request")
    for route, method in (("connect", "GET"), ("connect", "POST"), ("disconnect", "POST")):
        assert visitor.send(route, method=method).status == 403
    assert visitor.send("status").status == 200


def test_own_pages_and_errors(world: World, partner: WhiteBIT) -> None:
    """An application can put pages into its layout, and answer problems itself."""
    seen: list[tuple[object, Problem, int]] = []

    def on_error(request: object, problem: Problem, status: int) -> object:
        seen.append((request, problem, status))
        return "own answer" if status == 400 else None

    visitor = visit(
        world,
        partner,
        on_error=on_error,
        render=lambda request, title, content: f"<my-layout>{title}{content}</my-layout>",
        user_label=lambda request: "<b>Alice</b>",
    )
    page = visitor.send("connect")
    assert page.body.startswith(b"<my-layout>Connect WhiteBIT")
    assert b"&lt;b&gt;Alice&lt;/b&gt;" in page.body
    assert b"status.js" not in page.body
    visitor.send("connect", method="POST")
    assert b"status.js" in visitor.send("status").body
    assert visitor.send("callback", query="state=forged&code=secret") == "own answer"
    assert visitor.send("complete").status == 405
    assert seen[0] == ("the request", problem_of(partner_error("StateUnknown")), 400)
    assert "secret" not in repr(seen)


def partner_error(name: str) -> Any:
    """Return the class of an error."""
    import whitebit_ext.errors

    return getattr(whitebit_ext.errors, name)


def test_every_error_has_a_text() -> None:
    """Each error of the library is one of the problems of the table."""
    import whitebit_ext.errors

    for name in whitebit_ext.errors.__all__:
        kind = getattr(whitebit_ext.errors, name)
        if isinstance(kind, type) and issubclass(kind, whitebit_ext.errors.WhiteBITError):
            assert problem_of(kind) in PROBLEMS.values()


def test_whitebit_cannot_be_reached(world: World, partner: WhiteBIT) -> None:
    """Where the code was not used, the same callback can be tried again."""
    visitor = visit(world, partner)
    world.sandbox.faults.add("exchange_code", kind="status", status=429)
    answer = visitor.connect("alice")
    assert answer.status == 503
    assert header(answer, "Retry-After") is not None


def test_the_store_is_down(world: World, partner: WhiteBIT) -> None:
    """A store that fails is a 503 for pages and programs."""

    def fail(*_: object, **__: object) -> None:
        raise OSError("made up")

    visitor = visit(world, partner)
    store = world.arguments["store"]
    store.get = fail
    try:
        page = visitor.send("status")
        told = visitor.send("status.json", accept="application/json")
    finally:
        del store.get
    assert (page.status, told.status) == (503, 503)
    assert b"made up" not in page.body + told.body
    assert header(page, "Retry-After") == "5"


def test_a_user_must_delete_the_key(world: World, partner: WhiteBIT) -> None:
    """Once the tokens are dead, the user is told so before, and how to delete the key after."""
    visitor = visit(world, partner)
    assert visitor.connect("alice").status == 303
    assert b"Connected" in visitor.send("status").body
    assert b"We ask WhiteBIT to delete the API key" in visitor.send("status").body
    world.clock.pass_by(700.0)
    world.sandbox.clock.advance(700.0)
    assert b"you delete it in WhiteBIT&#x27;s dashboard" in visitor.send("status").body
    answer = visitor.send("disconnect", method="POST")
    assert (answer.status, header(answer, "Location")) == (303, "leftover")
    assert b"only you can delete it" in visitor.send("leftover").body
    assert b"A key is left" in visitor.send("status").body


def test_whitebit_does_not_answer_a_disconnecting(world: World, partner: WhiteBIT) -> None:
    """While the key still exists, no program is told that there is none."""
    visitor = visit(world, partner)
    visitor.connect("alice")
    visitor.send("status")
    program = {"accept": "application/json", "content_type": "application/json"}
    for remote in ("pending", "deleted", "absent"):
        if remote == "pending":
            world.sandbox.faults.add("get_api_key_info", kind="status", status=503)
        answer = visitor.send("disconnect", method="POST", body=b"{}", **program)
        assert json.loads(answer.body) == {"remote": remote}


@pytest.mark.parametrize(
    "returned", [False, None, "", SimpleLazyObject(lambda: None), LocalProxy(lambda: None)]
)
def test_nobody_is_signed_in(world: World, partner: WhiteBIT, returned: object) -> None:
    """`user.is_authenticated and user.id` gives `False`, which is nobody, and no shared user."""
    visitor = visit(world, partner, user_id=lambda request: returned)
    for route in ("connect", "status", "status.json"):
        assert visitor.send(route).status == 401
    assert list(partner.connections()) == []


@pytest.mark.parametrize("returned", [True, b"7", object(), ("7",)])
def test_what_is_no_user_id(world: World, partner: WhiteBIT, returned: object) -> None:
    """The text of another object may be the same for all visitors: it names no user."""
    visitor = visit(world, partner, user_id=lambda request: returned)
    assert visitor.send("connect", method="POST").status == 500
    assert visitor.send("status.json").status == 500
    number = UUID("0e4f1e3e-6f0f-4b9e-9d8e-3f4b7a3f6f10")
    assert visit(world, partner, user_id=lambda request: number).send("status").status == 200


@pytest.mark.parametrize("lazy", [SimpleLazyObject(lambda: "7"), LocalProxy(lambda: "7")])
def test_a_lazy_user_id(world: World, partner: WhiteBIT, lazy: object) -> None:
    """What Django and Werkzeug find out late is the user that it stands for."""
    visitor = visit(world, partner, user_id=lambda request: lazy)
    assert visitor.connect("alice").status == 303
    assert partner.user("7").status().state == "choosing"


def test_the_redirect_uri_is_the_callbacks(world: World) -> None:
    """Links are relative to the callback: a redirect URI of another name is refused."""
    arguments = {**world.arguments, "redirect_uri": "https://partner.example/oauth/return"}
    with WhiteBIT(**arguments) as made, pytest.raises(InvalidArgument, match="redirect_uri"):
        Core(made, Options(user_id=lambda request: None))


def test_a_redirect_uri_in_capitals(world: World) -> None:
    """A browser writes its origin in small letters and without the usual port."""
    uri = "https://Partner.Example:443/whitebit/callback"
    with WhiteBIT(**{**world.arguments, "redirect_uri": uri}) as made:
        visitor, mine = visit(world, made), "https://partner.example"
        assert visitor.send("connect", method="POST", sec_fetch_site="", origin=mine).status == 303


def test_the_way_back_is_the_last_logins(world: World, partner: WhiteBIT) -> None:
    """A login without a ``next`` does not lead to that of an earlier one."""
    visitor = visit(world, partner, after="/settings")
    visitor.send("connect", method="POST", body=b"next=/portfolio")
    assert visitor.connect("alice").status == 303
    assert b'href="/settings"' in visitor.send("status").body


def test_a_callback_with_a_question_mark_in_its_code(world: World, partner: WhiteBIT) -> None:
    """A query may contain one (RFC 3986, section 3.4)."""
    visitor, headers = visit(world, partner), {k.replace("-", "_"): v for k, v in JSON.items()}
    login = partner.authorize("7")
    state = parse_qs(urlsplit(login.url).query)["state"][0]
    sent = {"callback": f"app://back?code=a?b&state={state}#c", "binding": login.binding}
    answer = visitor.send("complete", method="POST", body=json.dumps(sent).encode(), **headers)
    assert json.loads(answer.body)["error"]["code"] == "code_rejected"


def test_a_request_is_printed_without_its_code() -> None:
    """Error reporters print the arguments of frames, such as those of an application's callable."""
    headers = {"cookie": "whitebit-1=v1.1.the-binding"}
    request = Request("GET", "code=the-code&state=the-state", headers, b"the-body")
    for part in ("the-code", "the-state", "the-binding", "the-body"):
        assert part not in repr(request)


def test_a_key_that_works_after_its_tokens(world: World, partner: WhiteBIT) -> None:
    """Where the tokens are dead, a signed read shows that the key works."""
    visitor = visit(world, partner)
    visitor.connect("alice")
    visitor.send("status")
    world.clock.pass_by(700.0)
    world.sandbox.clock.advance(700.0)
    assert visitor.send("connect").status == 409
    (key,) = world.sandbox.keys
    world.sandbox.delete_key(key.external_id)
    assert visitor.send("connect").status == 200


def test_a_workers_sign_of_life_from_the_future(world: World, partner: WhiteBIT) -> None:
    """A worker whose clock was an hour ahead, and which is gone, does not stop the looks."""
    ahead = ShiftedClock()
    ahead.pass_by(3600.0)
    with WhiteBIT(**{**world.arguments, "clock": ahead}) as worker:
        worker.maintain()
    visitor = visit(world, partner)
    visitor.connect("alice")
    assert json.loads(visitor.send("status.json").body)["state"] == "connected"


def test_a_terminals_login(world: World, partner: WhiteBIT) -> None:
    """The callback of a login that a terminal waits for shows how to hand it over."""
    visitor = visit(world, partner)
    login = partner.authorize("7", kind="terminal")
    url = world.sandbox.person("alice").approve(login.url)
    answer = visitor.send("callback", query=urlsplit(url).query)
    assert answer.status == 200
    assert b"Copy this address" in answer.body
    partner.connect(url, binding=login.binding, user_id="7", kind="terminal")


def test_a_mobile_application(world: World, partner: WhiteBIT) -> None:
    """A token in a header shows that no other site has made a browser send the request."""
    visitor = visit(world, partner, user_id=lambda request: "7")
    mobile = {**JSON, "sec_fetch_site": "none", "authorization": "Bearer made-up"}
    mobile = {name.replace("-", "_"): value for name, value in mobile.items() if name != "host"}
    assert visitor.send("connect", method="POST", body=b"{}", **mobile).status == 200
    mobile["authorization"] = "Basic made-up"
    assert visitor.send("connect", method="POST", body=b"{}", **mobile).status == 403


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[]", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[" * 16_000, "application/json", 400),
        (b'{"callback": 7}', "application/json", 400),
        (b"callback=7", "application/x-www-form-urlencoded", 415),
        (b"x" * 20_000, "application/json", 413),
    ],
)
def test_bodies_that_cannot_be_read(
    world: World, partner: WhiteBIT, body: bytes, kind: str, status: int
) -> None:
    """A body of another form, or too large, is refused."""
    visitor = visit(world, partner)
    answer = visitor.send(
        "complete", method="POST", body=body, content_type=kind, accept="application/json"
    )
    assert answer.status == status


def test_a_sealed_callback_expires(world: World, partner: WhiteBIT) -> None:
    """A callback waits for the user's session for 60 seconds; the sign-in page leads back."""
    user: list[str | None] = ["7"]
    visitor = visit(world, partner, user_id=lambda request: user[0], login_url="/login?a=1")
    started = visitor.send("connect", method="POST")
    url = world.sandbox.person("alice").approve(dict(started.headers)["Location"])
    user[0] = None
    page = visitor.send("callback", query=urlsplit(url).query)
    assert page.status == 200
    assert urlsplit(url).query.encode() not in page.body
    assert not any(urlsplit(url).query in value for value in visitor.cookies.values())
    leads = visitor.send("finish")
    assert header(leads, "Location") == "/login?a=1&next=/whitebit/finish"
    user[0] = "7"
    world.clock.pass_by(61.0)
    assert visitor.send("finish").status == 400


def test_an_exception_of_the_application_shows_no_callback(world: World, partner: WhiteBIT) -> None:
    """While a callback waits for the session, no frame of the library holds its query."""
    user: list[str | None] = ["7"]

    def user_id(request: object) -> str | None:
        if user[0] == "raise":
            raise RuntimeError("the application's database is down")
        return user[0]

    visitor = visit(world, partner, user_id=user_id)
    started = visitor.send("connect", method="POST")
    url = world.sandbox.person("alice").approve(dict(started.headers)["Location"])
    user[0] = None
    visitor.send("callback", query=urlsplit(url).query)
    user[0] = "raise"
    with pytest.raises(RuntimeError) as caught:
        visitor.send("finish")
    printed = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [repr(frame.locals) for frame in printed.stack if "whitebit_ext" in frame.filename]
    assert len(ours) > 3
    for values in parse_qs(urlsplit(url).query).values():
        assert values[0] not in "".join(ours)
    user[0] = "7"
    assert visitor.send("finish").status == 303


def test_a_forged_sealed_callback(world: World, partner: WhiteBIT) -> None:
    """Nor is a row of the store, which the same key has encrypted, one."""
    visitor = visit(world, partner)
    assert visitor.connect("alice").status == 303
    store = world.arguments["store"]
    rows = [store.get("connection", id).data for id in store.scan("connection")]
    for value in (b"", b"\xff", b"A" * 100, *rows):
        visitor.cookies["__Host-whitebit-finish"] = base64.urlsafe_b64encode(value).decode()
        assert visitor.send("finish").status == 400
    for cookie in ("x", "\xe9", "=", "A" * 5_000):
        visitor.cookies["__Host-whitebit-finish"] = cookie
        assert visitor.send("finish").status == 400


def look_pages(**shown: Any) -> str:
    """Return the status page of a state."""
    given: dict[str, Any] = {
        "state": "failed",
        "retry_after": None,
        "error": None,
        "granted": None,
        "missing": [],
        "forbidden": [],
    }
    return pages.state({**given, **shown}, hidden=[], after="/settings", can_ask=True)


def test_pages_of_states() -> None:
    """Each state says what the user can do."""
    disabled = told(PROBLEMS["key_disabled"])
    assert "Delete the key that names this site" in look_pages(error=disabled)
    assert "Delete the key that names this site" in look_pages(state="leftover_key")
    assert 'data-retry="5"' in look_pages(state="login", retry_after=5.0)
    assert "Not wanted: <strong>Withdrawal" in look_pages(
        state="insufficient", forbidden=["withdrawal"]
    )
    assert "Connect WhiteBIT" in look_pages(state="none")


@pytest.mark.parametrize("face", [WhiteBIT, AsyncWhiteBIT])
def test_looks_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch, face: Any) -> None:
    """Two looks run at once in a process, a request waits a moment only, and a look goes on."""
    monkeypatch.setattr(states, "_LONGEST_LOOK", 0.05)
    world.sandbox.add_user("carol")

    async def main() -> list[list[str]]:
        made = face(**world.arguments)
        core = Core(made, Options(user_id=lambda request: request))

        async def seen() -> list[str]:
            answers = [
                await core.handle("status.json", Request("GET", "", FORM, native=user))
                for user in ("alice", "bob", "carol", "alice")
            ]
            return [json.loads(answer.body)["state"] for answer in answers]

        for user in ("alice", "bob", "carol"):
            login = await settle(made.authorize(user))
            callback = world.sandbox.person(user).approve(login.url)
            await settle(made.connect(callback, binding=login.binding, user_id=user))
        with world.sandbox.hold("get_api_key_info") as hold:
            during = await seen()
            hold.wait(2)
            assert hold.arrived == 2
        found = [during]
        while found[-1] != ["connected"] * 4 and len(found) < 100:
            world.clock.pass_by(2.0)
            await asyncio.sleep(0.02)  # what was held goes on in the time of the sandbox
            found.append(await seen())
        await settle(made.aclose() if face is AsyncWhiteBIT else made.close())
        return found

    during, *_, after = asyncio.run(main())
    assert during == ["choosing"] * 4
    assert after == ["connected"] * 4


def test_a_look_is_shared_by_all_processes(world: World) -> None:
    """The row says when a process looked last: for 1.5 s the others only read it."""
    sandbox = world.sandbox
    with WhiteBIT(**world.arguments) as one, WhiteBIT(**world.arguments) as other:
        visitors = visit(world, one), visit(world, other)
        visitors[0].connect("alice")
        sandbox.faults.add("get_api_key_info", kind="status", status=503, times=None)
        for looks in (1, 2):
            for visitor in visitors * 2:
                assert json.loads(visitor.send("status.json").body)["state"] == "choosing"
            assert sandbox.count("GET", "/oauth2/api-key/info") == looks
            world.clock.pass_by(1.6)
        sandbox.faults.clear()
        assert json.loads(visitors[1].send("status.json").body)["state"] == "connected"


def test_a_proxy_that_replaces_the_host(world: World, partner: WhiteBIT) -> None:
    """Behind such a proxy every request looks as if it came to another host: no redirect loop."""
    visitor = visit(world, partner)
    leads = visitor.send("connect", host="upstream:8000", query="next=/settings")
    where = "https://partner.example/whitebit/connect?canonical=1&next=/settings"
    assert header(leads, "Location") == where
    query = urlsplit(where).query
    page = visitor.send("connect", host="upstream:8000", query=query)
    assert b'action="connect?canonical=1"' in page.body
    answer = visitor.send(
        "connect", method="POST", host="upstream:8000", query="canonical=1", body=b"next=/settings"
    )
    assert (header(answer, "Location") or "").startswith(world.sandbox.global_url)


def test_a_listed_origin(world: World, partner: WhiteBIT) -> None:
    """A single-page application on another origin may send JSON where it is listed."""
    spa = {"origin": "https://app.example", "sec_fetch_site": "cross-site"}
    sent = {**spa, "content_type": "application/json", "accept": "application/json"}
    refused = visit(world, partner).send("connect", method="POST", body=b"{}", **sent)
    assert refused.status == 403
    listed = visit(world, partner, origins={"https://app.example"})
    assert listed.send("connect", method="POST", body=b"{}", **sent).status == 200
