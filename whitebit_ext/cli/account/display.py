"""Tables and progress bars on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.measure import Measurement
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from .rows import exact, printable

_COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "transactions": {
        "created_at": "Time (UTC)",
        "method": "Method",
        "amount": "Amount",
        "ticker": "Currency",
        "fee": "Fee",
        "outcome": "Outcome",
        "network": "Network",
        "address": "Address",
    },
    "orders": {
        "created_at": "Time (UTC)",
        "market": "Market",
        "side": "Side",
        "type": "Type",
        "price": "Price",
        "amount": "Amount",
        "deal_stock": "Filled",
        "deal_money": "For",
        "status": "Status",
    },
    "deals": {
        "time": "Time (UTC)",
        "market": "Market",
        "side": "Side",
        "role": "Role",
        "price": "Price",
        "amount": "Amount",
        "deal": "For",
        "fee": "Fee",
        "fee_asset": "of",
    },
    "converts": {
        "date": "Time (UTC)",
        "give": "Given",
        "receive": "Received",
        "rate": "Rate",
        "path": "Path",
    },
}
_WORDS: Final[Mapping[str, Mapping[Any, str]]] = {
    "method": {1: "deposit", 2: "withdrawal"},
    "role": {1: "maker", 2: "taker"},
}
_AMOUNTS: Final = frozenset(
    {
        *("amount", "fee", "price", "deal_stock", "deal_money", "deal"),
        *("give", "receive", "rate"),
    }
)
_STYLES: Final = {
    **dict.fromkeys(("buy", "successful", "FILLED", "deposit"), "green"),
    **dict.fromkeys(("sell", "frozen"), "red"),
    **dict.fromkeys(("pending", "unconfirmed", "PARTIALLY_FILLED"), "yellow"),
}
_BALANCES: Final = {
    "main_balance": "Main",
    "spot_available": "Spot, available",
    "spot_freeze": "Spot, in orders",
}


def history_table(read: str, rows: Sequence[Mapping[str, Any]]) -> Table | Text:
    """Return the rows of a history as a table with the most important columns."""
    if not rows:
        return Text(f"No {read}.")
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    columns = _COLUMNS[read]
    cells = [[_shown(name, row[name]) for row in rows] for name in columns]
    for (name, title), column in zip(columns.items(), cells, strict=True):
        # Measured once here, because Rich measures every cell several times.
        width = max(cell_len(title), *(text.cell_len for text in column))
        justify: JustifyMethod = "right" if name in _AMOUNTS else "left"
        table.add_column(title, justify=justify, width=width, no_wrap=True)
    for line in zip(*cells, strict=True):
        table.add_row(*line)
    return table


def _shown(name: str, value: Any) -> Text:
    match value:
        case None:
            return Text("")
        case Decimal():
            return Text(exact(value), style="" if value else "dim")
        case datetime():
            return Text(value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"), style="dim")
        case list():
            steps = [f"{step['from_ticker']} -> {step['to_ticker']}" for step in value]
            return Text(printable(", ".join(steps)))
    word = printable(_WORDS.get(name, {}).get(value, str(value)))
    return Text(word, style=_STYLES.get(word, ""))


def balance_table(rows: Sequence[Mapping[str, Any]], hidden: int) -> Table | Text:
    """Return balances as a table, main and spot side by side, aligned at the decimal point.

    Args:
        rows: Balances by currency, as in an export.
        hidden: The number of omitted currencies with a zero balance.
    """
    below = f"{hidden} with a zero balance; use --all to show them" if hidden else ""
    if not rows:
        return Text(f"No balances{f' ({below})' if below else ''}.")
    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        caption=Text(below) if below else None,
        caption_justify="left",
    )
    table.add_column("Currency", style="bold", no_wrap=True)
    columns: list[list[Text]] = []
    for name, title in _BALANCES.items():
        table.add_column(Text(title, justify="right"), no_wrap=True)
        columns.append(_in_line(title, [row[name] for row in rows]))
    table.add_column(Text("Total", justify="right"), style="bold", no_wrap=True)
    columns.append(_in_line("Total", [_total(row) for row in rows]))
    for row, *amounts in zip(rows, *columns, strict=True):
        table.add_row(Text(printable(row["ticker"])), *amounts)
    return table


def _total(row: Mapping[str, Any]) -> Decimal:
    with localcontext() as context:
        context.prec = 200  # sums are exact
        return sum((row[name] or Decimal(0) for name in _BALANCES), Decimal(0))


def _in_line(title: str, amounts: Sequence[Decimal | None]) -> list[Text]:
    """Return amounts aligned at the decimal point, right-justified below a title.

    Padded on both sides here, because Rich strips trailing blanks of right-justified text.
    """
    texts = ["" if amount is None else exact(amount) for amount in amounts]
    # The decimal point and the digits after it.
    behind = [len(text) - text.find(".") if "." in text else 0 for text in texts]
    padded = [text + " " * (max(behind) - most) for text, most in zip(texts, behind, strict=True)]
    width = max(len(title), *map(len, padded))
    return [
        Text(text.rjust(width), style="" if amount else "dim")
        for amount, text in zip(amounts, padded, strict=True)
    ]


def show(shown: Table | Text, console: Console) -> None:
    """Print a table at its full width, so that no amount is truncated."""
    wide = console.options.update(width=10_000)
    console.width = max(console.width, Measurement.get(console, wide, shown).maximum)
    console.print(shown)


@contextmanager
def progress(
    title: str, done: int, *, wanted: bool, console: Console | None = None
) -> Iterator[Callable[[int, int | None], None]]:
    """Show the number of rows on standard error if it is a terminal.

    Args:
        title: The name of the history.
        done: The number of rows that an earlier run has read.
        wanted: Whether to show anything; rows on the same terminal would break the bar.
        console: The console to print to.

    Yields:
        A function to call for each page with its number of rows and the total, if known.
    """
    console = console or Console(file=sys.stderr)
    if not (wanted and console.is_terminal):
        yield lambda rows, total: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None, completed=done)

        def advance(rows: int, total: int | None) -> None:
            bar.update(task, advance=rows, total=total)

        yield advance
