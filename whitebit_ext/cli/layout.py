"""Tables and lists that fit the terminal without breaking a number or a word."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias

import attrs
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_GAP: Final = 2


@attrs.frozen
class Grid:
    """Rows of cells under titles.

    Attributes:
        titles: The titles of the columns.
        rows: The cells of each row, as plain text with a style.
        right: The titles of the columns that are aligned right.
        caption: What stands below.
    """

    titles: Sequence[str]
    rows: Sequence[Sequence[Text]]
    right: frozenset[str] = frozenset()
    caption: str = ""


Shown: TypeAlias = Grid | Text


def show(shown: Shown, console: Console) -> None:
    """Print a text, or rows as a table; as a list if the terminal is narrower than the table.

    In a pipe or a file, a table has its full width.
    """
    if isinstance(shown, Text):
        show_words(shown, console)
        return
    columns = zip(shown.titles, *shown.rows, strict=True)
    # Measured once here, because Rich measures every cell several times.
    widths = [max(cell_len(title), *(t.cell_len for t in cells)) for title, *cells in columns]
    width = sum(widths) + _GAP * (len(widths) - 1)
    if console.is_terminal and width > console.width:
        for row in shown.rows:
            pairs = [(t, cell) for t, cell in zip(shown.titles, row, strict=True) if cell.plain]
            show_pairs(pairs, console)
            console.print()
    else:
        for line in _table(shown, widths):
            _whole(line, console)
    if shown.caption:
        show_words(Text(shown.caption, style="dim"), console)


def _table(grid: Grid, widths: Sequence[int]) -> Iterator[Text]:
    """Yield the lines of a table: titles, a rule, rows."""
    titles = [Text(title, style="bold") for title in grid.titles]
    for cells in (titles, [Text("\u2500" * width) for width in widths], *grid.rows):
        line = Text()
        for title, width, cell in zip(grid.titles, widths, cells, strict=True):
            blanks = " " * (width - cell.cell_len)
            line += Text.assemble(*((blanks, cell) if title in grid.right else (cell, blanks)))
            line.append(" " * _GAP)
        line.rstrip()
        yield line


def show_pairs(pairs: Sequence[tuple[str, Text]], console: Console, indent: int = 0) -> None:
    """Print names and values beside each other; a value that does not fit stands below its name."""
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


def show_words(text: Text, console: Console) -> None:
    """Print a text, with its lines broken between words."""
    for line in _wrapped(text, console, console.width):
        _whole(line, console)


def _wrapped(text: Text, console: Console, room: int) -> Iterable[Text]:
    if not console.is_terminal or text.cell_len <= room:
        return [text]
    lines = textwrap.wrap(text.plain, max(1, room), break_long_words=False, break_on_hyphens=False)
    return [Text(line, style=text.style) for line in lines]


def _whole(line: Text, console: Console) -> None:
    """Print a line as it is: what is longer than the screen goes on in its next line."""
    console.print(line, soft_wrap=True)
