"""How `whitebit-oauth custody` shows findings and progress to a person."""

from __future__ import annotations

import io

from rich.console import Console

from whitebit_ext.cli.custody.display import Report
from whitebit_ext.maintenance import Finding, Place, Rotation


def finding(number: int) -> Finding:
    """Return a row that lacks its key."""
    return Finding(
        Place("connection", "https://a:443", "partner", (f"user-{number}",), ""), "closed", True
    )


def test_many_findings_are_counted() -> None:
    """A person reads the first fifty, and how many more there are."""
    console = Console(record=True, width=200, file=io.StringIO())
    Report(console).check(80, [finding(number) for number in range(60)])
    shown = console.export_text()
    assert "60 rows cannot be decrypted" in shown
    assert "user-49" in shown
    assert "user-50" not in shown
    assert "and 10 more" in shown
    assert "60 of them need a key that was not given" in shown


def test_progress_is_shown_on_a_terminal() -> None:
    """A bar counts the rows, on standard error's terminal, and the outcome stands elsewhere."""
    screen = Console(force_terminal=True, record=True, width=100, file=io.StringIO())
    report = Report(Console(file=io.StringIO()), screen)
    with report.progress("Rotating", 2):
        report.advance()
        report.advance()
    shown = screen.export_text()
    assert "Rotating" in shown
    assert "2/2" in shown


def test_findings_of_a_rotation_are_never_called_success() -> None:
    """A rotation that left rows behind does not say that every row has the first key."""
    console = Console(record=True, width=200, file=io.StringIO())
    Report(console).rotation(Rotation(5, 1, (finding(1),)), finished=True)
    assert "Every row" not in console.export_text()
