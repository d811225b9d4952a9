"""The table of docs/errors.md; `python -m tests.errors.table` writes it from the classes."""

from __future__ import annotations

from pathlib import Path

from whitebit_ext.errors import Action, WhiteBITError

from .texts import classes

DOCUMENT = Path(__file__).parents[2] / "docs" / "errors.md"
HEAD = "| error | raised when | what to do | action | retryable |\n|---|---|---|---|---|\n"


def table() -> str:
    """Return the table: one line for each error that is raised, in the order of the tree."""
    return HEAD + "".join(_line(kind) for kind in classes() if not _is_base(kind))


def _is_base(kind: type[WhiteBITError]) -> bool:
    return (kind.__doc__ or "").startswith("Base class of ")


def _line(kind: type[WhiteBITError]) -> str:
    first = (kind.__doc__ or "").splitlines()[0].replace("``", "`")
    retryable = "yes" if kind.action in (Action.RETRY, Action.WAIT) else "no"
    name = f'<a id="{kind.__name__}"></a>`{kind.__name__}`'  # errors.md#KeyPending leads to it
    return f"| {name} | {first} | {kind.default_hint} | {kind.action} | {retryable} |\n"


if __name__ == "__main__":
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.partition(HEAD)[0], text.partition(HEAD)[2].partition("\n\n")[2]
    DOCUMENT.write_text(f"{before}{table()}\n{after}", encoding="utf-8")
