"""Help texts that fit the screen: Click's own have at least 50 columns, and break words."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from typing import Any, Final

import typer

_WIDEST: Final = 80
_MARGIN: Final = 4
"""Of a list: its indentation, and as much at the right."""


class _Formatter(typer.Context.formatter_class):  # type: ignore[valid-type,misc]  # Typer exports no other
    def __init__(self, **given: Any) -> None:
        columns = min(shutil.get_terminal_size().columns, _WIDEST)
        super().__init__(**{**given, "width": columns - 1})

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how a command is called."""
        usage = f"{'Usage: ' if prefix is None else prefix}{prog} {args}"
        lines = textwrap.wrap(usage, self.width, subsequent_indent=" " * 7, break_on_hyphens=False)
        self.write("\n".join(lines) + "\n")

    def write_dl(
        self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write names and texts: beside each other, or below if the longest word has no room."""
        names = min(max(len(name) for name, _ in rows), col_max)
        longest = max(len(word) for _, text in rows for word in text.split() or [""])
        fits = names + col_spacing + longest + _MARGIN <= self.width
        super().write_dl(rows, col_max if fits else col_spacing, col_spacing)


class _Context(typer.Context):
    formatter_class = _Formatter


def fit(command: Any) -> None:
    """Let the help of a command, and of those below it, fit the screen.

    Each command is listed with its first sentence whole, which Click would cut.
    """
    command.context_class = _Context
    for below in getattr(command, "commands", {}).values():
        below.short_help = below.short_help or (below.help or "").partition("\n\n")[0]
        fit(below)
