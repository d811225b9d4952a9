"""Tables on the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Any, Final

from rich.text import Text

from ..exits import printable
from ..layout import Grid, Shown
from .rows import exact, plain

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
    "ticker": "Currency",
    "main_balance": "Main",
    "spot_available": "Spot, available",
    "spot_freeze": "In orders",
    "total": "Total",
}
_PARTS: Final = ("main_balance", "spot_available", "spot_freeze")


def history_table(
    read: str, rows: Sequence[Mapping[str, Any]], chosen: Sequence[str] | None = None
) -> Shown:
    """Return the rows of a history as a table, of the most important columns or of the chosen."""
    if not rows:
        return f"No {read}."
    known = _COLUMNS[read]
    columns = list(known) if chosen is None else chosen
    titles = [known.get(name, name) for name in columns]
    cells = [[_shown(name, row[name]) for name in columns] for row in rows]
    right = {title for title, name in zip(titles, columns, strict=True) if name in _AMOUNTS}
    return Grid(titles, cells, frozenset(right))


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
        case dict():
            return Text(printable(json.dumps(plain(value))) if value else "")
    word = printable(_WORDS.get(name, {}).get(value, str(value)))
    return Text(word, style=_STYLES.get(word, ""))


def balance_table(
    rows: Sequence[Mapping[str, Any]], hidden: int, chosen: Sequence[str] | None = None
) -> Shown:
    """Return balances as a table, main and spot side by side, aligned at the decimal point.

    Args:
        rows: Balances by currency, as in an export.
        hidden: The number of omitted currencies with a zero balance.
        chosen: The columns; ``None`` for all and their total.
    """
    below = f"{hidden} with a zero balance; use --all to show them" if hidden else ""
    if not rows:
        return f"No balances{f' ({below})' if below else ''}."
    totals = [{**row, "total": _total(row)} for row in rows]
    columns = chosen or [*_BALANCES]
    titles = [_BALANCES.get(name, name) for name in columns]
    cells: list[list[Text]] = []
    for name, title in zip(columns, titles, strict=True):
        values = [row[name] for row in totals]
        amounts = name in _BALANCES and name != "ticker"
        cells.append(
            _in_line(title, values) if amounts else [_shown(name, value) for value in values]
        )
    right = frozenset(_BALANCES.values()) - {_BALANCES["ticker"]}
    return Grid(titles, list(zip(*cells, strict=True)), right, below)


def _total(row: Mapping[str, Any]) -> Decimal:
    with localcontext() as context:
        context.prec = 200  # sums are exact
        return sum((row[name] or Decimal(0) for name in _PARTS), Decimal(0))


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
