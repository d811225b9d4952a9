"""The table of docs/events.md, and what the code says of each event."""

from __future__ import annotations

import ast
import inspect
import logging
import re
from datetime import UTC, datetime
from pathlib import Path

from whitebit_ext import Event, EventName

DOCUMENT = Path(__file__).parents[2] / "docs" / "events.md"
_ROW = re.compile(r"^\| `([a-z]+\.[a-z]+)` \| (\w+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def rows() -> dict[str, tuple[str, str, set[str], str]]:
    """Return level, occasion, names of the details, and advice for each event in the table."""
    return {
        name: (level, when, set(re.findall(r"`(\w+)`", details)), advice)
        for name, level, when, details, advice in _ROW.findall(DOCUMENT.read_text("utf-8"))
    }


def documented_details(name: EventName) -> set[str]:
    """Return the names of the details that the table lists for an event."""
    return rows()[name][2]


def occasions() -> dict[str, str]:
    """Return the docstring of each name; Python itself does not keep those of attributes."""
    (made,) = ast.parse(inspect.getsource(EventName)).body
    assert isinstance(made, ast.ClassDef)
    found = {}
    for named, docstring in zip(made.body, made.body[1:], strict=False):
        if isinstance(named, ast.Assign) and isinstance(docstring, ast.Expr):
            found[ast.literal_eval(named.value)] = ast.literal_eval(docstring.value)
    return found


def levels() -> dict[str, str]:
    """Return the level that each event is logged with."""
    now = datetime.now(UTC)
    return {
        name: logging.getLevelName(Event(name, now, "global", "client").level) for name in EventName
    }
