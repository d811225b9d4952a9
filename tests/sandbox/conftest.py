"""One sandbox for all tests, emptied before each, and a partner written with nothing but httpx."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from whitebit_ext.sandbox import Clock, PartnerClient, Sandbox

CALLBACK = "https://partner.example/whitebit/callback"


class Partner:
    """A partner's backend, independent of the library: its own PKCE, its own HMAC."""

    def __init__(self, sandbox: Sandbox, client: PartnerClient, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.client = client
        self.http = http
        self.verifier = secrets.token_urlsafe(48)

    @property
    def base(self) -> str:
        """Return the base URL of the server that the client is registered at."""
        return self.sandbox.url(self.client.regions[0])

    def login_url(self, **changes: str | None) -> str:
        """Return the login URL; a change of None leaves a parameter out."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        fields = {
            "clientId": self.client.client_id,
            "redirect_uri": CALLBACK,
            "state": "some-state",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            **changes,
        }
        sent = {name: value for name, value in fields.items() if value is not None}
        return f"{self.base}/auth/login?{urlencode(sent)}"

    def code(self, user: str = "alice", permissions: list[str] | None = None, **url: Any) -> str:
        """Let a person approve, and return the code of the callback."""
        callback = self.sandbox.person(user).approve(self.login_url(**url), permissions)
        return parse_qs(urlsplit(callback).query)["code"][0]

    def post_token(self, code: str, /, **changes: str | None) -> httpx.Response:
        """Exchange a code; a change of None leaves a field out."""
        fields = {
            "client_id": self.client.client_id,
            "client_secret": self.client.client_secret,
            "code": code,
            "code_verifier": self.verifier,
            **changes,
        }
        sent = {name: value for name, value in fields.items() if value is not None}
        return self.http.post(f"{self.base}/oauth2/token", data=sent)

    def tokens(self, user: str = "alice", permissions: list[str] | None = None) -> dict[str, Any]:
        """Go through login and exchange."""
        answer = self.post_token(self.code(user, permissions))
        assert answer.status_code == 200
        data: dict[str, Any] = answer.json()["data"]
        return data

    def refresh(self, token: str, /, **changes: str) -> httpx.Response:
        """Refresh a pair; a change adds or replaces a field."""
        fields = {
            "client_id": self.client.client_id,
            "client_secret": self.client.client_secret,
            "token": token,
            **changes,
        }
        return self.http.post(f"{self.base}/oauth2/refresh_token", data=fields)

    def bearer(self, method: str, path: str, token: str, **options: Any) -> httpx.Response:
        """Send a request with a Bearer token."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.request(method, self.base + path, headers=headers, **options)

    def key(self, token: str) -> str:
        """Wait for the key on the sandbox's clock, and return its external id."""
        self.sandbox.clock.advance(2)
        info = self.bearer("GET", "/oauth2/api-key/info", token).json()["data"]
        external_id: str = info["externalId"]
        return external_id

    def secret(self, external_id: str, token: str) -> httpx.Response:
        """Ask for a key's secret."""
        return self.bearer("GET", f"/oauth2/api-key/{external_id}/secret", token)

    def signed(
        self,
        path: str,
        public_key: str,
        secret: str,
        *,
        body: bytes | None = None,
        changes: dict[str, str | None] | None = None,
        **fields: Any,
    ) -> httpx.Response:
        """Send a signed request; `changes` replaces headers, None takes one away."""
        content = {"request": path, "nonce": int(self.sandbox.clock.now() * 1000), **fields}
        kept = {name: value for name, value in content.items() if value is not None}
        raw = json.dumps(kept, separators=(",", ":")).encode() if body is None else body
        payload = base64.b64encode(raw).decode()
        headers: dict[str, str | None] = {
            "Content-Type": "application/json",
            "X-TXC-APIKEY": public_key,
            "X-TXC-PAYLOAD": payload,
            "X-TXC-SIGNATURE": hmac.new(
                secret.encode(), payload.encode(), hashlib.sha512
            ).hexdigest(),
            **(changes or {}),
        }
        sent = {name: value for name, value in headers.items() if value is not None}
        return self.http.post(self.base + path, content=raw, headers=sent)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """Return the server of all tests, with a frozen clock."""
    with Sandbox(clock=Clock(start=1_800_000_000.25, frozen=True)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """Return a sandbox with the users alice and bob, and a frozen clock."""
    running_sandbox.reset()
    running_sandbox.add_user("alice")
    running_sandbox.add_user("bob", main_balances={}, spot_balances={})
    yield running_sandbox
    running_sandbox.reset()
    running_sandbox.clock.freeze()


@pytest.fixture(scope="session")
def pool() -> Iterator[httpx.Client]:
    """Give the one connection pool of all tests."""
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield client


@pytest.fixture
def http(pool: httpx.Client) -> httpx.Client:
    """Give a client without cookies."""
    pool.cookies.clear()
    return pool


@pytest.fixture
def partner(sandbox: Sandbox, http: httpx.Client) -> Partner:
    """Give a partner that is registered at the global server."""
    return Partner(sandbox, sandbox.register_client(redirect_uris=[CALLBACK]), http)
