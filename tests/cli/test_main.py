"""The console script's entry point: versions, help, and extras that are not installed."""

from __future__ import annotations

import sys
import types

import pytest

from whitebit_ext import cli
from whitebit_ext._version import __version__

from .calling import call

pytestmark = pytest.mark.usefixtures("interruptible")


def test_version() -> None:
    """`--version` prints the version and exits with 0."""
    result = call("--version")
    assert (result.exit_code, result.stdout) == (0, f"whitebit-oauth {__version__}\n")


def test_help_names_the_commands() -> None:
    """`--help` names all commands."""
    result = call("--help")
    assert result.exit_code == 0
    assert "demo" in result.stdout
    assert "sandbox" in result.stdout
    assert "account" in result.stdout
    assert "custody" in result.stdout


def test_entry_point_runs_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The entry point runs the command; `--version` needs no extra."""
    unset: types.ModuleType | None = None
    for library in ("typer", "rich"):
        monkeypatch.setitem(sys.modules, library, unset)
    monkeypatch.setattr(sys, "argv", ["whitebit-oauth", "--version"])
    with pytest.raises(SystemExit) as exited:
        cli.main()
    assert exited.value.code == 0
    assert capsys.readouterr().out == f"whitebit-oauth {__version__}\n"


@pytest.mark.parametrize(
    ("command", "absent", "told"),
    [
        (
            "demo",
            "typer",
            "requires the extra cli. Install: pip install 'whitebit-oauth[cli,sandbox]'",
        ),
        (
            "demo",
            "uvicorn",
            "requires the extra sandbox. Install: pip install 'whitebit-oauth[cli,sandbox]'",
        ),
        ("demo", "typer uvicorn", "requires the extras cli and sandbox. Install: pip install"),
        ("sandbox", "uvicorn", "requires the extra sandbox."),
        ("login --sandbox", "uvicorn", "pip install 'whitebit-oauth[cli,sql,sandbox]'"),
        ("", "typer uvicorn", "requires the extra cli. Install"),
        ("account", "typer uvicorn", "extra cli. Install: pip install 'whitebit-oauth[cli,sql]'"),
        ("custody", "typer uvicorn", "extra cli. Install: pip install 'whitebit-oauth[cli,sql]'"),
    ],
)
def test_missing_extra_is_named(
    command: str,
    absent: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without an extra, the command says what to install, and exits with 2."""
    unset: types.ModuleType | None = None
    for library in absent.split():
        # As the import system marks a module that is not to be found.
        monkeypatch.setitem(sys.modules, library, unset)
    monkeypatch.setattr(sys, "argv", ["whitebit-oauth", *command.split()])
    with pytest.raises(SystemExit) as exited:
        cli.main()
    assert exited.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert told in captured.err
