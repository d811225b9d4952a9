"""Export of balances and histories to the terminal, to a pipe, or to a file."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...errors import HistoryTruncated
from ..store import UsageError
from .display import balance_table, history_table, progress, show
from .files import ResumableFile, require_writable, sidecar_of, write_whole
from .rows import Format, as_csv, as_json, as_lines

if TYPE_CHECKING:
    from ... import MainBalance, Page, Rows, SpotBalance
    from ..._sync.account import Account

_BY_PAGE: Final = frozenset({Format.JSONL, Format.CSV})
_SUFFIXES: Final = {f".{name.value}": name for name in Format if name is not Format.TABLE}
_BALANCE_COLUMNS: Final = ("ticker", "main_balance", "spot_available", "spot_freeze")


@attrs.frozen
class Target:
    """The destination and format of an export.

    Attributes:
        format: The output format.
        out: The file; ``None`` for standard output.
        resume: Whether to continue an interrupted export.
    """

    format: Format
    out: Path | None
    resume: bool

    @classmethod
    def of(cls, format: Format | None, out: Path | None, resume: bool = False) -> Target:
        """Return a target; the default format depends on the file extension.

        Raises:
            UsageError: The export cannot be resumed, or the file cannot be written.
        """
        if format is None:
            format = _SUFFIXES.get(out.suffix.lower() if out else "", Format.TABLE)
        if resume and (out is None or format not in _BY_PAGE):
            raise UsageError("--resume requires --out and the format jsonl or csv.")
        if out is not None:
            require_writable(out)
        return cls(format, out, resume)

    @property
    def sidecar(self) -> Path | None:
        """The file with the cursor of an interrupted export."""
        return sidecar_of(self.out) if self.out and self.format in _BY_PAGE else None


def export_history(
    read: str,
    begin: Callable[[str | None], Rows[Any]],
    target: Target,
    export: Mapping[str, str],
) -> None:
    """Read a history to its end, and write it.

    Args:
        read: The name of the history.
        begin: A function that starts a walk at a cursor.
        target: The destination.
        export: The arguments that identify the export; saved beside the file.

    Raises:
        HistoryTruncated: Some rows cannot be reached; the others are written.
    """
    ends: list[HistoryTruncated] = []
    if target.out is not None and target.format in _BY_PAGE:
        _to_file(read, begin, ResumableFile(target.out, export), target, ends)
    elif target.format in _BY_PAGE:
        encode = _encoder(read, target.format)
        begun = False
        with progress(read, 0, wanted=not sys.stdout.isatty()) as advance:
            for page in _pages(read, begin(None), ends, advance):
                print(encode(page.to_dicts(), not begun), end="", flush=True)
                begun = True
        if not begun:
            print(encode([], True), end="", flush=True)
    else:
        rows: list[dict[str, Any]] = []
        with progress(read, 0, wanted=True) as advance:
            for page in _pages(read, begin(None), ends, advance):
                rows += page.to_dicts()
        if target.format is Format.JSON:
            _write(as_json(rows), target.out)
        else:
            _draw(history_table(read, rows), target.out)
    if ends:
        raise ends[0]


def _to_file(
    read: str,
    begin: Callable[[str | None], Rows[Any]],
    file: ResumableFile,
    target: Target,
    ends: list[HistoryTruncated],
) -> None:
    encode = _encoder(read, target.format)
    position = file.start(target.resume)
    walk = begin(position.cursor)
    with progress(read, position.rows, wanted=True) as advance:
        pages = _pages(read, walk, ends, advance)
        # An existing file is not touched before the first page has been received.
        page = next(pages, None)
        with file:
            while page is not None:
                content = encode(page.to_dicts(), file.position.size == 0)
                file.write(content, walk.cursor, len(page))
                page = next(pages, None)
            if file.position.size == 0:
                file.write(encode([], True), walk.cursor, 0)
    file.finish()


def _pages(
    read: str,
    walk: Rows[Any],
    ends: list[HistoryTruncated],
    advance: Callable[[int, int | None], None],
) -> Iterator[Page[Any]]:
    """Yield the pages; append the error of a truncated history to `ends` to keep its rows."""
    try:
        for page in walk.pages():
            # The total of conversions counts one window, not the whole walk.
            advance(len(page), page.total if read == "transactions" else None)
            yield page
    except HistoryTruncated as error:
        ends.append(error)


def _encoder(read: str, format: Format) -> Callable[[Sequence[Mapping[str, Any]], bool], str]:
    """Return a function that formats rows; its flag says whether a header is needed."""
    if format is Format.JSONL:
        return lambda rows, header: as_lines(rows)
    columns = columns_of(read)
    return lambda rows, header: as_csv(rows, columns, header=header)


def columns_of(read: str) -> tuple[str, ...]:
    """Return the keys of a history's rows, also for a history without rows."""
    from whitebit_ext.account.frames import to_dict

    from ... import Convert, Deal, Order, Transaction

    kinds: Mapping[str, type[Any]] = {
        "transactions": Transaction,
        "orders": Order,
        "deals": Deal,
        "converts": Convert,
    }
    kind = kinds[read]
    return tuple(to_dict(kind(**dict.fromkeys(kind.__struct_fields__))))


def export_balances(account: Account, ticker: str | None, target: Target, everything: bool) -> None:
    """Read main and spot balances, and write them side by side.

    Args:
        account: The account.
        ticker: One currency; ``None`` for all.
        target: The destination.
        everything: Whether to include currencies with a zero balance.
    """
    rows = balance_rows(account.balances.main(ticker), account.balances.spot(ticker))
    kept = rows if everything or ticker is not None else [row for row in rows if _is_not_zero(row)]
    match target.format:
        case Format.TABLE:
            _draw(balance_table(kept, len(rows) - len(kept)), target.out)
        case Format.JSON:
            _write(as_json(kept), target.out)
        case Format.JSONL:
            _write(as_lines(kept), target.out)
        case Format.CSV:
            _write(as_csv(kept, _BALANCE_COLUMNS, header=True), target.out)


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
        rows.append(dict(zip(_BALANCE_COLUMNS, (ticker, *amounts), strict=True)))
    return rows


def _is_not_zero(row: Mapping[str, Any]) -> bool:
    return any(row[name] for name in _BALANCE_COLUMNS[1:])


def _write(content: str, out: Path | None) -> None:
    if out is None:
        print(content, end="", flush=True)
    else:
        write_whole(out, content)


def _draw(shown: Table | Text, out: Path | None) -> None:
    if out is None:
        show(shown, Console(highlight=False))
        return
    text = io.StringIO()
    show(shown, Console(file=text, highlight=False, width=1))
    write_whole(out, text.getvalue())
