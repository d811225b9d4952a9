"""Output of `whitebit-oauth account`: amounts, cells, tables and progress."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from whitebit_ext.cli.account.display import balance_table, history_table
from whitebit_ext.cli.account.rows import Format, Layout, exact, plain
from whitebit_ext.cli.account.target import columns_of
from whitebit_ext.cli.exits import printable
from whitebit_ext.cli.layout import progress, show


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
    """Amounts have all digits, and an exponent only if they are very large or small."""
    assert exact(Decimal(amount)) == text
    assert Decimal(text) == Decimal(amount)


def as_csv(row: dict[str, Any], **options: bool) -> str:
    """Return a row as CSV, with the names of its columns."""
    layout = Layout(Format.CSV, tuple(row), **options)
    return b"".join(layout.whole([row])).decode("utf-8-sig" if options.get("bom") else "utf-8")


def test_cells_of_other_kinds() -> None:
    """In CSV, None is empty, booleans are words, and nested values are JSON."""
    row = {"a": None, "b": True, "c": [{"rate": Decimal("0.10")}], "d": 'say "x",\ny', "e": 7}
    text = as_csv(row)
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


def test_text_from_the_server_cannot_control_the_terminal() -> None:
    """Text from the server is not interpreted as markup or as an escape sequence."""
    row: dict[str, Any] = dict.fromkeys(columns_of("transactions"))
    row |= {"ticker": "[red]B\x1b[2J", "amount": Decimal("1"), "network": "a\nb"}
    out = io.StringIO()
    show(history_table("transactions", [row]), Console(file=out, width=20))
    assert "[red]B\ufffd[2J" in out.getvalue()
    assert "a\ufffdb" in out.getvalue()
    assert printable("a\r\x07b") == "a\ufffd\ufffdb"
    nothing = balance_table([], 3)
    assert str(nothing) == "No balances (3 with a zero balance; use --all to show them)."


def test_progress_shows_on_a_terminal_only() -> None:
    """The bar counts rows, including those of an earlier run; it needs a terminal."""
    screen, pipe = io.StringIO(), io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80)
    with progress("deals", done=1000, console=terminal) as came:
        came(500, None)
        came(500, 4000)
    assert "2,000 rows" in screen.getvalue()
    for wanted, console in ((True, Console(file=pipe)), (False, terminal)):
        before = screen.getvalue()
        with progress("deals", wanted=wanted, console=console) as came:
            came(1, None)
        assert (pipe.getvalue(), screen.getvalue()) == ("", before)
