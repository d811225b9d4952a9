"""Who may use a sandbox off loopback: host names, a token for the controls, and public URLs."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from whitebit_ext.sandbox import Sandbox

TIME = "/api/v4/public/time"


@pytest.fixture(scope="module")
def exposed() -> Iterator[Sandbox]:
    """Return a sandbox on all addresses, as in a container."""
    with Sandbox(
        host="0.0.0.0",  # noqa: S104 - what this is about
        public_url="http://whitebit.test:1234",
        allow_hosts=["sandbox"],
    ) as sandbox:
        sandbox.add_user("alice")
        yield sandbox


@pytest.fixture
def address(exposed: Sandbox) -> str:
    """Return a base URL that reaches the EU server."""
    return f"http://127.0.0.1:{urlsplit(exposed.eu_url).port}"


def get(url: str, host: str | None = None, token: str | None = None) -> int:
    """Request a URL, and return the status."""
    headers = {} if host is None else {"Host": host}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return httpx.get(url, headers=headers, trust_env=False).status_code


def test_public_urls(exposed: Sandbox) -> None:
    """The global server has the public URL, the EU server the same host and its own port."""
    assert exposed.global_url == "http://whitebit.test:1234"
    eu = urlsplit(exposed.eu_url)
    assert (eu.hostname, eu.port != 1234) == ("whitebit.test", True)
    for wrong in ("whitebit.test", "ftp://whitebit.test", "http://whitebit.test/path", "http://"):
        with pytest.raises(ValueError, match="public_url"):
            Sandbox(public_url=wrong)


@pytest.mark.parametrize("path", [TIME, "/sandbox/login/x", "/sandbox/state"])
def test_other_host_names_are_refused(exposed: Sandbox, address: str, path: str) -> None:
    """Off loopback, no path answers to a name that is not the sandbox's own."""
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "[", ""):
        assert get(address + path, host, exposed.control_token) == 421
    for name in (None, "whitebit.test", "sandbox:99", "LOCALHOST"):
        assert get(address + path, name, exposed.control_token) != 421


def test_forged_host_does_not_open_the_controls(exposed: Sandbox, address: str) -> None:
    """The state, the log and the controls need the token, whatever the request names as host."""
    for host in (None, "127.0.0.1", "localhost", "whitebit.test"):
        for token in (None, "wrong", "gültig"):
            headers = [(b"Host", host.encode())] if host else []
            if token is not None:
                headers.append((b"Authorization", f"Bearer {token}".encode()))
            for path in ("/sandbox/", "/sandbox/state", "/sandbox/requests", "/sandbox/notes"):
                answer = httpx.get(address + path, headers=headers, trust_env=False)
                assert answer.status_code == 401
            reset = f"{address}/sandbox/reset"
            assert httpx.post(reset, json={}, headers=headers, trust_env=False).status_code == 401
    assert len(exposed.users) == 1
    assert get(f"{address}/sandbox/state", token=exposed.control_token) == 200


def test_page_takes_the_token_from_its_link(exposed: Sandbox, address: str) -> None:
    """The printed link sets a cookie, leads on without the token, and its buttons work."""
    with httpx.Client(base_url=address, trust_env=False) as browser:
        wrong = browser.get("/sandbox/", params={"token": "wrong"})
        assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
        answer = browser.get("/sandbox/", params={"token": exposed.control_token or ""})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sandbox/")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        page = browser.get("/sandbox/")
        assert page.status_code == 200
        assert (exposed.control_token or "") not in page.text
        form = browser.post("/sandbox/users", data={"name": "bob"}, headers={"Origin": address})
        assert form.status_code == 303
        foreign = browser.post("/sandbox/reset", data={}, headers={"Origin": "http://evil.example"})
        assert foreign.status_code == 403


def test_loopback_needs_no_token() -> None:
    """On loopback the controls look at the host and the origin only; IPv6 is loopback too."""
    for host in ("127.0.0.1", "localhost", "::1"):
        with Sandbox(host=host) as sandbox:
            assert sandbox.control_token is None
            state = f"{sandbox.global_url}/sandbox/state"
            assert get(state) == 200
            assert get(state, "evil.example") == 403
            assert get(f"{sandbox.global_url}{TIME}", "evil.example") == 200


def test_what_is_prepared_is_there_after_a_reset() -> None:
    """A reset deletes everything but what the sandbox was made with."""
    sandbox = Sandbox(
        prepare=lambda made: made.register_client(client_id="mine", client_secret="s3cret")
    )
    with sandbox:
        sandbox.register_client(client_id="other")
        sandbox.add_user("alice")
        httpx.post(f"{sandbox.global_url}/sandbox/reset", json={}, trust_env=False)
        (client,) = sandbox.clients
        assert (client.client_id, client.client_secret) == ("mine", "s3cret")
        assert sandbox.users == []
