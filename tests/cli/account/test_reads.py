"""Reads of `whitebit-oauth account`: rows, balances, filters and formats."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from whitebit_ext.cli.account.options import moment
from whitebit_ext.cli.account.target import columns_of
from whitebit_ext.sandbox import HistoryName, Sandbox

from ...looking import warn_again
from .exporting import (
    COUNT,
    OPERATIONS,
    READS,
    lines_of,
    name_of,
    run,
    wire_names,
)

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("format", ["json", "jsonl", "csv"])
def test_every_row_is_exported_once_in_order(
    sandbox: Sandbox, read: HistoryName, format: str
) -> None:
    """Each format has all rows in order, with exact amounts and times."""
    said = run(read, "--format", format).stdout
    if format == "csv":
        rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(said)))
        for row in rows:
            if "method" in row:
                row["method"] = int(row["method"])
            if "role" in row:
                row["role"] = int(row["role"])
    else:
        rows = json.loads(said) if format == "json" else lines_of(said)
    assert [name_of(row) for row in rows] == wire_names(sandbox, read)
    amount, time = {
        "transactions": ("amount", "created_at"),
        "orders": ("amount", "created_at"),
        "deals": ("amount", "time"),
        "converts": ("give", "date"),
    }[read]
    theirs = sandbox.history("alice").rows(read)
    assert [row[amount] for row in rows] == [row[amount] for row in theirs]
    assert all(datetime.fromisoformat(row[time]).tzinfo == UTC for row in rows)
    assert all(row[time].endswith("Z") for row in rows)


@pytest.mark.parametrize("read", READS)
def test_a_table_has_a_line_for_each_row(read: HistoryName) -> None:
    """The table is wide enough for every amount, even on a narrow screen."""
    said = run(read).stdout
    assert "…" not in said
    assert len([line for line in said.splitlines() if line.startswith("20")]) == COUNT


@pytest.mark.parametrize("read", READS)
def test_empty_history(sandbox: Sandbox, tmp_path: Path, read: str) -> None:
    """An empty history is an empty array, no lines, a header, or a sentence."""
    sandbox.seed_history("alice")
    assert run(read).stdout == f"No {read}.\n"
    assert run(read, "--format", "json").stdout == "[]\n"
    assert run(read, "--format", "jsonl").stdout == ""
    header = ",".join(columns_of(read)) + "\n"
    assert run(read, "--format", "csv").stdout == header
    file = tmp_path / "empty.csv"
    run(read, "--out", str(file))
    assert file.read_text() == header


def test_filters_reach_the_read(sandbox: Sandbox) -> None:
    """Each filter is passed to the argument of the library with the same name."""
    rows = {read: sandbox.history("alice").rows(read) for read in READS}

    def exported(*arguments: str) -> list[dict[str, Any]]:
        return lines_of(run(*arguments, "--format", "jsonl").stdout)

    deposit = next(row for row in rows["transactions"] if row["method"] == 1)
    order, convert = rows["orders"][7], rows["converts"][7]
    assert {row["method"] for row in exported("transactions", "--method", "deposit")} == {1}
    assert {row["method"] for row in exported("transactions", "--method", "withdrawal")} == {2}
    assert {row["ticker"] for row in exported("transactions", "--ticker", "BTC")} == {"BTC"}
    named = next(row for row in rows["transactions"] if row["uniqueId"])
    found = exported("transactions", "--unique-id", named["uniqueId"])
    assert [row["transaction_id"] for row in found] == [named["transactionId"]]
    found = exported("transactions", "--address", deposit["address"], "--address", "none")
    assert deposit["transactionId"] in [row["transaction_id"] for row in found]
    found = exported("transactions", "--method", "deposit", "--status", "3", "--status", "7")
    assert {row["outcome"] for row in found} == {"successful"}
    assert [row["id"] for row in exported("orders", "--order-id", str(order["id"]))] == [
        order["id"]
    ]
    assert {row["status"] for row in exported("orders", "--status", "FILLED")} == {"FILLED"}
    for read in ("orders", "deals"):
        assert {row["market"] for row in exported(read, "--market", "BTC_USDT")} == {"BTC_USDT"}
    mine = next(row["clientOrderId"] for row in rows["deals"] if row["clientOrderId"])
    assert {r["client_order_id"] for r in exported("deals", "--client-order-id", mine)} == {mine}
    ticker = convert["path"][0]["from"]
    found = exported("converts", "--from-ticker", ticker)
    assert {row["path"][0]["from_ticker"] for row in found} == {ticker}
    assert [row["id"] for row in exported("converts", "--quote-id", convert["id"])] == [
        convert["id"]
    ]


def test_dates_bound_the_export(sandbox: Sandbox) -> None:
    """`--since` is inclusive, `--until` is exclusive."""
    times = [int(row["createdAt"]) for row in sandbox.history("alice").rows("transactions")]
    newest, oldest = (datetime.fromtimestamp(times[n], UTC).isoformat() for n in (50, 150))
    arguments = ("--since", oldest, "--until", newest, "--format", "jsonl")
    wanted = [time for time in times if times[150] <= time < times[50]]
    assert len(lines_of(run("transactions", *arguments).stdout)) == len(wanted) > 0


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-05-01", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01T12:00", datetime(2026, 5, 1, 12, tzinfo=UTC)),
        ("2026-05-01T12:00:00Z", datetime(2026, 5, 1, 12, tzinfo=UTC)),
        ("2026-05-01 14:00+02:00", datetime(2026, 5, 1, 12, tzinfo=UTC)),
    ],
)
def test_dates_are_utc(text: str, time: datetime) -> None:
    """A date without an offset is in UTC."""
    assert (moment(text), moment(text).tzinfo) == (time, UTC)


@pytest.mark.parametrize(("access", "operation"), [("--bearer", True), ("--signed", False)])
def test_bearer_and_signed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, access: str, operation: bool
) -> None:
    """`--bearer` reads with the token, and says on standard error that this ends."""
    warn_again(monkeypatch)
    result = run("deals", access, "--format", "jsonl")
    assert len(result.stdout.splitlines()) == COUNT
    sent = {entry.operation for entry in sandbox.requests}
    assert ("list_account_deals" in sent, OPERATIONS["deals"] in sent) == (
        operation,
        not operation,
    )
    assert ("1 November 2026" in result.stderr) is operation


def test_balances_table() -> None:
    """Zero balances are hidden by default; main and spot share a row."""
    header, _, *lines = (line for line in run("balances").stdout.splitlines() if line.strip())
    assert header.split() == [
        "Currency",
        "Main",
        "Spot,",
        "available",
        "In",
        "orders",
        "Total",
    ]
    found = {line.split()[0]: line.split()[1:] for line in lines}
    assert found["BTC"] == ["0.0013929494020316", "0.00100000", "0.5", "0.5023929494020316"]
    assert found["USDT"] == ["20", "0", "0", "20"]
    assert found["XLM"] == ["0", "0", "7", "7"]
    assert "ETH" not in found
    assert "use --all to show them" in lines[-1]
    assert "ETH" in run("balances", "--all").stdout
    bitcoin = next(line for line in lines if line.startswith("BTC"))
    tether = next(line for line in lines if line.startswith("USDT"))
    assert bitcoin.index(".") == tether.index("20") + 2, "decimal points are not in line"


def test_balances_as_data(tmp_path: Path) -> None:
    """The other formats have the same rows; a requested currency is included even if zero."""
    row = {
        "ticker": "BTC",
        "main_balance": "0.0013929494020316",
        "spot_available": "0.00100000",
        "spot_freeze": "0.5",
    }
    assert row in json.loads(run("balances", "--format", "json").stdout)
    assert row in lines_of(run("balances", "--format", "jsonl").stdout)
    file = tmp_path / "balances.csv"
    run("balances", "--out", str(file))
    assert row in list(csv.DictReader(io.StringIO(file.read_text())))
    one = json.loads(run("balances", "--ticker", "ETH", "--format", "json").stdout)
    assert one == [
        {"ticker": "ETH", "main_balance": "0", "spot_available": "0", "spot_freeze": "0"}
    ]
