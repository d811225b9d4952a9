from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.sandbox.reading import DAY, PATHS, HistoryReader
from whitebit_ext.sandbox import HISTORY_NAMES, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner


@pytest.fixture(params=[False, True], ids=["bearer", "signed"])
def reader(partner: Partner, sandbox: Sandbox, request: pytest.FixtureRequest) -> HistoryReader:
    """Give a reader of each way, and forty rows of everything."""
    counts: dict[str, Any] = dict.fromkeys(HISTORY_NAMES, 40)
    sandbox.seed_history("alice", span=25.0 * DAY, **counts)
    return HistoryReader(partner, request.param)


def dates(reader: HistoryReader) -> dict[str, str]:
    """Return the dates that conversions need."""
    return {"from_": str(reader.now - 30 * DAY), "to": str(reader.now)}


@pytest.mark.parametrize(
    ("two_names", "names"),
    [
        ("camel", {"uniqueId", "transactionId"}),
        ("snake", {"unique_id", "transaction_id"}),
        ("both", {"uniqueId", "transactionId", "unique_id", "transaction_id"}),
    ],
)
def test_two_names(
    reader: HistoryReader, sandbox: Sandbox, two_names: Any, names: set[str]
) -> None:
    """The double-named fields have the one name, the other, or both with one value."""
    sandbox.traps.two_names = two_names
    every = {"uniqueId", "transactionId", "unique_id", "transaction_id"}
    truth = sandbox.history("alice").rows("transactions")
    for row, own in zip(reader.rows("transactions"), truth, strict=True):
        assert row.keys() & every == names
        for name in names:
            camel = {"unique_id": "uniqueId", "transaction_id": "transactionId"}.get(name, name)
            assert row[name] == own[camel]


def test_numbers_as_strings(reader: HistoryReader, sandbox: Sandbox) -> None:
    """Ids and times of deals may arrive as strings, with every digit, and truth values do not."""
    sandbox.traps.numbers_as_strings = True
    truth = sandbox.history("alice").rows("deals")
    for row, own in zip(_deals(reader), truth, strict=True):
        assert (row["id"], row["time"]) == (str(own["id"]), repr(own["time"]))
    assert reader.read("transactions").json()["total"] == "40"
    orders = reader.read("orders").json()
    assert {type(row["postOnly"]) for rows in orders.values() for row in rows} == {bool}


def test_decimals_as_numbers(reader: HistoryReader, sandbox: Sandbox) -> None:
    """Amounts may arrive as bare numbers, which keep every digit on the wire."""
    sandbox.traps.decimals_as_numbers = True
    text = reader.read("converts", **dates(reader)).text
    rows = json.loads(text, parse_float=Decimal)["records"]
    truth = sandbox.history("alice").rows("converts")
    assert [str(row["receive"]) for row in rows] == [row["receive"] for row in truth]
    assert [str(row["id"]) for row in rows] == [row["id"] for row in truth]


def test_text_that_only_looks_like_a_number_stays_text(partner: Partner, sandbox: Sandbox) -> None:
    """A memo with zeros in front is no JSON number."""
    sandbox.traps.decimals_as_numbers = True
    row = {"createdAt": 5, "memo": "0012", "amount": "0.5"}
    sandbox.history("alice").put("transactions", [row])
    assert HistoryReader(partner, False).rows("transactions") == [{**row, "amount": 0.5}]


@pytest.mark.parametrize("name", HISTORY_NAMES)
def test_null_and_missing_fields(reader: HistoryReader, sandbox: Sandbox, name: Any) -> None:
    """Optional fields of a row can be null or missing; ids, times and amounts are kept."""
    fields = dates(reader) if name == "converts" else {}
    before = reader.rows(name, **fields)
    sandbox.traps.null_fields = True
    nulled = {key for row in reader.rows(name, **fields) for key in row if row[key] is None}
    sandbox.traps.null_fields = False
    sandbox.traps.missing_fields = True
    after = reader.rows(name, **fields)
    missing = {key for row in before for key in row} - {key for row in after for key in row}
    assert missing == nulled
    assert (missing == set()) is (name == "converts")
    assert not missing & {"id", "createdAt", "time", "ctime", "amount", "price", "status"}


@pytest.mark.parametrize("name", HISTORY_NAMES)
def test_unknown_fields(reader: HistoryReader, sandbox: Sandbox, name: Any) -> None:
    """Every row may have a field more, and a map of markets no market more."""
    sandbox.traps.unknown_fields = True
    fields = dates(reader) if name == "converts" else {}
    rows = reader.rows(name, **fields)
    assert len(rows) == 40
    assert all("new_field" in row for row in rows)


def test_unknown_values(reader: HistoryReader, sandbox: Sandbox) -> None:
    """Enumerations may have values that no document names, in every row."""
    sandbox.traps.unknown_values = True
    assert {(r["method"], r["status"]) for r in reader.rows("transactions")} == {(9, 99)}
    orders = reader.rows("orders")
    assert {(r["type"], r["side"]) for r in orders} == {("iceberg", "both sides")}
    assert any(row.get("activationCondition") == "==" for row in orders)
    assert {(r["side"], r["role"]) for r in reader.rows("deals")} == {("both sides", 9)}
    assert reader.rows("converts", **dates(reader)) == sandbox.history("alice").rows("converts")


def test_frozen_deposits_as_31(reader: HistoryReader, sandbox: Sandbox) -> None:
    """A frozen deposit may have the code that was seen elsewhere; a withdrawal has not."""
    sandbox.seed_history("alice", transactions=500)
    wanted = {"status": [21], "limit": 500}
    before = reader.rows("transactions", **wanted)
    sandbox.traps.frozen_as_31 = True
    after = reader.rows("transactions", **wanted)
    assert {row["method"] for row in before} == {1, 2}
    for row, was in zip(after, before, strict=True):
        assert row["status"] == (31 if was["method"] == 1 else 21)


def test_older_fields(reader: HistoryReader, sandbox: Sandbox) -> None:
    """Fields of older responses can be added."""
    sandbox.traps.older_fields = True
    assert all(row["centralized"] is False for row in reader.rows("transactions"))
    assert all(row["stp"] == "no" for row in reader.rows("orders"))


def test_empty_maps(reader: HistoryReader, sandbox: Sandbox) -> None:
    """Empty orders can be a map, and empty deals a list."""
    sandbox.history("alice").seed()
    assert (reader.read("orders").text, reader.read("deals").text) == ("[]", "{}")
    sandbox.traps.empty_orders_as_map = True
    assert reader.read("orders").text == "{}"
    sandbox.traps.empty_map_as_list = True
    assert (reader.read("orders").text, reader.read("deals").text) == ("[]", "[]")


@pytest.mark.parametrize("name", HISTORY_NAMES)
def test_cut_off_and_empty_answers(reader: HistoryReader, sandbox: Sandbox, name: Any) -> None:
    """A success may end too soon or hold nothing, on any of the reads."""
    route = f"POST {PATHS[name][reader.signed]}"
    sandbox.faults.add(route, kind="cut_off")
    with pytest.raises(httpx.RemoteProtocolError):
        reader.read(name)
    sandbox.faults.add(route, kind="truncated")
    answer = reader.read(name)
    assert answer.is_success
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    sandbox.faults.add(route, kind="empty")
    assert reader.read(name).content == b""


def test_html_errors(partner: Partner, sandbox: Sandbox) -> None:
    """Refusals of the CDN are pages, those of the server are not."""
    sandbox.traps.html_errors = True
    reader = HistoryReader(partner, False)
    sandbox.limits.table[-1].requests = 1
    sandbox.clock.advance(10)
    assert reader.read("orders", limit=0).json()["code"] == 30
    answer = reader.read("orders")
    assert answer.status_code == 429
    assert "<html" in answer.text


def test_history_has_a_limit_of_its_own(partner: Partner, sandbox: Sandbox) -> None:
    """200 signed reads of transactions in 10 s, and other reads do not count with them."""
    reader = HistoryReader(partner, True)
    statuses = [reader.read("transactions", limit=1).status_code for _ in range(201)]
    assert statuses == [201] * 200 + [429]
    assert reader.read("orders").status_code == 200
    sandbox.clock.advance(10)
    assert reader.read("transactions").status_code == 201


def test_bearer_reads_have_the_default_limit(partner: Partner, sandbox: Sandbox) -> None:
    """The paths of Bearer reads are none of the signed ones."""
    reader = HistoryReader(partner, False)
    assert {reader.read("transactions", limit=1).status_code for _ in range(201)} == {200}


def _deals(reader: HistoryReader) -> list[dict[str, Any]]:
    keyed = reader.read("deals").json()
    return sorted((row for rows in keyed.values() for row in rows), key=lambda r: -int(r["id"]))
