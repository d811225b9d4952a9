"""docs/errors.md says of each error what its class says."""

from __future__ import annotations

from whitebit_ext.errors import Action

from .table import DOCUMENT, table


def test_the_table_is_that_of_the_classes() -> None:
    """Each line is made of the class; `python -m tests.errors.table` writes the table again."""
    assert table() in DOCUMENT.read_text(encoding="utf-8")


def test_every_action_is_explained() -> None:
    """The document has a line about each action."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for action in Action:
        assert f"| `Action.{action.name}` |" in text
