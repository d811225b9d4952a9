"""What the sandbox accepts besides the documented form of a request, and what it shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.sandbox.judging import INFO, rules
from tests.sandbox.reading import HistoryReader, refusal
from whitebit_ext.sandbox import HistoryName, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner

SECRET = "Q7vX9-a-secret-in-the-wrong-place"


@pytest.fixture(params=[False, True], ids=["bearer", "signed"])
def reader(partner: Partner, sandbox: Sandbox, request: pytest.FixtureRequest) -> HistoryReader:
    """Give a reader of each way, with rows to read."""
    sandbox.seed_history("alice", transactions=60, orders=60, deals=60, converts=20)
    return HistoryReader(partner, request.param)


def test_numbers_may_be_strings(reader: HistoryReader, sandbox: Sandbox) -> None:
    """A number in a string, and an integer date of conversions, are read as what they mean."""
    now = reader.now
    cases: list[tuple[HistoryName, dict[str, Any], dict[str, Any]]] = [
        (
            "transactions",
            {"limit": "7", "offset": "3", "transactionMethod": "2", "status": ["3", "7"]},
            {"limit": 7, "offset": 3, "transactionMethod": 2, "status": [3, 7]},
        ),
        (
            "orders",
            {"startDate": str(now - 86_400 * 30), "endDate": str(now)},
            {"startDate": now - 86_400 * 30, "endDate": now},
        ),
        ("deals", {"limit": "5"}, {"limit": 5}),
        (
            "converts",
            {"from_": now - 86_400 * 20, "to": now},
            {"from_": str(now - 86_400 * 20), "to": str(now)},
        ),
    ]
    for name, tolerated, documented in cases:
        before = len(sandbox.notes)
        assert reader.rows(name, **tolerated) == reader.rows(name, **documented) != []
        assert [note.rule for note in sandbox.notes[before:]] == ["other-type"] * len(tolerated)
    assert rules(sandbox) == []


def test_order_can_be_looked_up_by_digits(reader: HistoryReader, sandbox: Sandbox) -> None:
    """The id of an order may be a string, as common clients send it."""
    (row, *_) = sandbox.history("alice").rows("orders")
    assert reader.rows("orders", orderId=str(row["id"])) == [row]


def test_statuses_of_invalid_parameters(reader: HistoryReader, sandbox: Sandbox) -> None:
    """Orders and deals answer 400 as in the newest examples, or 422; the codes are the same."""
    for status in (400, 422):
        sandbox.settings.invalid_as_422 = status == 422
        assert refusal(reader.read("orders", limit=0))[:2] == (status, 30)
        assert refusal(reader.read("deals", market="NOPE"))[:2] == (status, 31)
        # This one is published as a 422.
        missing = refusal(reader.read("orders", clientOrderId="nobody's"))
        assert missing == (422, 30, {"orderHistory": ["OrderHistory was not found."]})


def test_no_name_of_a_field_is_shown_that_may_be_a_secret(
    partner: Partner, sandbox: Sandbox, http: httpx.Client
) -> None:
    """A secret as a name, or in a path, is in no answer, log, page or control."""
    token = partner.tokens()["access_token"]
    key = sandbox.add_key("bob", partner.client)
    odd: dict[str, Any] = {SECRET: "x"}
    answers = [
        partner.post_token(partner.code(), **{SECRET: "x"}),
        partner.post_token("", **{SECRET: "x"}),
        partner.bearer("POST", "/api/v4/accounts/deals", token, json={SECRET: 1}),
        http.post(
            f"{partner.base}/api/v4/accounts/deals",
            content=f'{{"{SECRET}":1,"{SECRET}":2}}',
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        ),
        partner.signed("/api/v4/trade-account/balance", key.public_key, key.secret, **odd),
        http.get(f"{partner.base}{INFO}?{SECRET}=1"),
        http.get(partner.login_url(**{SECRET: "1"})),
        http.get(f"{partner.base}/oauth2/api-key/{SECRET}/secret"),
        http.get(f"{partner.base}/{key.secret[:20]}/{SECRET}"),
        http.get(f"{partner.base}/sandbox/"),
        http.get(f"{partner.base}/sandbox/requests"),
        http.get(f"{partner.base}/sandbox/breaches"),
        http.get(f"{partner.base}/sandbox/notes"),
    ]
    shown = [answer.text for answer in answers] + [repr(sandbox.breaches), repr(sandbox.notes)]
    assert len(sandbox.breaches) >= 6
    assert [text for text in shown if SECRET in text] == []
    assert [text for text in shown if key.secret in text] == []


def test_wrong_method_is_405(partner: Partner, sandbox: Sandbox, http: httpx.Client) -> None:
    """A path that exists with another method says which; that is a breach."""
    answer = http.get(f"{partner.base}/oauth2/token")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert http.post(f"{partner.base}{INFO}").status_code == 405
    assert http.post(f"{sandbox.eu_url}{INFO}").status_code == 404
    assert rules(sandbox) == ["method", "method", "unknown-path"]


def test_revoked_authorization_ends_everything(partner: Partner, sandbox: Sandbox) -> None:
    """Tokens, a code on its way, a key and one that is still to come die together."""
    code = partner.code()
    pair = partner.tokens()
    key = sandbox.add_key("alice", partner.client)
    sandbox.delete_key(key.external_id, "revoked")
    assert partner.post_token(code).status_code == 401
    assert partner.bearer("GET", INFO, pair["access_token"]).status_code == 401
    assert partner.refresh(pair["refresh_token"]).status_code == 400
    path = "/api/v4/trade-account/balance"
    assert partner.signed(path, key.public_key, key.secret).status_code == 401
    sandbox.clock.advance(60)
    assert sandbox.key("alice", partner.client) is None
