from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.reading import DAY, HistoryReader, refusal
from whitebit_ext.sandbox import Clock, HistoryName, Sandbox
from whitebit_ext.sandbox.endpoints.read_parameters import six_months_before

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner

MAX_RANGE = "api.validation.dateTime.maxRange"

NOW = 1_800_000_000  # 2027-01-15 08:00 UTC
FLOOR = 1_784_073_600  # 2026-07-15 00:00 UTC


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Sandbox]:
    """Return a server for these tests only, with a fixed clock."""
    with Sandbox(clock=Clock(start=NOW + 0.25, frozen=True)) as sandbox:
        yield sandbox


@pytest.fixture
def bearer(partner: Partner) -> HistoryReader:
    """Give a reader with a token."""
    return HistoryReader(partner, False)


@pytest.fixture(params=[False, True], ids=["bearer", "signed"])
def reader(partner: Partner, request: pytest.FixtureRequest) -> HistoryReader:
    """Give a reader of each way."""
    return HistoryReader(partner, request.param)


def test_six_months_end_at_midnight() -> None:
    """The floor is the start of the day six calendar months ago; short months have their last."""
    assert six_months_before(NOW) == FLOOR
    assert six_months_before(1_788_134_400 + 3_600) == 1_772_236_800  # 31 August to 28 February
    assert six_months_before(1_772_236_800) == 1_756_339_200  # 28 February to 28 August


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"market": "BTC_PERP"}, lambda row: row["market"] == "BTC_PERP"),
        ({"status": "ALL"}, lambda row: True),
        ({"status": "FILLED"}, lambda row: row["status"] == "FILLED"),
        ({"status": "CANCELED"}, lambda row: "CANCELED" in row["status"]),
        ({"status": "MAINTENANCE"}, lambda row: row["status"] == "MAINTENANCE"),
        (
            {"status": "PARTIALLY_FILLED", "market": "ETH_BTC"},
            lambda row: (row["status"], row["market"]) == ("PARTIALLY_FILLED", "ETH_BTC"),
        ),
    ],
)
def test_filters_of_orders(
    reader: HistoryReader, sandbox: Sandbox, filters: dict[str, Any], wanted: Any
) -> None:
    """A filter lets through exactly its orders."""
    history = sandbox.seed_history("alice", orders=400, span=30 * DAY)
    rows = [row for row in history.rows("orders") if wanted(row)]
    assert reader.rows("orders", limit=500, **filters) == rows


def test_single_orders(reader: HistoryReader, sandbox: Sandbox) -> None:
    """A look-up ignores dates and status, `orderId` wins, and only it may find nothing."""
    history = sandbox.seed_history("alice", orders=40)
    oldest, other = history.rows("orders")[-1], history.rows("orders")[0]
    assert oldest["clientOrderId"] == "mine-0"
    dates = {"startDate": 1, "endDate": NOW, "status": "PARTIALLY_FILLED"}
    assert reader.rows("orders", orderId=oldest["id"], **dates) == [oldest]
    assert reader.rows("orders", clientOrderId="mine-0", **dates) == [oldest]
    assert reader.rows("orders", orderId=other["id"], clientOrderId="mine-0") == [other]
    assert reader.read("orders", orderId=1, clientOrderId="mine-0").json() == []
    errors = {"orderHistory": ["OrderHistory was not found."]}
    assert refusal(reader.read("orders", clientOrderId="nobody's")) == (422, 30, errors)


def test_deals_of_an_order(reader: HistoryReader, sandbox: Sandbox) -> None:
    """Deals are found by their order's own id, and none is an error."""
    history = sandbox.seed_history("alice", deals=40)
    own = [row for row in history.rows("deals") if row["clientOrderId"] == "mine-3"]
    assert len(own) == 2
    assert reader.rows("deals", clientOrderId="mine-3") == own
    errors = {"orderHistory": ["OrderHistory was not found."]}
    assert refusal(reader.read("deals", clientOrderId="nobody's")) == (422, 30, errors)


@pytest.mark.parametrize("name", ["orders", "deals", "converts"])
def test_windows_include_both_their_seconds(
    reader: HistoryReader, sandbox: Sandbox, name: HistoryName
) -> None:
    """Rows from the first second to the last are there, and none before or after."""
    counts: dict[str, Any] = {name: 60}
    history = sandbox.seed_history("alice", span=60.0, **counts)
    time = {"orders": "ctime", "deals": "time", "converts": "date"}[name]
    start, end = NOW - 40, NOW - 20
    rows = [row for row in history.rows(name) if start <= int(row[time]) <= end]
    assert 10 < len(rows) < 30
    dates: dict[str, Any] = {"startDate": start, "endDate": end}
    if name == "converts":
        dates = {"from_": str(start), "to": str(end)}
    assert reader.rows(name, **dates) == rows


def test_orders_default_to_the_last_month(bearer: HistoryReader, sandbox: Sandbox) -> None:
    """Without dates the last 31 days are meant, and with an end those before it."""
    history = sandbox.seed_history("alice", orders=300)
    rows = history.rows("orders")
    month = [row for row in rows if row["ctime"] >= NOW - 31 * DAY]
    assert bearer.rows("orders", limit=500) == month
    assert bearer.rows("orders", limit=500, startDate=NOW - 31 * DAY) == month
    # An end that is to come counts as now.
    future = {"startDate": NOW - 31 * DAY, "endDate": NOW + 5 * DAY}
    assert bearer.rows("orders", limit=500, **future) == month
    earlier = bearer.rows("orders", limit=500, endDate=NOW - 40 * DAY)
    assert earlier == [r for r in rows if NOW - 71 * DAY <= r["ctime"] < NOW - 40 * DAY + 1]
    assert bearer.rows("orders", startDate=FLOOR, endDate=FLOOR + 31 * DAY, limit=500)


@pytest.mark.parametrize(
    ("fields", "code", "errors"),
    [
        (
            {"startDate": NOW - 31 * DAY - 1, "endDate": NOW},
            30,
            {"startDate": [MAX_RANGE], "endDate": [MAX_RANGE]},
        ),
        (
            {"startDate": NOW - 40 * DAY},
            30,
            {"startDate": [MAX_RANGE], "endDate": [MAX_RANGE]},
        ),
        ({"startDate": FLOOR - 1, "endDate": FLOOR + DAY}, 30, {"startDate"}),
        ({"startDate": NOW, "endDate": NOW - 1}, 30, {"startDate"}),
        ({"startDate": "today"}, 30, {"startDate"}),
        ({"endDate": 0.5}, 30, {"endDate"}),
        ({"status": "OPEN"}, 30, {"status"}),
        ({"limit": 501}, 30, {"limit"}),
        ({"offset": -1}, 30, {"offset"}),
        ({"orderId": "five"}, 30, {"orderId"}),
        ({"clientOrderId": 5}, 30, {"clientOrderId"}),
        ({"market": 5}, 30, {"market"}),
        ({"market": "BTC-USDT"}, 31, {"market"}),
    ],
)
def test_refusals_of_orders(
    bearer: HistoryReader, fields: dict[str, Any], code: int, errors: Any
) -> None:
    """Wrong parameters are 400 code 30, a market that there is not is code 31."""
    status, answered, found = refusal(bearer.read("orders", **fields))
    assert (status, answered) == (400, code)
    assert (found if isinstance(errors, dict) else found.keys()) == errors


def test_deals_have_no_window_but_an_age(bearer: HistoryReader, sandbox: Sandbox) -> None:
    """Deals of six months can be asked for at once; older ones are not there."""
    history = sandbox.seed_history("alice", deals=400, span=250 * DAY)
    kept = [row for row in history.rows("deals") if row["time"] >= FLOOR]
    assert 200 < len(kept) < 400
    assert bearer.rows("deals", limit=500) == kept
    assert bearer.rows("deals", limit=500, startDate=1, endDate=NOW + DAY) == kept
    assert refusal(bearer.read("deals", market="NOPE"))[:2] == (400, 31)
    assert refusal(bearer.read("deals", startDate=2, endDate=1))[:2] == (400, 30)


def test_filters_of_converts(reader: HistoryReader, sandbox: Sandbox) -> None:
    """Tickers are those of the path's ends, and the quote is found by its id."""
    history = sandbox.seed_history("alice", converts=90, span=20 * DAY)
    rows = history.rows("converts")
    dates = {"from_": str(NOW - 30 * DAY), "to": str(NOW)}
    for fields, wanted in (
        ({"fromTicker": "ETH"}, lambda row: row["path"][0]["from"] == "ETH"),
        ({"toTicker": "XLM"}, lambda row: row["path"][-1]["to"] == "XLM"),
        ({"fromTicker": "ETH", "toTicker": "XLM"}, lambda row: False),
        ({"quoteId": rows[5]["id"]}, lambda row: row["id"] == rows[5]["id"]),
    ):
        content = reader.read("converts", **fields, **dates).json()
        assert content["records"] == [row for row in rows if wanted(row)]
        assert content["total"] == len(content["records"])


def test_converts_default_to_now(bearer: HistoryReader, sandbox: Sandbox) -> None:
    """Without dates only this second is asked for: whoever wants more sends both."""
    history = sandbox.seed_history("alice", converts=10, span=DAY)
    assert bearer.rows("converts") == []
    assert bearer.rows("converts", to=str(NOW)) == []
    assert bearer.rows("converts", from_=str(NOW - 2 * DAY)) == history.rows("converts")
    history.arrive("converts")
    assert len(bearer.rows("converts")) == 1


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        (
            {"from_": str(NOW - 30 * DAY - 1), "to": str(NOW)},
            {"from": [MAX_RANGE], "to": [MAX_RANGE]},
        ),
        ({"from_": str(FLOOR - 1), "to": str(FLOOR)}, {"from"}),
        ({"from_": str(NOW), "to": str(NOW - 1)}, {"from"}),
        ({"from_": 0.5, "to": str(NOW)}, {"from"}),
        ({"from_": True}, {"from"}),
        ({"to": "now"}, {"to"}),
        ({"limit": 101}, {"limit"}),
        ({"fromTicker": 1}, {"fromTicker"}),
        ({"fromTicker": "NOPE"}, {"fromTicker"}),
        ({"toTicker": "NOPE"}, {"toTicker"}),
    ],
)
def test_refusals_of_converts(bearer: HistoryReader, fields: dict[str, Any], errors: Any) -> None:
    """Wrong parameters are 422 code 30, unknown tickers too."""
    status, code, found = refusal(bearer.read("converts", **fields))
    assert (status, code) == (422, 30)
    assert (found if isinstance(errors, dict) else found.keys()) == errors


def test_undocumented_parameter_is_a_breach(bearer: HistoryReader, sandbox: Sandbox) -> None:
    """A parameter of another read is written down."""
    assert bearer.read("transactions", startDate=NOW).status_code == 200
    assert [breach.rule for breach in sandbox.breaches] == ["unknown-field"]
