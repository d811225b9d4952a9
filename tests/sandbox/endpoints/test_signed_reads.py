"""Signed requests: the payload, the signature, the key and the nonce."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.sandbox.judging import MAIN, SPOT, rules
from whitebit_ext.sandbox import ApiKey, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner


@pytest.fixture
def key(partner: Partner, sandbox: Sandbox) -> ApiKey:
    """Give a key of alice with every permission."""
    return sandbox.add_key("alice", partner.client)


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
        ({"nonce": "-12"}, {}, (400, 0, "Nonce not provided.")),
        ({"nonce": "1.5"}, {}, (400, 0, "Nonce not provided.")),
        ({"nonce": 1.5}, {}, (400, 0, "Nonce not provided.")),
        ({"nonce": True}, {}, (400, 0, "Nonce not provided.")),
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
    """A nonce that does not grow gets a 429, with the body of the rate limit."""
    too_many = (429, 0, "Too many requests.")
    for nonce, status in ((7, 200), (7, 429), (6, 429), (8, 200)):
        answer = partner.signed(MAIN, key.public_key, key.secret, nonce=nonce)
        assert answer.status_code == status
        if status == 429:
            assert error(answer) == too_many


def test_nonce_may_be_digits_in_a_string(partner: Partner, key: ApiKey, sandbox: Sandbox) -> None:
    """A decimal string, as in WhiteBIT's own samples, counts like the number."""
    for nonce, status in (("7", 200), (7, 429), ("007", 429), (8, 200), ("9", 200)):
        answer = partner.signed(MAIN, key.public_key, key.secret, nonce=nonce)
        assert answer.status_code == status
    now = int(sandbox.clock.now() * 1000)
    for nonce, status in ((str(now), 200), (now, 429), (str(now + 6000), 400)):
        answer = partner.signed(MAIN, key.public_key, key.secret, nonce=nonce, nonceWindow=True)
        assert answer.status_code == status
    assert (sandbox.breaches, sandbox.notes) == ([], [])


def test_nonces_are_counted_per_key(partner: Partner, key: ApiKey, sandbox: Sandbox) -> None:
    """Another key may use the same nonce."""
    other = sandbox.add_key("bob", partner.client)
    for each in (key, other):
        assert partner.signed(MAIN, each.public_key, each.secret, nonce=7).status_code == 200


def test_nonce_window_is_about_time_and_not_about_order(
    partner: Partner, key: ApiKey, sandbox: Sandbox
) -> None:
    """Within the window, a nonce may be smaller than the last one, but not equal."""
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


@pytest.mark.parametrize("moved", [0, -86_400])
def test_moved_clock_says_so(
    partner: Partner, key: ApiKey, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, moved: int
) -> None:
    """A client on a real clock that a moved one refuses is told so; a client that is off is not."""
    nonce = int((time.time() + moved) * 1000)  # the sandbox's clock is in another year
    answer = partner.signed(MAIN, key.public_key, key.secret, nonce=nonce, nonceWindow=True)
    assert answer.status_code == 400
    told = [note.rule for note in sandbox.notes]
    assert told == (["moved-clock"] if moved == 0 else [])
    assert ("clock of the sandbox was frozen or moved" in caplog.text) is (moved == 0)
    page = partner.http.get(f"{partner.base}/sandbox/").text
    assert "off the real time" in page


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
    """Where addresses are checked, one that the user has not listed is as a disabled key."""
    key = sandbox.add_key("alice", partner.client)
    key.allowed_addresses = ("192.0.2.1",)
    assert partner.signed(MAIN, key.public_key, key.secret).status_code == 200
    sandbox.settings.address_checks = True
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
