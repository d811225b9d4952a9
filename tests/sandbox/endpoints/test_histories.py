from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.reading import DAY, PATHS, HistoryReader
from whitebit_ext.sandbox import HISTORY_NAMES, HistoryName, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner


@pytest.fixture(params=[False, True], ids=["bearer", "signed"])
def reader(partner: Partner, request: pytest.FixtureRequest) -> HistoryReader:
    """Give a reader of each way."""
    return HistoryReader(partner, request.param)


@pytest.fixture
def bearer(partner: Partner) -> HistoryReader:
    """Give a reader with a token."""
    return HistoryReader(partner, False)


def whole(reader: HistoryReader, name: HistoryName) -> dict[str, Any]:
    """Return the dates that ask for the last 30 days."""
    if name == "converts":
        return {"from_": str(reader.now - 30 * DAY), "to": str(reader.now)}
    if name == "transactions":
        return {}
    return {"startDate": reader.now - 30 * DAY, "endDate": reader.now}


@pytest.mark.parametrize("name", HISTORY_NAMES)
def test_pages_are_the_truth_in_the_servers_order(
    reader: HistoryReader, sandbox: Sandbox, name: HistoryName
) -> None:
    """Pages put together are the whole history, newest first, in documented requests."""
    counts: dict[str, Any] = {name: 1_234}
    history = sandbox.seed_history("alice", span=29.0 * DAY, **counts)
    size = reader.page_size(name)
    rows = reader.pages(name, lambda page: len(page) == size, **whole(reader, name))
    assert rows == history.rows(name)
    assert len(rows) == history.count(name) == 1_234
    assert sandbox.breaches == []


@pytest.mark.parametrize("name", HISTORY_NAMES)
def test_history_of_somebody_new_is_empty(reader: HistoryReader, name: HistoryName) -> None:
    """Without rows a page is empty; of orders it is a list."""
    content = reader.read(name).json()
    assert content == {
        "transactions": {"limit": 50, "offset": 0, "total": 0, "records": []},
        "orders": [],
        "deals": {},
        "converts": {"records": [], "total": 0, "limit": 100, "offset": 0},
    }.get(name)


@pytest.mark.parametrize(
    ("name", "default", "most"),
    [("transactions", 50, 500), ("orders", 50, 500), ("deals", 50, 500), ("converts", 100, 100)],
)
def test_limit_has_its_default(
    bearer: HistoryReader, sandbox: Sandbox, name: HistoryName, default: int, most: int
) -> None:
    """A page has the documented number of rows when none is asked for, and the most when asked."""
    counts: dict[str, Any] = {name: 600}
    sandbox.seed_history("alice", span=20.0 * DAY, **counts)
    dates = whole(bearer, name)
    assert len(bearer.rows(name, **dates)) == default
    assert len(bearer.rows(name, limit=most, **dates)) == most
    assert len(bearer.rows(name, limit=3, offset=598, **dates)) == 2


def test_signed_transactions_answer_201_as_published(partner: Partner, sandbox: Sandbox) -> None:
    """The status is published as 201, a switch makes it 200, and no other read has it."""
    bearer, signed = HistoryReader(partner, False), HistoryReader(partner, True)
    assert signed.read("transactions").status_code == 201
    assert bearer.read("transactions").status_code == 200
    assert signed.read("orders").status_code == 200
    assert signed.read("transactions", limit=0).status_code == 400
    sandbox.settings.history_created = False
    assert signed.read("transactions").status_code == 200


def test_orders_are_keyed_by_market_with_and_without_one(
    reader: HistoryReader, sandbox: Sandbox
) -> None:
    """One market is a map too, and a market without orders is a list."""
    sandbox.seed_history("alice", orders=200, span=20 * DAY, markets=["BTC_USDT", "ETH_USDT"])
    assert reader.read("orders").json().keys() == {"BTC_USDT", "ETH_USDT"}
    content = reader.read("orders", market="ETH_USDT", limit=5).json()
    assert content.keys() == {"ETH_USDT"}
    assert len(content["ETH_USDT"]) == 5
    assert reader.read("orders", market="XLM_USDT").json() == []


def test_deals_are_flat_with_a_market(reader: HistoryReader, sandbox: Sandbox) -> None:
    """The flat form names neither market nor fee asset; the keyed one has the fee asset."""
    history = sandbox.seed_history("alice", deals=200)
    flat = reader.read("deals", market="BTC_USDT").json()
    own = [row for row in history.rows("deals") if row["market"] == "BTC_USDT"]
    assert [row["id"] for row in flat] == [row["id"] for row in own][:50]
    assert all(row.keys() == own[0].keys() - {"market", "feeAsset"} for row in flat)
    keyed = reader.read("deals").json()
    assert keyed["BTC_USDT"][0] == {k: v for k, v in own[0].items() if k != "market"}
    assert reader.read("deals", market="BTC_USDT", offset=300).json() == []


@pytest.mark.parametrize("name", HISTORY_NAMES)
def test_same_seed_makes_the_same_rows(sandbox: Sandbox, name: HistoryName) -> None:
    """Rows hang on the seed and nothing else, and their ids are unique."""
    counts: dict[str, Any] = {name: 300}
    first = sandbox.seed_history("alice", seed=5, **counts).rows(name)
    assert sandbox.seed_history("bob", seed=5, **counts).rows(name) == first
    assert sandbox.seed_history("bob", seed=6, **counts).rows(name) != first
    ids = {row.get("transactionId", row.get("id")) for row in first}
    assert len(ids) == 300


def test_amounts_are_exact(sandbox: Sandbox) -> None:
    """What is computed of amounts is right to the last digit, zeros at the end kept."""
    history = sandbox.seed_history("alice", deals=100, converts=100)
    for row in history.rows("deals"):
        assert Decimal(row["deal"]) == Decimal(row["amount"]) * Decimal(row["price"])
    for row in history.rows("converts"):
        assert Decimal(row["receive"]) == Decimal(row["give"]) * Decimal(row["rate"])
    assert any(row["deal"].endswith("0") for row in history.rows("deals"))


def test_rows_have_their_variety(sandbox: Sandbox) -> None:
    """Statuses, types and the fields of stop orders and futures all occur."""
    history = sandbox.seed_history("alice", transactions=3_000, orders=3_000, converts=100)
    transactions, orders = history.rows("transactions"), history.rows("orders")
    assert {row["status"] for row in transactions if row["method"] == 1} == {
        *(3, 7, 4, 9, 5, 15, 21, 22, 27, 28, 31)
    }
    assert {row["status"] for row in transactions if row["method"] == 2} >= {3, 7, 18, 21}
    assert all((row["details"] is None) is (row["status"] != 18) for row in transactions)
    assert any(row["uniqueId"] is None for row in transactions)
    hashes = [row["transactionHash"] for row in transactions]
    assert len(set(hashes)) < len(hashes)
    for row in orders:
        assert ("activationPrice" in row) is ("stop" in row["type"])
        assert ("positionSide" in row) is (row["market"] == "BTC_PERP")
        assert row["ctime"] <= row["ftime"] <= sandbox.clock.now()
    assert {row["status"] for row in orders} >= {
        *("FILLED", "CANCELED", "CANCELED_STP", "MAINTENANCE")
    }
    sides = {row["positionSide"] for row in orders if "positionSide" in row}
    assert sides == {"BOTH", "LONG", "SHORT"}
    assert {len(row["path"]) for row in history.rows("converts")} == {1, 2}


def test_account_without_canceled_orders(bearer: HistoryReader, sandbox: Sandbox) -> None:
    """A B2B account has no cancelled orders."""
    sandbox.seed_history("alice", orders=100, span=20 * DAY, canceled=False)
    assert {row["status"] for row in bearer.rows("orders", limit=500)} == {"FILLED"}
    assert bearer.rows("orders", status="CANCELED") == []


@pytest.mark.parametrize("name", HISTORY_NAMES)
def test_new_rows_arrive_at_the_head(
    bearer: HistoryReader, sandbox: Sandbox, name: HistoryName
) -> None:
    """New rows come first, have the current time, and shift the other rows."""
    counts: dict[str, Any] = {name: 10}
    history = sandbox.seed_history("alice", span=5.0 * DAY, **counts)
    before = history.rows(name)
    history.arrive(name, 3)
    after = history.rows(name)
    assert after[3:] == before
    assert bearer.rows(name, limit=3, **whole(bearer, name)) == after[:3]
    assert bearer.rows(name, limit=3, offset=3, **whole(bearer, name)) == before[:3]


@pytest.mark.parametrize("name", HISTORY_NAMES)
def test_rows_arrive_as_scheduled(
    reader: HistoryReader, sandbox: Sandbox, name: HistoryName
) -> None:
    """Rows arrive after every so many answers and end at their total; refusals do not count."""
    history = sandbox.history("alice")
    history.schedule(name, 2, every=2, total=5)
    counts = []
    for limit in (1, 0, 1, 1, 1, 1, 1, 1, 1):
        reader.read(name, limit=limit)
        counts.append(history.count(name))
    assert counts == [0, 0, 2, 2, 4, 4, 5, 5, 5]
    history.schedule(name, 0)
    reader.read(name)
    assert history.count(name) == 5


def test_walk_of_a_large_history_while_rows_arrive(bearer: HistoryReader, sandbox: Sandbox) -> None:
    """Offsets shift by what arrived, and a caller who drops what it has seen misses nothing."""
    history = sandbox.seed_history("alice", deals=100_000)
    first = history.rows("deals")
    history.schedule("deals", 10, every=1, total=500)
    seen: dict[int, None] = {}
    offset = 0
    while page := bearer.rows("deals", limit=500, offset=offset):
        offset += len(page)
        seen |= dict.fromkeys(row["id"] for row in page)
    assert list(seen) == [row["id"] for row in first]
    assert history.count("deals") == 100_500


def test_given_rows_are_served_as_they_are(reader: HistoryReader, sandbox: Sandbox) -> None:
    """Rows of one's own replace what was there, whatever fields they have."""
    now = int(sandbox.clock.now())
    older = {"createdAt": now - 9, "unique_id": "u-1", "method": 1, "status": 3, "own": [None]}
    newer = {**older, "createdAt": now - 8, "unique_id": "u-2"}
    history = sandbox.seed_history("alice", transactions=10)
    history.put("transactions", [older, newer])
    assert reader.rows("transactions") == [newer, older] == history.rows("transactions")
    assert reader.rows("transactions", unique_id="u-1") == [older]
    history.arrive("transactions")
    assert len(reader.rows("transactions")) == 3
    history.put("orders", [{"market": "OWN_USDT", "ctime": now - 1, "id": 5}])
    assert reader.read("orders").json() == {"OWN_USDT": [{"ctime": now - 1, "id": 5}]}
    assert reader.rows("orders", market="OWN_USDT", orderId=5)[0]["market"] == "OWN_USDT"


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda h: h.seed(orders=-1), "orders"),
        (lambda h: h.seed(deals=True), "deals"),
        (lambda h: h.seed(span=float("inf")), "span"),
        (lambda h: h.seed(tickers=[]), "tickers"),
        (lambda h: h.seed(markets="BTC_USDT"), "markets"),
        (lambda h: h.arrive("trades"), "name"),
        (lambda h: h.arrive("deals", -1), "rows"),
        (lambda h: h.schedule("deals", 1, every=0), "every"),
        (lambda h: h.schedule("deals", 1, total=-1), "total"),
        (lambda h: h.put("transactions", [{"id": 1}]), "rows"),
        (lambda h: h.put("orders", [{"ctime": 1}]), "rows"),
        (lambda h: h.put("transactions", [{"createdAt": 1, "status": [3]}]), "rows"),
    ],
)
def test_wrong_arguments_are_named(sandbox: Sandbox, call: Any, argument: str) -> None:
    """A wrong argument is refused by its name."""
    with pytest.raises(ValueError, match=f"^{argument}: "):
        call(sandbox.history("alice"))


def test_history_of_nobody(sandbox: Sandbox) -> None:
    """A history requires a user, and is deleted by a reset."""
    sandbox.seed_history("alice", deals=5)
    with pytest.raises(ValueError, match=r"^user: "):
        sandbox.history("carol")
    sandbox.reset()
    sandbox.add_user("alice")
    assert sandbox.history("alice").count("deals") == 0


@pytest.mark.parametrize("name", HISTORY_NAMES)
def test_reads_need_their_scope_and_permission(
    partner: Partner, sandbox: Sandbox, name: HistoryName
) -> None:
    """A token without the scope and a key without the group are refused."""
    bearer_path, signed_path = PATHS[name]
    key = sandbox.add_key("alice", partner.client, [])
    answer = partner.signed(signed_path, key.public_key, key.secret)
    assert (answer.status_code, answer.json()["code"]) == (403, 4)
    partner.client = sandbox.register_client(
        redirect_uris=partner.client.redirect_uris, scopes=["users.balances.read"]
    )
    token = partner.tokens()["access_token"]
    assert partner.bearer("POST", bearer_path, token, json={}).status_code == 403
    assert partner.bearer("POST", bearer_path, "wrong", json={}).status_code == 401
