"""Checks of an error: its type, its attributes, and whether it prints a secret."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from urllib.parse import quote, quote_plus

from whitebit_ext.errors import WhiteBITError

TESTS = str(Path(__file__).parents[1])


def fault_of(error: WhiteBITError, operation: str, kind: type[WhiteBITError]) -> str | None:
    """Say what is wrong with the error that a bad answer ended in."""
    if type(error) is not kind:
        return f"{type(error).__name__} in place of {kind.__name__}"
    if error.operation != operation or not str(error).startswith(f"{operation}: "):
        return f"it names {error.operation!r} as the operation"
    if not error.hint.strip():
        return "it has no hint"
    if error.__cause__ is not None or error.__context__ is not None:
        return "another exception stands behind it"
    return None


def printed(error: WhiteBITError, log: StringIO) -> str:
    """Return everything that a log can show of an error, the library's locals too."""
    shown = [str(error), repr(error), repr(error.args), repr(error.__dict__), log.getvalue()]
    shown += [repr(pickle.dumps(error)), *traceback.format_exception_only(error)]
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if not frame.f_code.co_filename.startswith(TESTS):
            shown += map(repr, frame.f_locals.values())
    return "\n".join(shown)


def told(secrets: Iterable[str], text: str) -> bool:
    """Return whether a text contains a secret, plain or encoded for a form or a URL."""
    return any(
        spelling in text
        for secret in secrets
        for spelling in (secret, quote(secret, safe=""), quote_plus(secret, safe="/"))
    )


def emptied(log: StringIO) -> None:
    """Forget what was logged until now."""
    log.seek(0)
    log.truncate()
