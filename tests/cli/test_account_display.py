"""How `whitebit-oauth account` shows amounts, cells, tables and progress."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from whitebit_ext.cli.account_display import balance_table, history_table, progress, show
from whitebit_ext.cli.account_export import columns_of
from whitebit_ext.cli.account_rows import as_csv, exact, plain
from whitebit_ext.cli.account_settings import printable


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1E-8", "0.00000001"),
        ("0.00100000", "0.00100000"),
        ("1E+3", "1000"),
        ("0", "0"),
        ("12345678901234567890123456789012345678.9", "12345678901234567890123456789012345678.9"),
        ("1E+999999", "1E+999999"),
    ],
)
def test_amounts_are_exact(amount: str, text: str) -> None:
    """Amounts come with every digit, without an exponent unless it would fill a page."""
    assert exact(Decimal(amount)) == text
    assert Decimal(text) == Decimal(amount)


def test_cells_of_other_kinds() -> None:
    """In CSV nothing is empty, truth is a word, and what is nested is JSON."""
    row = {"a": None, "b": True, "c": [{"rate": Decimal("0.10")}], "d": 'say "x",\ny', "e": 7}
    text = as_csv([row], list(row), header=True)
    (read,) = csv.DictReader(io.StringIO(text, newline=""))
    assert read == {
        "a": "",
        "b": "true",
        "c": '[{"rate": "0.10"}]',
        "d": 'say "x",\ny',
        "e": "7",
    }
    time = datetime(2026, 5, 1, 12, 0, 0, 7, tzinfo=UTC)
    assert plain({"t": time}) == {"t": "2026-05-01T12:00:00.000007Z"}


def test_no_text_steers_the_terminal() -> None:
    """What the server sends is neither markup nor an escape sequence."""
    row: dict[str, Any] = dict.fromkeys(columns_of("transactions"))
    row |= {"ticker": "[red]B\x1b[2J", "amount": Decimal("1"), "network": "a\nb"}
    out = io.StringIO()
    show(history_table("transactions", [row]), Console(file=out, width=20))
    assert "[red]B\ufffd[2J" in out.getvalue()
    assert "a\ufffdb" in out.getvalue()
    assert printable("a\r\x07b") == "a\ufffd\ufffdb"
    nothing = balance_table([], 3)
    assert str(nothing) == "Nothing (3 without anything; --all shows them)."


def test_progress_shows_on_a_terminal_only() -> None:
    """The bar counts rows, those of an earlier run too; elsewhere nothing is written."""
    screen, pipe = io.StringIO(), io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80)
    with progress("deals", 1000, wanted=True, console=terminal) as came:
        came(500, None)
        came(500, 4000)
    assert "2,000 rows" in screen.getvalue()
    for wanted, console in ((True, Console(file=pipe)), (False, terminal)):
        before = screen.getvalue()
        with progress("deals", 0, wanted=wanted, console=console) as came:
            came(1, None)
        assert (pipe.getvalue(), screen.getvalue()) == ("", before)
