"""Balances in both ways of access, and reads that carry a token or no credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.sandbox.judging import MAIN, SPOT, rules
from whitebit_ext.sandbox import BearerReads, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner
MAIN_BEARER = "/api/v4/accounts/balances/main"
SPOT_BEARER = "/api/v4/accounts/balances/spot"
FORMS = [(MAIN_BEARER, MAIN), (SPOT_BEARER, SPOT)]


@pytest.fixture
def token(partner: Partner) -> str:
    """Give an access token of alice."""
    value: str = partner.tokens()["access_token"]
    return value


class Reader:
    """Reads one path in one of the two ways."""

    def __init__(self, partner: Partner, signed: bool) -> None:
        self._partner, self._signed = partner, signed
        if signed:
            self._key = partner.sandbox.add_key("alice", partner.client)
        else:
            self._token = partner.tokens()["access_token"]

    def read(self, bearer_path: str, signed_path: str, **fields: Any) -> httpx.Response:
        """Read with these parameters, each time with a new nonce."""
        if self._signed:
            self._partner.sandbox.clock.advance(0.01)
            key = self._key
            return self._partner.signed(signed_path, key.public_key, key.secret, **fields)
        return self._partner.bearer("POST", bearer_path, self._token, json=fields)


@pytest.fixture(params=[False, True], ids=["bearer", "signed"])
def reader(partner: Partner, request: pytest.FixtureRequest) -> Reader:
    """Give a reader of each way."""
    return Reader(partner, request.param)


def test_main_balance_lists_every_currency(reader: Reader, sandbox: Sandbox) -> None:
    """Without a ticker every currency is there, zeros too, with all their digits."""
    answer = reader.read(*FORMS[0])
    assert answer.status_code == 200
    content = answer.json()
    assert content["BTC"] == {"main_balance": "0.0013929494020316"}
    assert content["XLM"] == {"main_balance": "0"}
    assert sandbox.breaches == []


@pytest.mark.parametrize(
    ("ticker", "amount"), [("BTC", "0.0013929494020316"), ("XLM", "0"), ("NOPE", "0")]
)
def test_main_balance_of_one_ticker_is_flat(reader: Reader, ticker: str, amount: str) -> None:
    """With a ticker the response is one flat balance; an unknown ticker is not an error."""
    answer = reader.read(*FORMS[0], ticker=ticker)
    assert answer.status_code == 200
    assert answer.json() == {"main_balance": amount}


def test_main_balance_wants_a_text(reader: Reader) -> None:
    """A ticker that is a number is 422 code 0."""
    answer = reader.read(*FORMS[0], ticker=5)
    assert answer.status_code == 422
    assert answer.json()["code"] == 0
    assert answer.json()["errors"] == {"ticker": ["validation.string"]}


def test_spot_balance_lists_what_is_not_zero(reader: Reader, sandbox: Sandbox) -> None:
    """Without a ticker only currencies with something available or frozen are there."""
    sandbox.users[0].spot_balances.update(
        {"ETH": ("0", "0.000"), "XLM": ("0", "3"), "EUR": ("0.00100000", "0")}
    )
    assert reader.read(*FORMS[1]).json() == {
        "BTC": {"available": "0.123", "freeze": "0.01"},
        "EUR": {"available": "0.00100000", "freeze": "0"},
        "USDT": {"available": "1000.00100000", "freeze": "0"},
        "XLM": {"available": "0", "freeze": "3"},
    }


def test_empty_spot_balance_is_an_empty_map(reader: Reader, sandbox: Sandbox) -> None:
    """A user without anything has `{}`."""
    sandbox.users[0].spot_balances.clear()
    assert reader.read(*FORMS[1]).text == "{}"


@pytest.mark.parametrize(
    ("ticker", "balance"),
    [
        ("BTC", {"available": "0.123", "freeze": "0.01"}),
        ("ETH", {"available": "0", "freeze": "0"}),
    ],
)
def test_spot_balance_of_one_ticker_is_flat(
    reader: Reader, ticker: str, balance: dict[str, str]
) -> None:
    """With a ticker there is one flat balance, zeros too."""
    assert reader.read(*FORMS[1], ticker=ticker).json() == balance


@pytest.mark.parametrize(
    ("ticker", "text"), [("NOPE", "Currency was not found."), (5, "validation.string")]
)
def test_spot_balance_of_an_unknown_ticker_is_an_error(
    reader: Reader, ticker: object, text: str
) -> None:
    """An unknown ticker is code 30 here."""
    answer = reader.read(*FORMS[1], ticker=ticker)
    assert answer.status_code == 422
    assert answer.json()["code"] == 30
    assert answer.json()["errors"] == {"ticker": [text]}


def test_undocumented_parameter_is_a_breach(reader: Reader, sandbox: Sandbox) -> None:
    """A key of the body that no document names is recorded, and does no harm."""
    assert reader.read(*FORMS[0], currency="BTC").status_code == 200
    assert rules(sandbox) == ["unknown-field"]


@pytest.mark.parametrize("path", [MAIN_BEARER, SPOT_BEARER])
def test_bearer_read_without_a_token(partner: Partner, path: str) -> None:
    """A read without a token, or with a dead one, is 401 code 0."""
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        answer = partner.http.post(partner.base + path, json={}, headers=headers)
        assert answer.status_code == 401
        assert answer.json() == {
            "code": 0,
            "message": "This action is unauthorized.",
            "errors": {},
        }


def test_bearer_read_without_the_scope(partner: Partner, sandbox: Sandbox) -> None:
    """A token without the scope may not use the endpoint, in the body without `errors`."""
    partner.client = sandbox.register_client(
        redirect_uris=partner.client.redirect_uris, scopes=["apikeys.read"]
    )
    answer = partner.bearer("POST", MAIN_BEARER, partner.tokens()["access_token"], json={})
    assert answer.status_code == 403
    assert answer.json().keys() == {"code", "message"}


@pytest.mark.parametrize("body", [b"{", b'{"a":', b"\xff", b"null", b"[1]"])
def test_bearer_read_wants_a_json_object(
    partner: Partner, token: str, sandbox: Sandbox, body: bytes
) -> None:
    """A body that is no JSON object is 400 and a breach."""
    answer = partner.http.post(
        partner.base + MAIN_BEARER,
        content=body,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    assert answer.status_code == 400
    assert rules(sandbox) == ["json-body"]


@pytest.mark.parametrize("body", [b"", b"[]"])
def test_empty_body_is_accepted_and_noted(
    partner: Partner, token: str, sandbox: Sandbox, body: bytes
) -> None:
    """Nothing, or PHP's empty array, is as good as an empty object; `bearer` has any case."""
    headers = {"Authorization": f"bEARER {token}"}
    answer = partner.http.post(partner.base + MAIN_BEARER, content=body, headers=headers)
    assert answer.status_code == 200
    assert rules(sandbox) == []
    assert [note.rule for note in sandbox.notes] == ["bearer-case", "empty-body"]


@pytest.mark.parametrize("state", ["served", "removed"])
def test_bearer_reads_can_be_removed(
    partner: Partner, token: str, sandbox: Sandbox, state: BearerReads
) -> None:
    """After the announced removal the path is gone; the signed read of the same stays."""
    sandbox.bearer_reads = state
    answer = partner.bearer("POST", MAIN_BEARER, token, json={})
    assert answer.status_code == (200 if state == "served" else 404)
    assert rules(sandbox) == []
    key = sandbox.add_key("alice", partner.client)
    signed = partner.signed("/api/v4/main-account/balance", key.public_key, key.secret)
    assert signed.status_code == 200
    with pytest.raises(ValueError, match="bearer_reads"):
        sandbox.bearer_reads = "gone"  # type: ignore[assignment]  # what a caller may write


@pytest.mark.parametrize(
    ("method", "path", "headers", "rule"),
    [
        ("GET", "/api/v4/public/time", {"Authorization": "Bearer x"}, "authorization"),
        ("GET", "/api/v4/public/time", {"X-TXC-APIKEY": "x"}, "signature"),
        ("POST", MAIN_BEARER, {"X-TXC-APIKEY": "x"}, "signature"),
        ("GET", "/oauth2/api-key/info", {"X-TXC-APIKEY": "x"}, "signature"),
    ],
)
def test_credentials_that_nobody_asked_for_are_breaches(
    partner: Partner, sandbox: Sandbox, method: str, path: str, headers: dict[str, str], rule: str
) -> None:
    """A credential is sent where it is needed, and nowhere else."""
    partner.http.request(method, partner.base + path, headers=headers)
    assert rule in rules(sandbox)


def test_body_of_a_get_is_a_breach(partner: Partner, sandbox: Sandbox) -> None:
    """A body is sent with a POST alone."""
    partner.http.request("GET", f"{partner.base}/api/v4/public/time", content=b"{}")
    assert rules(sandbox) == ["body"]


def test_server_time_is_in_whole_seconds(partner: Partner, sandbox: Sandbox) -> None:
    """The public time is the sandbox's clock without its fraction."""
    answer = partner.http.get(f"{partner.base}/api/v4/public/time")
    assert answer.json() == {"time": int(sandbox.clock.now())}
