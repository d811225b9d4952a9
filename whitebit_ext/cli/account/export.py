"""Export of balances and histories to the terminal, to a pipe, or to a file."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from ...errors import HistoryTruncated
from ..layout import Shown, progress, show
from .display import balance_table, history_table
from .files import ResumableFile, write_whole
from .lock import writing
from .rows import Format, encoded
from .target import BALANCES, NAMES, UNKNOWN, Target

if TYPE_CHECKING:
    from ... import MainBalance, Page, Rows, SpotBalance
    from ..._sync.account import Account

_OVERLAPS: Final[Mapping[str, timedelta | None]] = {
    # A deposit changes its status for days.
    "transactions": timedelta(days=7),
    # An order of any age can be executed; it is not published which of its times is compared.
    "orders": None,
    "deals": timedelta(days=1),
    "converts": timedelta(days=1),
}
"""How far before the last export the next one begins: clocks differ, and rows arrive late."""


def export_history(
    begin: Callable[[str | None, datetime | None], Rows[Any]],
    target: Target,
    export: Mapping[str, Any],
    since: datetime | None,
) -> None:
    """Read a history to its end, and write it.

    Args:
        begin: A function that starts a walk at a cursor, with the earliest time.
        target: The destination.
        export: The arguments that identify the export; saved beside the file.
        since: The earliest time to export.

    Raises:
        HistoryTruncated: Some rows cannot be reached; the others are written.
        UsageError: Another process writes the file, or it does not fit.
    """
    ends: list[HistoryTruncated] = []
    with nullcontext() if target.out is None else writing(target.out):
        if target.out is not None and target.by_page:
            overlap = _OVERLAPS[target.read]
            _to_file(begin, ResumableFile(target.out, export, since, overlap), target, ends)
        elif target.by_page:
            _to_output(begin(None, since), target, ends)
        else:
            rows: list[dict[str, Any]] = []
            walk = begin(None, since)  # its arguments are checked before anything is shown
            with progress(target.read) as advance:
                for page in _pages(target, walk, ends, advance):
                    rows += target.rows(page)
            target.drawing = target.out is None
            if target.layout.format is Format.JSON:
                _write(target.layout.whole(rows), target.out)
            else:
                _draw(history_table(target.read, rows, target.columns), target.out)
    if ends:
        raise ends[0]


def _to_file(
    begin: Callable[[str | None, datetime | None], Rows[Any]],
    file: ResumableFile,
    target: Target,
    ends: list[HistoryTruncated],
) -> None:
    layout, names = target.layout, NAMES[target.read]
    position = file.start(target.mode)
    walk = begin(position.cursor, position.earliest)
    with progress(target.read, done=position.rows) as advance:
        pages = _pages(target, walk, ends, advance)
        # An existing file is not touched before the first page has been received.
        page = next(pages, None)
        with file:
            target.file = file
            known = layout.names_in(file.path, names) if position.appends else set[str]()
            while page is not None:
                rows = target.rows(page)
                if known:
                    named = zip(rows, layout.names(rows, names), strict=True)
                    rows = [row for row, name in named if name not in known]
                head = [] if file.position.size else [layout.head()]
                file.write([*head, *layout.records(rows)], walk.cursor, len(rows))
                page = next(pages, None)
            if file.position.size == 0:
                file.write([layout.head()], walk.cursor, 0)
    file.finish()


def _to_output(walk: Rows[Any], target: Target, ends: list[HistoryTruncated]) -> None:
    """Write each page to standard output when it has been received."""
    begun = False
    with progress(target.read, wanted=not sys.stdout.isatty()) as advance:
        for page in _pages(target, walk, ends, advance):
            if not begun:
                _print([target.layout.head()])
                begun = True
            for record in target.layout.records(target.rows(page)):
                _print([record])
                target.printed += 1
            sys.stdout.flush()
    if not begun:
        _write([target.layout.head()], None)


def _pages(
    target: Target,
    walk: Rows[Any],
    ends: list[HistoryTruncated],
    advance: Callable[[int, int | None], None],
) -> Iterator[Page[Any]]:
    """Yield the pages; append the error of a truncated history to `ends` to keep its rows."""
    try:
        for page in walk.pages():
            # The total of conversions counts one window, not the whole walk.
            advance(len(page), page.total if target.read == "transactions" else None)
            yield page
    except HistoryTruncated as error:
        ends.append(error)


def export_balances(account: Account, ticker: str | None, target: Target, everything: bool) -> None:
    """Read main and spot balances, and write them side by side.

    Args:
        account: The account.
        ticker: One currency; ``None`` for all.
        target: The destination.
        everything: Whether to include currencies with a zero balance.

    Raises:
        UsageError: Another process writes the file.
    """
    with nullcontext() if target.out is None else writing(target.out):
        rows = balance_rows(account.balances.main(ticker), account.balances.spot(ticker))
        all_rows = everything or ticker is not None
        kept = rows if all_rows else [row for row in rows if _is_not_zero(row)]
        if target.layout.format is Format.TABLE:
            hidden = len(rows) - len(kept)
            _draw(balance_table(kept, hidden, target.columns), target.out)
        else:
            _write(target.layout.whole(kept), target.out)


def balance_rows(
    main: Mapping[str, MainBalance], spot: Mapping[str, SpotBalance]
) -> list[dict[str, Any]]:
    """Return main and spot balances side by side, one row per currency, sorted by ticker.

    Spot balances omit zeros (contract, `tables.md`); main balances list every currency, so a
    missing main balance is unknown.
    """
    rows = []
    for ticker in sorted({*main, *spot}):
        free = spot.get(ticker)
        amounts = (
            main[ticker].main_balance if ticker in main else None,
            free.available if free else Decimal(0),
            free.freeze if free else Decimal(0),
        )
        row: dict[str, Any] = dict(zip(BALANCES, (ticker, *amounts), strict=True))
        found = {"main": main.get(ticker), "spot": free}
        row[UNKNOWN] = {name: dict(of.unknown) for name, of in found.items() if of and of.unknown}
        rows.append(row)
    return rows


def _is_not_zero(row: Mapping[str, Any]) -> bool:
    return any(row[name] for name in BALANCES[1:])


def _write(content: Sequence[bytes], out: Path | None) -> None:
    if out is None:
        _print(content)
        sys.stdout.flush()
    else:
        write_whole(out, content)


def _print(records: Iterable[bytes]) -> None:
    """Write to standard output in UTF-8, whatever its encoding.

    Record by record, so that an interruption does not tear one.
    """
    for record in records:
        sys.stdout.buffer.write(record)


def _draw(shown: Shown, out: Path | None) -> None:
    if out is None:
        show(shown)
        return
    text = io.StringIO()
    show(shown, Console(file=text, highlight=False, width=80))
    write_whole(out, [encoded(text.getvalue())])
