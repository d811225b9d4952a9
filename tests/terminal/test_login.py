"""`terminal.login()`: the listener, what it refuses, and that it always ends."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from whitebit_ext import User, WhiteBIT, terminal
from whitebit_ext.errors import AuthorizationDenied, CodeRejected, InvalidArgument, LoginExpired
from whitebit_ext.sandbox import Sandbox

from ..ports import free_port
from .conftest import Partners

Browse = Callable[[str], None]


class Started:
    """A login that runs in a thread, and what it said.

    Attributes:
        said: The lines.
        url: The login URL.
    """

    def __init__(self, partner: WhiteBIT, **options: float) -> None:
        self.said: list[str] = []
        self._begun = threading.Event()
        pool = ThreadPoolExecutor(1)
        self.user: Future[User] = pool.submit(
            terminal.login,
            partner,
            "alice",
            browser=False,
            say=self._say,
            timeout=options.get("timeout", 20.0),
        )
        pool.shutdown(wait=False)
        assert self._begun.wait(10)
        (self.url,) = re.findall(r"http://\S+/auth/login\S+", self.said[0])

    def _say(self, text: str) -> None:
        self.said.append(text)
        self._begun.set()


@pytest.fixture(name="redirect_uri")
def own_redirect_uri() -> str:
    """Return a redirect URI on a free port."""
    return f"http://127.0.0.1:{free_port()}/whitebit/callback"


def test_the_callback_connects(sandbox: Sandbox, partner_of: Partners, redirect_uri: str) -> None:
    """The URL is said first; the browser's callback is answered with the outcome, not cached."""
    partner = partner_of(redirect_uri)
    started = Started(partner)
    page = httpx.get(sandbox.person("alice").approve(started.url))
    assert (page.status_code, "Connected" in page.text) == (200, True)
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    user = started.user.result(10)
    assert user.id == "alice"
    user.api_key.issue()
    with pytest.raises(httpx.ConnectError):
        httpx.get(redirect_uri)


def test_everything_else_is_ignored(
    sandbox: Sandbox, partner_of: Partners, redirect_uri: str
) -> None:
    """Other paths, hosts, prefetches, frames and states consume nothing; the login goes on."""
    started = Started(partner_of(redirect_uri))
    callback = sandbox.person("alice").approve(started.url)
    origin = redirect_uri.removesuffix("/whitebit/callback")
    with httpx.Client() as browser:
        assert browser.get(f"{origin}/favicon.ico").status_code == 404
        for status, headers in (
            (400, {"Host": "evil.example"}),
            (400, {"Sec-Fetch-Dest": "iframe"}),
            (503, {"Sec-Purpose": "prefetch"}),
        ):
            assert browser.get(callback, headers=headers).status_code == status
        assert browser.head(callback).status_code == 501
        assert started.said[1:] == []
        for wrong in ("", "?error=access_denied", "?state=forged&error=access_denied"):
            page = browser.get(redirect_uri + wrong)
            assert (page.status_code, "not the login" in page.text) == (400, True)
        assert len([line for line in started.said if line.startswith("Ignored: ")]) == 3
        assert sandbox.count("POST", "/oauth2/token") == 0
        assert browser.get(callback).status_code == 200
    assert started.user.result(10).id == "alice"


def test_the_code_stays_out_of_what_is_said(
    sandbox: Sandbox, partner_of: Partners, redirect_uri: str
) -> None:
    """A code that the server rejects ends the login, and stands in no line and no page."""
    started = Started(partner_of(redirect_uri))
    callback = sandbox.person("alice").approve(started.url)
    code = urlsplit(callback).query.partition("code=")[2].partition("&")[0]
    sandbox.faults.add("exchange_code", kind="status", status=401)
    page = httpx.get(callback)
    assert (page.status_code, "not connected" in page.text) == (400, True)
    with pytest.raises(CodeRejected):
        started.user.result(10)
    assert code not in page.text + "".join(started.said)


def test_a_refusal_ends_it(sandbox: Sandbox, partner_of: Partners, redirect_uri: str) -> None:
    """A user who refuses gets a page, and the caller its error."""
    started = Started(partner_of(redirect_uri))
    sandbox.settings.refusal = "access_denied"
    refused = sandbox.person("alice").refuse(started.url)
    assert refused is not None
    assert httpx.get(refused).status_code == 400
    with pytest.raises(AuthorizationDenied):
        started.user.result(10)


def test_it_ends_in_time(partner_of: Partners, redirect_uri: str) -> None:
    """Without a callback it ends with its own error, while a silent client holds a connection."""
    parts = urlsplit(redirect_uri)
    started = Started(partner_of(redirect_uri), timeout=0.3)
    with (
        socket.create_connection(("127.0.0.1", parts.port or 0)),
        pytest.raises(LoginExpired, match=r"no callback came within 0\.3 seconds"),
    ):
        started.user.result(10)


def test_port_in_use(partner_of: Partners, redirect_uri: str) -> None:
    """A port in use is named with the way around it, before a login is started."""
    port = urlsplit(redirect_uri).port or 0
    with socket.create_server(("127.0.0.1", port)), pytest.raises(InvalidArgument) as raised:
        terminal.login(partner_of(redirect_uri), "alice", browser=False)
    assert f"127.0.0.1 port {port}" in raised.value.message
    assert "--paste" in raised.value.hint


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_localhost_is_both_families(sandbox: Sandbox, partner_of: Partners, address: str) -> None:
    """For `localhost`, a browser reaches the listener by either family (RFC 8252, 8.3)."""
    port = free_port()
    started = Started(partner_of(f"http://localhost:{port}/callback"))
    callback = sandbox.person("alice").approve(started.url)
    there = callback.replace("localhost", address)
    assert httpx.get(there).status_code == 400  # another host name
    assert httpx.get(there, headers={"Host": f"localhost:{port}"}).status_code == 200
    assert started.user.result(10).id == "alice"


def test_no_way_back(partner_of: Partners, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a redirect URI elsewhere and no terminal, the error names the other ways."""
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InvalidArgument, match="no terminal to paste into") as raised:
        terminal.login(partner_of("https://partner.example/callback"), "alice")
    assert "--complete" in raised.value.hint


def test_a_notebook_asks_in_its_own_field(
    sandbox: Sandbox, partner_of: Partners, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where standard input is no file, the address is asked for as the notebook does it."""
    said: list[str] = []
    asked = iter(["https://partner.example/callback?state=forged&code=1", ""])

    def ask(prompt: str) -> str:
        forged = next(asked)
        if forged:
            return forged
        (url,) = re.findall(r"http://\S+/auth/login\S+", said[0])
        return sandbox.person("alice").approve(url)

    monkeypatch.setattr("sys.stdin", None)
    monkeypatch.setattr("getpass.getpass", ask)
    partner = partner_of("https://partner.example/callback")
    user = terminal.login(partner, "alice", paste=True, browser=False, say=said.append)
    assert user.id == "alice"
    assert [line for line in said if line.startswith("Ignored: ")] != []
