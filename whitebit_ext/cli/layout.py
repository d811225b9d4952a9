"""Tables and lists that fit the terminal without breaking a number or a word."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import attrs
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

_GAP: Final = 2


@attrs.frozen
class Grid:
    """Rows of cells under titles.

    Attributes:
        titles: The titles of the columns.
        rows: The cells of each row, which may have a style.
        right: The titles of the columns that are aligned right.
        caption: What stands below.
    """

    titles: Sequence[str]
    rows: Sequence[Sequence[str | Text]]
    right: frozenset[str] = frozenset()
    caption: str = ""


Shown: TypeAlias = Grid | str


def show(shown: Shown, console: Console | None = None) -> None:
    """Print a text, or rows as a table; as a list if the terminal is narrower than the table.

    In a pipe or a file, a table has its full width. By default it is standard output.
    """
    console = console or Console(highlight=False)
    if isinstance(shown, str):
        show_words(shown, console)
        return
    # Plain text: markup in it is shown as it stands.
    rows = [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in shown.rows]
    columns = zip(shown.titles, *rows, strict=True)
    # Measured once here, because Rich measures every cell several times.
    widths = [max(cell_len(title), *(t.cell_len for t in cells)) for title, *cells in columns]
    width = sum(widths) + _GAP * (len(widths) - 1)
    if console.is_terminal and width > console.width:
        for row in rows:
            pairs = [(t, cell) for t, cell in zip(shown.titles, row, strict=True) if cell.plain]
            show_pairs(pairs, console)
            console.print()
    else:
        for line in _table(shown, rows, widths):
            _whole(line, console)
    if shown.caption:
        show_words(shown.caption, console, "dim")


def _table(grid: Grid, rows: Sequence[Sequence[Text]], widths: Sequence[int]) -> Iterator[Text]:
    """Yield the lines of a table: titles, a rule, rows."""
    titles = [Text(title, style="bold") for title in grid.titles]
    for cells in (titles, [Text("\u2500" * width) for width in widths], *rows):
        line = Text()
        for title, width, cell in zip(grid.titles, widths, cells, strict=True):
            blanks = " " * (width - cell.cell_len)
            line += Text.assemble(*((blanks, cell) if title in grid.right else (cell, blanks)))
            line.append(" " * _GAP)
        line.rstrip()
        yield line


def show_pairs(
    pairs: Sequence[tuple[str, Text]], console: Console | None = None, indent: int = 0
) -> None:
    """Print names and values beside each other; a value that does not fit stands below its name."""
    console = console or Console(highlight=False)
    column = indent + max((cell_len(name) for name, _ in pairs), default=0) + _GAP
    for name, value in pairs:
        room = console.width - column
        longest = max(map(cell_len, value.plain.split()), default=0)
        beside = longest <= room or not console.is_terminal
        head = Text(" " * indent + name, style="dim")
        if not beside:
            _whole(head, console)
        lines = _wrapped(value, console, room if beside else console.width - indent - _GAP)
        for number, line in enumerate(lines):
            if not beside:
                _whole(Text.assemble(" " * (indent + _GAP), line), console)
            elif number == 0:
                _whole(Text.assemble(head, " " * (column - head.cell_len), line), console)
            else:
                _whole(Text.assemble(" " * column, line), console)


def show_words(
    text: str | Text, console: Console | None = None, style: str = "", indent: str = ""
) -> None:
    """Print a text, by default to standard output, with its lines broken between words."""
    console = console or Console(highlight=False)
    whole = Text(text, style) if isinstance(text, str) else text
    for line in _wrapped(whole, console, console.width - len(indent)):
        _whole(Text.assemble(indent, line), console)


def _wrapped(text: Text, console: Console, room: int) -> Iterable[Text]:
    if not console.is_terminal or text.cell_len <= room:
        return [text]
    lines = textwrap.wrap(text.plain, max(1, room), break_long_words=False, break_on_hyphens=False)
    return [Text(line, style=text.style) for line in lines]


def _whole(line: Text, console: Console) -> None:
    """Print a line as it is: what is longer than the screen goes on in its next line."""
    console.print(line, soft_wrap=True)


@contextmanager
def progress(
    title: str,
    *,
    done: int = 0,
    wanted: bool = True,
    console: Console | None = None,
) -> Iterator[Callable[[int, int | None], None]]:
    """Show the number of rows on standard error if it is a terminal.

    Args:
        title: What is read or done.
        done: The number of rows that were done before.
        wanted: Whether to show anything; rows on the same terminal would break the bar.
        console: The console to print to.

    Yields:
        A function to call with each number of rows that is done, and with the total, if known.
    """
    console = console or Console(file=sys.stderr)
    if not (wanted and console.is_interactive):
        yield lambda rows, total: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(max(1, min(40, console.width - 36))),  # the others fit beside it
        TextColumn("{task.completed:,.0f} rows"),
        TimeElapsedColumn(),
    )
    # Not redirected: rows that are printed meanwhile belong to standard output.
    unchanged: dict[str, Any] = {"redirect_stdout": False, "redirect_stderr": False}
    with Progress(*columns, console=console, transient=True, **unchanged) as bar:
        task = bar.add_task(title, total=None, completed=done)

        yield lambda rows, total: bar.update(task, advance=rows, total=total)
