from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.reading import HistoryReader, refusal
from whitebit_ext.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner

CAP = "Offset is too big. Please use offset + limit less than 10000."


@pytest.fixture
def bearer(partner: Partner) -> HistoryReader:
    """Give a reader with a token."""
    return HistoryReader(partner, False)


@pytest.fixture(params=[False, True], ids=["bearer", "signed"])
def reader(partner: Partner, request: pytest.FixtureRequest) -> HistoryReader:
    """Give a reader of each way."""
    return HistoryReader(partner, request.param)


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"transactionMethod": 1}, lambda row: row["method"] == 1),
        ({"transactionMethod": 2}, lambda row: row["method"] == 2),
        ({"ticker": "BTC"}, lambda row: row["ticker"] == "BTC"),
        ({"status": [3, 7]}, lambda row: row["status"] in (3, 7)),
        ({"status": []}, lambda row: True),
        (
            {"transactionMethod": 1, "ticker": "XLM", "status": [31, 15]},
            lambda row: (row["method"], row["ticker"]) == (1, "XLM") and row["status"] in (31, 15),
        ),
        ({"memo": "1003"}, lambda row: row["memo"] == "1003"),
        ({"memo": "1003", "ticker": "BTC"}, lambda row: False),
        ({"uniqueId": "sandbox-77"}, lambda row: row["uniqueId"] == "sandbox-77"),
        (
            {"uniqueId": "sandbox-77", "unique_id": "sandbox-77"},
            lambda row: row["uniqueId"] == "sandbox-77",
        ),
    ],
)
def test_filters_of_transactions(
    reader: HistoryReader, sandbox: Sandbox, filters: dict[str, Any], wanted: Any
) -> None:
    """A filter lets through exactly its rows, also those that arrived after it was first used."""
    history = sandbox.seed_history("alice", transactions=2_000)
    for _ in range(2):
        rows = [row for row in history.rows("transactions") if wanted(row)]
        content = reader.read("transactions", limit=500, **filters).json()
        assert content["total"] == len(rows)
        assert content["records"] == rows[:500]
        history.arrive("transactions", 200)


def test_addresses_of_transactions(bearer: HistoryReader, sandbox: Sandbox) -> None:
    """One address or up to twenty; both together want both."""
    history = sandbox.seed_history("alice", transactions=500)
    count = Counter(row["address"] for row in history.rows("transactions"))
    (one, n), (two, m), *_ = count.most_common(3)
    for fields, total in (
        ({"address": one}, n),
        ({"addresses": [one, two]}, n + m),
        ({"addresses": [one], "address": one}, n),
        ({"addresses": [two], "address": one}, 0),
        ({"addresses": []}, 500),
    ):
        assert bearer.read("transactions", **fields).json()["total"] == total


def test_cap_of_transactions(reader: HistoryReader, sandbox: Sandbox) -> None:
    """The ten thousandth row can be had and none after it; the total counts on."""
    history = sandbox.seed_history("alice", transactions=10_200)
    content = reader.read("transactions", limit=500, offset=9_500).json()
    assert content["total"] == 10_200
    assert content["records"] == history.rows("transactions")[9_500:10_000]
    for limit, offset in ((500, 9_501), (1, 10_000)):
        answer = reader.read("transactions", limit=limit, offset=offset)
        assert refusal(answer) == (400, 0, {"offset": [CAP]})


@pytest.mark.parametrize(
    ("fields", "status", "names"),
    [
        ({"limit": 0}, 400, {"limit"}),
        ({"limit": 501}, 400, {"limit"}),
        ({"limit": "five"}, 400, {"limit"}),
        ({"limit": "-5"}, 400, {"limit"}),
        ({"limit": True}, 400, {"limit"}),
        ({"limit": None}, 400, {"limit"}),
        ({"offset": -1}, 400, {"offset"}),
        ({"offset": 10_001}, 400, {"offset"}),
        ({"transactionMethod": 3}, 400, {"transactionMethod"}),
        ({"transactionMethod": True}, 400, {"transactionMethod"}),
        ({"transactionMethod": [1]}, 400, {"transactionMethod"}),
        ({"ticker": 5}, 400, {"ticker"}),
        ({"ticker": "NOPE"}, 400, {"ticker"}),
        ({"memo": 5}, 400, {"memo"}),
        ({"unique_id": "a", "uniqueId": "b"}, 400, {"unique_id"}),
        ({"status": 3}, 400, {"status"}),
        ({"status": ["three"]}, 422, {"status.0"}),
        ({"status": [3, 8]}, 400, {"status"}),
        ({"status": [15], "transactionMethod": 1, "limit": 1}, 200, set()),
        ({"status": [27], "transactionMethod": 2}, 400, {"status"}),
        ({"status": [18], "transactionMethod": 1}, 400, {"status"}),
        ({"addresses": "a"}, 400, {"addresses"}),
        ({"addresses": ["a"] * 21}, 400, {"addresses"}),
        ({"addresses": ["a", 5]}, 422, {"addresses.1"}),
    ],
)
def test_refusals_of_transactions(
    bearer: HistoryReader, fields: dict[str, Any], status: int, names: set[str]
) -> None:
    """Wrong parameters are 400, other types within lists 422, with code 0 and the field's name."""
    answer = bearer.read("transactions", **fields)
    assert answer.status_code == status
    if status != 200:
        assert refusal(answer)[1] == 0
        assert refusal(answer)[2].keys() == names


def test_look_ups_together_want_all(bearer: HistoryReader, sandbox: Sandbox) -> None:
    """A memo of many rows and the id of one find that one, or nothing."""
    history = sandbox.seed_history("alice", transactions=1_000, tickers=["XLM"])
    row = next(row for row in history.rows("transactions") if row["uniqueId"])
    assert bearer.read("transactions", memo=row["memo"]).json()["total"] == 2
    both = {"memo": row["memo"], "uniqueId": row["uniqueId"]}
    assert bearer.rows("transactions", **both) == [row]
    assert bearer.rows("transactions", **{**both, "memo": "999"}) == []


def test_the_cap_may_be_lower(bearer: HistoryReader, sandbox: Sandbox) -> None:
    """The other published reading, less than ten thousand, is a setting."""
    assert bearer.read("transactions", offset=9_999, limit=1).status_code == 200
    sandbox.settings.furthest_row = 9_999
    answer = bearer.read("transactions", offset=9_999, limit=1)
    assert refusal(answer) == (400, 0, {"offset": [CAP]})
    assert bearer.read("transactions", offset=9_998, limit=1).status_code == 200


def test_a_limit_may_be_reduced(reader: HistoryReader, sandbox: Sandbox) -> None:
    """A page has fewer rows than asked for, and names the limit that was used."""
    sandbox.seed_history("alice", transactions=300, orders=300, deals=300, span=86_400)
    sandbox.settings.largest_page = 100
    content = reader.read("transactions", limit=500).json()
    assert (content["limit"], content["total"], len(content["records"])) == (100, 300, 100)
    assert len(reader.rows("orders", limit=500)) == 100
    assert len(reader.rows("deals", limit=500, market="BTC_USDT")) < 100
    assert len(reader.rows("deals", limit=500)) == 100
    assert len(reader.rows("deals", limit=20)) == 20
