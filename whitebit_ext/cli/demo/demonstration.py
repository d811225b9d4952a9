"""The whole partner flow, step by step, over HTTP against an embedded sandbox."""

from __future__ import annotations

from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

import httpx

from ... import (
    ApiKey,
    KeyState,
    Login,
    MemoryStore,
    Region,
    User,
    WhiteBIT,
    generate_encryption_key,
)
from ...errors import RegionNotSupported
from ...sandbox import PartnerClient, Sandbox
from .steps import Facts, Step, expect, refusal

_USER: Final = "alice"
_REDIRECT_URI: Final = "https://partner.example/whitebit/callback"
_GRANTED: Final = ("trading", "main_account")
_SECRET_PATH: Final = "/oauth2/api-key/{externalId}/secret"  # noqa: S105  # a path
_WAIT: Final = 20.0
"""Seconds to wait for the API key to appear."""


class Demo:
    """A partner, a user and a sandbox for one demonstration.

    Args:
        region: The server to run against.
        sandbox: A running sandbox; by default one is started and stopped with this object.
    """

    def __init__(self, region: Region, sandbox: Sandbox | None = None) -> None:
        self.region = region
        self._embedded = sandbox is None
        self._sandbox = sandbox or Sandbox()
        self._store = MemoryStore()
        self._keys = [generate_encryption_key()]
        self._partners: list[WhiteBIT] = []
        self._http = httpx.Client(timeout=10.0)
        self.proved: dict[str, bool] = {}

    def __enter__(self) -> Self:
        if self._embedded:
            self._sandbox.start()
        self._client = self._register()
        return self

    def __exit__(self, *raised: object) -> None:
        for partner in self._partners:
            partner.close()
        self._http.close()
        if self._embedded:
            self._sandbox.stop()

    @property
    def steps(self) -> list[Step]:
        """The steps in order; they depend on the region."""
        login = [
            Step(
                "sandbox", "Start a sandbox on loopback, with a partner and a user", self.introduce
            ),
            Step("authorize", "Create a login URL with state and PKCE", self.authorize),
            Step("consent", "Sign in, grant permissions and confirm, as the user", self.consent),
            Step("connect", "Check the state of the callback, exchange the code", self.connect),
        ]
        if self.region is Region.EU:
            refusal = "Ask for keys in a region without them: refused, nothing is sent"
            return [*login, Step("refusal", refusal, self.refuse)]
        return [
            *login,
            Step(
                "issue",
                "Wait for the key; retrieve its secret once, encrypt and store it",
                self.issue,
            ),
            Step("second_retrieval", "Ask for the secret again: refused", self.ask_again),
            Step("stored", "Load the stored secret, as another process does", self.find_stored),
            Step("signed", "Send signed requests: accepted", self.sign),
            Step("delete", "Delete the key at WhiteBIT and in the store", self.delete),
        ]

    def summary(self, ok: bool) -> Facts:
        """Return what the steps have proved.

        Args:
            ok: Whether every step succeeded.
        """
        promised = (
            ("refused_before_sending", "nothing_sent")
            if self.region is Region.EU
            else (
                "second_retrieval_refused_with_409",
                "stored_secret_returned",
                "signed_request_accepted",
                "key_deleted",
            )
        )
        breaches = len(self._sandbox.breaches)
        kept = {name: self.proved.get(name, False) for name in promised}
        return {
            "ok": ok and all(kept.values()) and not breaches,
            "region": self.region.value,
            **kept,
            "requests": len(self._sandbox.requests),
            "contract_breaches": breaches,
        }

    def introduce(self) -> Facts:
        """Return the servers, the partner and the user."""
        return {
            "global_server": self._sandbox.global_url,
            "eu_server": self._sandbox.eu_url,
            "client_id": self._client.client_id,
            "redirect_uri": _REDIRECT_URI,
            "user": _USER,
        }

    def authorize(self) -> Facts:
        """Start a login."""
        self._login: Login = self._partner().authorize(_USER)
        url = urlsplit(self._login.url)
        parameters = parse_qs(url.query)
        expect("code_verifier" not in parameters, "the code verifier is in the URL")
        return {
            "page": f"{url.scheme}://{url.netloc}{url.path}",
            "parameters": sorted(parameters),
            "code_challenge_method": parameters["code_challenge_method"][0],
            "expires_at": self._login.expires_at.isoformat(timespec="seconds"),
        }

    def consent(self) -> Facts:
        """Submit the forms of the consent page as the user's browser does."""
        person = self._sandbox.person(_USER)
        # The EU server issues no keys, so its page offers no permissions.
        granted = [] if self.region is Region.EU else list(_GRANTED)
        self._callback = person.approve(self._login.url, permissions=granted)
        url = urlsplit(self._callback)
        return {
            "granted": granted,
            "callback": f"{url.scheme}://{url.netloc}{url.path}",
            "parameters": sorted(parse_qs(url.query)),
        }

    def connect(self) -> Facts:
        """Finish the login."""
        self._user: User = self._partner().connect(
            self._callback, binding=self._login.binding, user_id=_USER
        )
        exchanges = self._sandbox.count("POST", "/oauth2/token", status=200)
        expect(exchanges == 1, f"the code was exchanged {exchanges} times")
        return {"user": self._user.id, "token_requests": exchanges, "tokens": "sealed, stored"}

    def issue(self) -> Facts:
        """Wait for the key and retrieve its secret."""
        self._key: ApiKey = self._user.api_key.issue(timeout=_WAIT)
        polls = self._sandbox.count("GET", "/oauth2/api-key/info")
        info = self._user.api_key.info()
        expect(info.state is KeyState.ACTIVE, f"the key is {info.state.value}")
        self._retrievals = self._sandbox.count("GET", _SECRET_PATH)
        expect(self._retrievals == 1, f"the secret was requested {self._retrievals} times")
        return {
            "key": self._key.external_id,
            "polls": polls,
            "retrievals": self._retrievals,
            "granted": sorted(info.granted),
            "offered": sorted(info.offered),
        }

    def ask_again(self) -> Facts:
        """Ask the server for the secret a second time, with the same token, over plain HTTP.

        The library itself never asks twice, so the token comes from the sandbox.
        """
        (token,) = self._sandbox.issued_values("access_token")
        path = _SECRET_PATH.format(externalId=self._key.external_id)
        answer = self._http.get(
            self._sandbox.global_url + path, headers={"authorization": f"Bearer {token}"}
        )
        refused = answer.status_code == httpx.codes.CONFLICT
        expect(refused, f"the second retrieval returned {answer.status_code}")
        self.proved["second_retrieval_refused_with_409"] = refused
        return {"status": answer.status_code, "message": answer.json()["data"]["message"]}

    def find_stored(self) -> Facts:
        """Load the key with a new partner object and the same store."""
        before = self._sandbox.count()
        key = self._partner().user(_USER).api_key.issue(timeout=0)
        requests = self._sandbox.count() - before
        expect(key.secret == self._key.secret, "another secret was returned")
        expect(requests == 0, f"{requests} requests were sent")
        self.proved["stored_secret_returned"] = True
        return {"same_secret": True, "requests": requests}

    def sign(self) -> Facts:
        """Read balances with the key, with the library and with a plain httpx client."""
        spot = self._user.signed.account.balances.spot()
        answer = self._post_signed()
        expect(answer.is_success, f"the signed request returned {answer.status_code}")
        self.proved["signed_request_accepted"] = True
        return {
            "spot_balances": [f"{ticker} {row.available}" for ticker, row in spot.items()],
            "httpx_with_key_auth": answer.status_code,
            "main_balance": f"BTC {answer.json()['main_balance']}",
        }

    def delete(self) -> Facts:
        """Delete the key, and check that it is gone on both sides."""
        self._user.api_key.delete()
        info = self._user.api_key.info()
        expect(info.state is KeyState.ABSENT, f"the key is {info.state.value}")
        forgotten = refusal(self._user.signed.account.balances.spot)
        answer = self._post_signed()
        expect(
            answer.is_client_error, f"a request with the deleted key returned {answer.status_code}"
        )
        self.proved["key_deleted"] = True
        return {
            "state": info.state.value,
            "library_with_it": type(forgotten).__name__,
            "httpx_with_key_auth": answer.status_code,
        }

    def _post_signed(self) -> httpx.Response:
        """Send a request with a plain httpx client, signed with the key."""
        return self._http.post(
            f"{self._sandbox.global_url}/api/v4/main-account/balance",
            json={"ticker": "BTC"},
            auth=self._key.unchecked_auth(),
        )

    def refuse(self) -> Facts:
        """Call every key operation, and count what reaches the servers."""
        before = self._traffic()
        keys = self._user.api_key
        refusals = [refusal(ask) for ask in (keys.info, keys.issue, keys.delete)]
        requests, connections = (
            now - then for now, then in zip(self._traffic(), before, strict=True)
        )
        self.proved["refused_before_sending"] = all(
            isinstance(error, RegionNotSupported) for error in refusals
        )
        self.proved["nothing_sent"] = requests == 0 and connections == 0
        expect(self.proved["nothing_sent"], f"{requests} requests, {connections} connections")
        return {
            "refused": [error.operation for error in refusals],
            "error": type(refusals[0]).__name__,
            "message": refusals[0].message,
            "hint": refusals[0].hint,
            "requests_sent": requests,
            "connections_opened": connections,
        }

    def _traffic(self) -> tuple[int, int]:
        """Return the number of requests and connections of both servers."""
        return self._sandbox.count(), self._sandbox.connections()

    def _register(self) -> PartnerClient:
        self._sandbox.add_user(
            _USER,
            main_balances={"BTC": "0.0013929494020316"},
            spot_balances={"BTC": ("0.123", "0.01"), "USDT": ("250.50", "0")},
        )
        return self._sandbox.register_client(redirect_uris=(_REDIRECT_URI,), region="both")

    def _partner(self) -> WhiteBIT:
        """Return a new partner object, as another process of the same partner has."""
        partner = WhiteBIT(
            client_id=self._client.client_id,
            client_secret=self._client.client_secret,
            redirect_uri=_REDIRECT_URI,
            region=self.region,
            base_url=self._sandbox.url(self.region.value),
            store=self._store,
            encryption_keys=self._keys,
        )
        self._partners.append(partner)
        return partner
