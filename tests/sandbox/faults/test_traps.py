from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from whitebit_ext.sandbox import ApiKey, Sandbox
from whitebit_ext.sandbox.faults.traps import V4Envelope

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner

MAIN = "/api/v4/main-account/balance"
SPOT = "/api/v4/trade-account/balance"
INFO = "/oauth2/api-key/info"


@pytest.fixture
def key(partner: Partner, sandbox: Sandbox) -> ApiKey:
    """Give a key of bob, who owns nothing."""
    return sandbox.add_key("bob", partner.client)


def test_empty_map_as_list(partner: Partner, sandbox: Sandbox, key: ApiKey) -> None:
    """An empty balance may arrive as a list, and so may an error's empty map."""
    sandbox.traps.empty_map_as_list = True
    assert partner.signed(SPOT, key.public_key, key.secret).json() == []
    answer = partner.signed(SPOT, key.public_key, "0" * 32)
    assert answer.json()["errors"] == []


def test_numbers_as_strings(partner: Partner, sandbox: Sandbox) -> None:
    """Whole numbers may arrive as strings, and truth values do not."""
    sandbox.traps.numbers_as_strings = True
    data = partner.tokens()
    assert data["expires_in"] == "300"
    info = partner.bearer("GET", INFO, data["access_token"]).json()["data"]
    assert info["exists"] is False


def test_decimals_as_numbers(partner: Partner, sandbox: Sandbox) -> None:
    """Amounts may arrive as bare numbers, which keep every digit on the wire."""
    sandbox.traps.decimals_as_numbers = True
    key = sandbox.add_key("alice", partner.client)
    answer = partner.signed(MAIN, key.public_key, key.secret)
    assert '"BTC":{"main_balance":0.0013929494020316}' in answer.text
    sandbox.clock.advance(1)
    answer = partner.signed(SPOT, key.public_key, key.secret, ticker="USDT")
    assert answer.text == '{"available":1000.00100000,"freeze":0}'


def test_numbers_and_decimals_swap_types(partner: Partner, sandbox: Sandbox) -> None:
    """Both switches together turn each into the other."""
    sandbox.traps.decimals_as_numbers = sandbox.traps.numbers_as_strings = True
    answer = partner.http.get(f"{partner.base}/api/v4/public/time")
    assert answer.text == f'{{"time":"{int(sandbox.clock.now())}"}}'


def test_null_fields(partner: Partner, sandbox: Sandbox) -> None:
    """Optional fields can be null, such as a missing refresh token."""
    sandbox.traps.null_fields = True
    partner.client = sandbox.register_client(
        redirect_uris=partner.client.redirect_uris, token_mode="single"
    )
    data = partner.tokens()
    assert data["refresh_token"] is None
    assert data["scope"] is None
    assert data["access_token"]


def test_missing_fields(partner: Partner, sandbox: Sandbox) -> None:
    """Optional fields can be missing."""
    sandbox.traps.missing_fields = True
    data = partner.tokens()
    assert "scope" not in data
    partner.key(data["access_token"])
    info = partner.bearer("GET", INFO, data["access_token"]).json()["data"]
    assert all("title" not in group for group in info["permissions"])
    assert all("name" in group for group in info["permissions"])


def test_unknown_fields(partner: Partner, sandbox: Sandbox) -> None:
    """Every object may have a field more, and a map has no row more."""
    sandbox.traps.unknown_fields = True
    data = partner.tokens()
    assert "new_field" in data
    key = sandbox.add_key("alice", partner.client)
    balances = partner.signed(SPOT, key.public_key, key.secret).json()
    assert balances.keys() == {"BTC", "USDT"}
    assert all("new_field" in row for row in balances.values())


def test_ticker_as_map(partner: Partner, sandbox: Sandbox, key: ApiKey) -> None:
    """One ticker may answer in a map of one."""
    sandbox.traps.ticker_as_map = True
    answer = partner.signed(MAIN, key.public_key, key.secret, ticker="BTC")
    assert answer.json() == {"BTC": {"main_balance": "0"}}


@pytest.mark.parametrize("empty", [False, True])
def test_disabled_permissions(partner: Partner, sandbox: Sandbox, empty: bool) -> None:
    """A key without any permission shows nothing, or groups that are all off."""
    sandbox.traps.disabled_permissions = not empty
    token = partner.tokens(permissions=[])["access_token"]
    partner.key(token)
    info = partner.bearer("GET", INFO, token).json()["data"]
    assert info["exists"] is True
    assert (info["permissions"] == []) is empty


def test_translated_titles(partner: Partner, sandbox: Sandbox) -> None:
    """Titles can be in another language; names are kept."""
    sandbox.traps.translated_titles = True
    token = partner.tokens()["access_token"]
    partner.key(token)
    group = partner.bearer("GET", INFO, token).json()["data"]["permissions"][0]
    assert group["name"] == "trading"
    assert not group["title"].isascii()


def test_escaped_slashes(partner: Partner, sandbox: Sandbox) -> None:
    r"""Slashes may arrive as `\/`, which is the same JSON."""
    sandbox.traps.escaped_slashes = True
    answer = partner.post_token(partner.code())
    token = answer.json()["data"]["access_token"]
    assert "/" not in answer.text.replace("\\/", "")
    assert token.replace("/", "\\/") in answer.text
    assert token in sandbox.issued_values("access_token")


@pytest.mark.parametrize(("status", "html"), [(429, True), (403, True), (401, False), (422, False)])
def test_html_errors(partner: Partner, sandbox: Sandbox, status: int, html: bool) -> None:
    """Some errors can be HTML pages of a CDN."""
    sandbox.traps.html_errors = True
    key = sandbox.add_key("alice", partner.client, ["trading"])
    answer = {
        429: lambda: partner.signed(SPOT, key.public_key, key.secret, nonce=-1),
        403: lambda: partner.signed(MAIN, key.public_key, key.secret),
        401: lambda: partner.post_token("wrong"),
        422: lambda: partner.post_token(""),
    }[status]()
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html") is html


def test_cookie_that_comes_back_is_a_breach(partner: Partner, sandbox: Sandbox) -> None:
    """A caller who keeps cookies, as a browser does, is seen."""
    sandbox.traps.set_cookie = True
    for _ in range(2):
        partner.http.get(f"{partner.base}/api/v4/public/time")
    assert [breach.rule for breach in sandbox.breaches] == ["cookie"]


@pytest.mark.parametrize(
    ("envelope", "names"),
    [
        ("plain", {"code", "message", "errors"}),
        ("older", {"message", "result", "success"}),
        (
            "notification",
            {"response", "status", "errors", "notification", "warning", "_token"},
        ),
    ],
)
def test_other_envelopes(
    partner: Partner, sandbox: Sandbox, key: ApiKey, envelope: V4Envelope, names: set[str]
) -> None:
    """V4 errors can have one of two other formats."""
    sandbox.traps.v4_envelope = envelope
    answer = partner.signed(SPOT, key.public_key, "0" * 32)
    assert answer.status_code == 401
    assert answer.json().keys() == names
    assert "Unauthorized request." in answer.text
