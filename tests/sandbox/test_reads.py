from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from whitebit_ext.sandbox import ApiKey, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner

MAIN = "/api/v4/main-account/balance"
SPOT = "/api/v4/trade-account/balance"
MAIN_BEARER = "/api/v4/accounts/balances/main"
SPOT_BEARER = "/api/v4/accounts/balances/spot"

FORMS = [(MAIN_BEARER, MAIN), (SPOT_BEARER, SPOT)]


def rules(sandbox: Sandbox) -> list[str]:
    """Return the rules that were broken, in order."""
    return [breach.rule for breach in sandbox.breaches]


@pytest.fixture
def key(partner: Partner, sandbox: Sandbox) -> ApiKey:
    """Give a key of alice with every permission."""
    return sandbox.add_key("alice", partner.client)


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
    """With a ticker there is one flat balance, and an unknown ticker is no error."""
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


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a":', b"\xff", b"null"])
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


def error(answer: httpx.Response) -> tuple[int, int, str]:
    """Return status, code and message of a V4 error."""
    content = answer.json()
    assert content.keys() == {"code", "message", "errors"}
    return answer.status_code, content["code"], content["message"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"request": "/api/v4/main-account/balance","nonce":1}',
        b'{"request":"/api/v4/main-account/balance", "nonce":1}',
        b'{"request":"\\/api\\/v4\\/main-account\\/balance","nonce":1}',
        b'{"request":"/api/v4/main-account/balance","nonce":1}\n',
        '{"request":"/api/v4/main-account/balance","nonce":1,"ticker":"é"}'.encode(),
        b'{"request":"/api/v4/other","nonce":1}',
        b"[]",
        b"",
    ],
)
def test_body_that_is_not_compact_is_an_invalid_payload(
    partner: Partner, key: ApiKey, sandbox: Sandbox, body: bytes
) -> None:
    """Spaces, escaped slashes, other than ASCII and another path are 400 code 9."""
    answer = partner.signed(MAIN, key.public_key, key.secret, body=body)
    expected = "Payload not provided." if body == b"" else "Invalid payload."
    assert error(answer) == (400, 0 if body == b"" else 9, expected)
    assert rules(sandbox) == ([] if body == b"" else [rules(sandbox)[0]])


def test_spaces_inside_of_strings_are_allowed(partner: Partner, key: ApiKey) -> None:
    """Compactness is about the JSON, not about what a string says."""
    answer = partner.signed(MAIN, key.public_key, key.secret, ticker='B "T" \\C')
    assert answer.status_code == 200


def test_payload_that_is_not_the_body(partner: Partner, key: ApiKey, sandbox: Sandbox) -> None:
    """The payload header is the base64 of the exact body."""
    other = base64.b64encode(b'{"request":"/api/v4/main-account/balance","nonce":2}').decode()
    for payload in (other, "not base64!"):
        answer = partner.signed(
            MAIN, key.public_key, key.secret, changes={"X-TXC-PAYLOAD": payload}
        )
        assert error(answer) == (400, 9, "Invalid payload.")
    assert rules(sandbox) == ["payload", "payload"]


@pytest.mark.parametrize(
    ("fields", "changes", "expected"),
    [
        ({}, {"X-TXC-PAYLOAD": None}, (400, 0, "Payload not provided.")),
        ({"nonce": None}, {}, (400, 0, "Nonce not provided.")),
        ({"nonce": "12"}, {}, (400, 0, "Nonce not provided.")),
        ({"request": None}, {}, (400, 0, "Request not provided.")),
        ({"nonceWindow": 1}, {}, (400, 0, "Invalid nonceWindow.")),
        ({}, {"X-TXC-APIKEY": None}, (401, 10, "Unauthorized request.")),
        ({}, {"X-TXC-APIKEY": "nobody"}, (401, 10, "Unauthorized request.")),
        ({}, {"X-TXC-SIGNATURE": None}, (401, 10, "Unauthorized request.")),
        ({}, {"X-TXC-SIGNATURE": "00"}, (401, 10, "Unauthorized request.")),
    ],
)
def test_incomplete_signed_request(
    partner: Partner,
    key: ApiKey,
    fields: dict[str, Any],
    changes: dict[str, str | None],
    expected: tuple[int, int, str],
) -> None:
    """Each missing or wrong part has its own documented body."""
    answer = partner.signed(MAIN, key.public_key, key.secret, changes=changes, **fields)
    assert error(answer) == expected


def test_wrong_secret_and_upper_case_signature(partner: Partner, key: ApiKey) -> None:
    """The signature is lower-case hex under the key's own secret."""
    unauthorized = (401, 10, "Unauthorized request.")
    assert error(partner.signed(MAIN, key.public_key, "0" * 32)) == unauthorized
    good = partner.signed(MAIN, key.public_key, key.secret)
    upper = good.request.headers["X-TXC-SIGNATURE"].upper()
    answer = partner.signed(MAIN, key.public_key, key.secret, changes={"X-TXC-SIGNATURE": upper})
    assert error(answer) == unauthorized


def test_disabled_and_deleted_keys(partner: Partner, key: ApiKey, sandbox: Sandbox) -> None:
    """A disabled key is code 2, a deleted one is unknown."""
    sandbox.disable_key(key.external_id)
    text = "This action is unauthorized. Enable your key in API settings"
    assert error(partner.signed(MAIN, key.public_key, key.secret)) == (401, 2, text)
    sandbox.delete_key(key.external_id)
    answer = partner.signed(MAIN, key.public_key, key.secret)
    assert error(answer) == (401, 10, "Unauthorized request.")


def test_permission_is_checked_by_group(partner: Partner, sandbox: Sandbox) -> None:
    """A key reads what its granted groups hold, and code 4 for everything else."""
    key = sandbox.add_key("alice", partner.client, ["trading"])
    assert partner.signed(SPOT, key.public_key, key.secret).status_code == 200
    sandbox.clock.advance(0.01)
    text = "This API Key is not authorized to perform this action."
    assert error(partner.signed(MAIN, key.public_key, key.secret)) == (403, 4, text)


def test_nonce_has_to_grow(partner: Partner, key: ApiKey) -> None:
    """A nonce that stands still or falls back is 429, in the body of the rate limit."""
    too_many = (429, 0, "Too many requests.")
    for nonce, status in ((7, 200), (7, 429), (6, 429), (8, 200)):
        answer = partner.signed(MAIN, key.public_key, key.secret, nonce=nonce)
        assert answer.status_code == status
        if status == 429:
            assert error(answer) == too_many


def test_nonces_are_counted_per_key(partner: Partner, key: ApiKey, sandbox: Sandbox) -> None:
    """Another key may use the same nonce."""
    other = sandbox.add_key("bob", partner.client)
    for each in (key, other):
        assert partner.signed(MAIN, each.public_key, each.secret, nonce=7).status_code == 200


def test_nonce_window_is_about_time_and_not_about_order(
    partner: Partner, key: ApiKey, sandbox: Sandbox
) -> None:
    """Within the window a nonce may be older than the last one, but not the same."""
    now = int(sandbox.clock.now() * 1000)
    for nonce, status in (
        (now, 200),
        (now - 4000, 200),
        (now + 4000, 200),
        (now, 429),
        (now - 5001, 400),
        (now + 6000, 400),
    ):
        answer = partner.signed(MAIN, key.public_key, key.secret, nonce=nonce, nonceWindow=True)
        assert answer.status_code == status
    text = "Your nonce is more than 5 seconds lesser than the current nonce"
    assert error(answer) == (400, 0, text)


def test_used_nonces_are_remembered_as_long_as_they_could_come_again(
    partner: Partner, key: ApiKey, sandbox: Sandbox
) -> None:
    """The memory of used nonces is cleaned, and never of one that is still in the window."""
    for _ in range(12):
        nonce = int(sandbox.clock.now() * 1000)
        for status in (200, 429):
            answer = partner.signed(MAIN, key.public_key, key.secret, nonce=nonce, nonceWindow=True)
            assert answer.status_code == status
        sandbox.clock.advance(4)
    assert len(key.window_nonces) <= 8


def test_address_off_the_allowlist_is_code_2(partner: Partner, sandbox: Sandbox) -> None:
    """A caller whose address is not listed gets the body of a disabled key."""
    client = sandbox.register_client(allowed_addresses=["192.0.2.1"])
    key = sandbox.add_key("alice", client)
    assert error(partner.signed(MAIN, key.public_key, key.secret))[:2] == (401, 2)


def test_key_of_another_region_is_a_breach(partner: Partner, sandbox: Sandbox) -> None:
    """A key of one server is unknown to the other, and must not be sent there."""
    key = sandbox.add_key("alice", partner.client, region="eu")
    assert partner.signed(MAIN, key.public_key, key.secret).status_code == 401
    assert rules(sandbox) == ["other-region"]


def test_token_beside_a_signature_is_a_breach(
    partner: Partner, key: ApiKey, sandbox: Sandbox
) -> None:
    """A signed request carries no Bearer token."""
    partner.signed(MAIN, key.public_key, key.secret, changes={"Authorization": "Bearer x"})
    assert rules(sandbox) == ["authorization"]
