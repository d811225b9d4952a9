"""Reads an account and writes what came: to the screen, to a program, to a file."""

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

from ..errors import HistoryTruncated
from .account_display import balance_table, history_table, progress, show
from .account_files import ResumableFile, require_writable, sidecar_of, write_whole
from .account_rows import Format, as_csv, as_json, as_lines
from .custody_store import UsageError

if TYPE_CHECKING:
    from .._sync.account import Account
    from ..account import Page, Rows
    from ..keys.records import MainBalance, SpotBalance

_BY_PAGE: Final = frozenset({Format.JSONL, Format.CSV})
_SUFFIXES: Final = {f".{name.value}": name for name in Format if name is not Format.TABLE}
_BALANCE_COLUMNS: Final = ("ticker", "main_balance", "spot_available", "spot_freeze")


@attrs.frozen
class Target:
    """Say where an export goes, and as what.

    Attributes:
        format: What it is written as.
        out: The file; ``None`` is standard output.
        resume: Whether to go on with an interrupted export.
    """

    format: Format
    out: Path | None
    resume: bool

    @classmethod
    def of(cls, format: Format | None, out: Path | None, resume: bool = False) -> Target:
        """Return a target; the file's name tells the format if nothing else does.

        Raises:
            UsageError: that cannot be resumed, or cannot be written to.
        """
        if format is None:
            format = _SUFFIXES.get(out.suffix.lower() if out else "", Format.TABLE)
        if resume and (out is None or format not in _BY_PAGE):
            raise UsageError("--resume needs --out and the format jsonl or csv.")
        if out is not None:
            require_writable(out)
        return cls(format, out, resume)

    @property
    def sidecar(self) -> Path | None:
        """Where the cursor of an interrupted export would be."""
        return sidecar_of(self.out) if self.out and self.format in _BY_PAGE else None


def export_history(
    read: str,
    begin: Callable[[str | None], Rows[Any]],
    target: Target,
    export: Mapping[str, str],
) -> None:
    """Walk through a history, and write it.

    Args:
        read: Its name.
        begin: Begins the walk at a cursor.
        target: Where it goes.
        export: What tells this export from others; noted beside the file.

    Raises:
        HistoryTruncated: there is more that cannot be reached; what can be is written.
    """
    ends: list[HistoryTruncated] = []
    if target.out is not None and target.format in _BY_PAGE:
        _to_file(read, begin, ResumableFile(target.out, export), target, ends)
    elif target.format in _BY_PAGE:
        encode = _encoder(read, target.format)
        begun = False
        with progress(read, 0, wanted=not sys.stdout.isatty()) as came:
            for page in _pages(read, begin(None), ends, came):
                print(encode(page.to_dicts(), not begun), end="", flush=True)
                begun = True
        if not begun:
            print(encode([], True), end="", flush=True)
    else:
        rows: list[dict[str, Any]] = []
        with progress(read, 0, wanted=True) as came:
            for page in _pages(read, begin(None), ends, came):
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
    standing = file.stand(target.resume)
    walk = begin(standing.cursor)
    with progress(read, standing.rows, wanted=True) as came:
        pages = _pages(read, walk, ends, came)
        # A file that is there stays as it is until something has come to replace it.
        page = next(pages, None)
        with file:
            while page is not None:
                content = encode(page.to_dicts(), file.standing.size == 0)
                file.write(content, walk.cursor, len(page))
                page = next(pages, None)
            if file.standing.size == 0:
                file.write(encode([], True), walk.cursor, 0)
    file.finish()


def _pages(
    read: str,
    walk: Rows[Any],
    ends: list[HistoryTruncated],
    came: Callable[[int, int | None], None],
) -> Iterator[Page[Any]]:
    """Yield pages to the end, and note it if that comes too early: what came is to be kept."""
    try:
        for page in walk.pages():
            # A total of conversions is that of one window, not of the walk.
            came(len(page), page.total if read == "transactions" else None)
            yield page
    except HistoryTruncated as error:
        ends.append(error)


def _encoder(read: str, format: Format) -> Callable[[Sequence[Mapping[str, Any]], bool], str]:
    """Return what makes text of rows; told whether it is the beginning."""
    if format is Format.JSONL:
        return lambda rows, header: as_lines(rows)
    columns = columns_of(read)
    return lambda rows, header: as_csv(rows, columns, header=header)


def columns_of(read: str) -> tuple[str, ...]:
    """Return the keys of a history's rows, which there are even where no row is."""
    from ..account import Convert, Deal, Order, Transaction, to_dict

    kinds: Mapping[str, type[Any]] = {
        "transactions": Transaction,
        "orders": Order,
        "deals": Deal,
        "converts": Convert,
    }
    kind = kinds[read]
    return tuple(to_dict(kind(**{field.name: None for field in attrs.fields(kind)})))


def export_balances(account: Account, ticker: str | None, target: Target, everything: bool) -> None:
    """Read main and spot balances, and write them side by side.

    Args:
        account: Whose.
        ticker: One currency; ``None`` for all.
        target: Where they go.
        everything: Whether to write currencies of which there is nothing.
    """
    rows = balance_rows(account.balances.main(ticker), account.balances.spot(ticker))
    kept = rows if everything or ticker is not None else [row for row in rows if _is_some(row)]
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
    """Put balances side by side, one row per currency, in the order of the alphabet.

    Spot balances leave out what is zero (contract, `tables.md`); main ones leave nothing out, so
    that one which is missing is not known.
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


def _is_some(row: Mapping[str, Any]) -> bool:
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
