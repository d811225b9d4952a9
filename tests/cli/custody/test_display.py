"""How `whitebit-oauth custody` shows findings to a person."""

from __future__ import annotations

import pytest

from whitebit_ext.cli.custody.display import show_check, show_rotation
from whitebit_ext.maintenance import Finding, Place, Rotation


def finding(number: int) -> Finding:
    """Return a row that lacks its key."""
    return Finding(
        Place("connection", "https://a:443", "partner", (f"user-{number}",), ""), "closed", True
    )


def test_many_findings_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """A person reads the first fifty, and how many more there are."""
    show_check(80, [finding(number) for number in range(60)])
    shown = capsys.readouterr().out
    assert "60 rows cannot be decrypted" in shown
    assert "user-49" in shown
    assert "user-50" not in shown
    assert "and 10 more" in shown
    assert "60 of them need a key that was not given" in shown


def test_findings_of_a_rotation_are_never_called_success(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A rotation that left rows behind does not say that every row has the first key."""
    show_rotation(Rotation(5, 1, (finding(1),)), finished=True)
    assert "Every row" not in capsys.readouterr().out
