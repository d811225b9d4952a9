"""The exit codes: one for each error, and one line for whatever happens."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from whitebit_ext import errors
from whitebit_ext.cli import app as application
from whitebit_ext.cli.exits import Exit, UsageError, exit_of, explain
from whitebit_ext.errors import WhiteBITError

CODES = {
    Exit.USAGE: "InvalidArgument",
    Exit.NETWORK: "NotSent NoAnswer",
    Exit.RATE_LIMIT: "RateLimited",
    Exit.PENDING: "KeyPending SecretLocked SecretUnanswered",
    Exit.USER: """
        LoginExpired StateUnknown AuthorizationDenied CodeRejected BindingMissing NotConnected
        ReauthorizationRequired KeyAbsent KeyDisabled PermissionsMissing SecretLost SecretMalformed
        Unauthorized NotFound""",
    Exit.WRONG: """
        ClockSkew RegionNotSupported WrongServer ServerError Forbidden MalformedResponse
        SecretNotStored SecretTakenElsewhere IssuerMismatch StoreUnavailable SealBroken
        EncryptionKeyMissing StoreVolatile""",
}


@pytest.mark.parametrize(
    ("code", "name"), [(code, name) for code, names in CODES.items() for name in names.split()]
)
def test_the_code_of_an_error(code: Exit, name: str) -> None:
    """The code follows from the type and the action, and an error of one kind has one."""
    kind: type[WhiteBITError] = getattr(errors, name)
    error = kind.__new__(kind)
    error.retry_after = None
    assert exit_of(error) is code


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (KeyboardInterrupt(), 130, "x: interrupted. Nothing is kept."),
        (EOFError(), 2, "the input ended. "),
        (UsageError("no store."), 2, "no store. "),
        (OSError(28, "No space left on device", "rows.csv"), 1, "rows.csv: No space left"),
        (ModuleNotFoundError("SQLStore needs SQLAlchemy: pip install …"), 2, "pip install"),
        (errors.NotSent("no connection\x1b[31m"), 3, "no connection\ufffd[31m"),
        (ZeroDivisionError("in-the-clear"), 1, "unexpected ZeroDivisionError at "),
    ],
)
def test_one_line(
    error: BaseException, code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each kind of end is one line on standard error, without control characters."""
    error.add_note("Nothing is kept.")
    assert explain("x", error) == code
    captured = capsys.readouterr()
    assert text in captured.err
    assert captured.err.endswith("Nothing is kept.\n")
    assert "in-the-clear" not in captured.err
    assert (captured.out, captured.err.count("\n")) == ("", 1)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nothing"], "whitebit-oauth: No such command 'nothing'. See"),
        (["login"], "whitebit-oauth login: Missing option '--user'."),
        (["sandbox", "--port", "x"], "whitebit-oauth sandbox: Invalid value for '--port'"),
        (["key", "issue", "--user", "a", "--timeout", "-1"], "Invalid value for '--timeout'"),
        (["account", "deals", "--user", "a", "--since", "x"], "Invalid value for '--since'"),
        (["completion", "tcsh"], "whitebit-oauth completion: Invalid value"),
    ],
)
def test_wrong_arguments(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong argument is one line that names the command and its help, with exit code 2."""
    assert application.run(arguments) == 2
    captured = capsys.readouterr()
    assert text in captured.err
    assert (captured.out, captured.err.count("\n")) == ("", 1)


def commands() -> Iterator[tuple[str, list[str]]]:
    """Yield each command with its options."""
    root = typer.main.get_command(application.app)
    left: list[tuple[list[str], Any]] = [([], root)]
    while left:
        path, command = left.pop()
        for name, inner in getattr(command, "commands", {}).items():
            left.append(([*path, name], inner))
        options = [option for one in command.params for option in (*one.opts, *one.secondary_opts)]
        yield " ".join(path), [option for option in options if option.startswith("--")]


COMMANDS = dict(commands())
# What other pages describe.
ELSEWHERE = ("account", "custody", "demo", "sandbox", "worker", "maintain")


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_help_fits(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The help of every command fits into the terminal, and cuts no option or variable off."""
    monkeypatch.setenv("COLUMNS", str(columns))
    for path, options in COMMANDS.items():
        assert application.run([*path.split(), "--help"]) == 0
        text = capsys.readouterr().out
        assert max(map(len, text.splitlines())) <= columns, path
        assert [option for option in options if option not in text] == []
    assert application.run([]) == 2
    assert capsys.readouterr().err.startswith("Usage: ")


def test_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An error that nobody expects is a line with its type and place, without its text."""

    def fail(*given: object, **named: object) -> None:
        raise ZeroDivisionError("in-the-clear")

    monkeypatch.setattr("whitebit_ext.cli.config.settings_of", fail)
    assert application.run(["config", "show"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("whitebit-oauth config show: unexpected ZeroDivisionError at tests.")
    assert "in-the-clear" not in said


@pytest.mark.parametrize(
    ("shell", "text"),
    [("bash", "complete -"), ("zsh", "#compdef whitebit-oauth"), ("fish", "complete --command")],
)
def test_completion(shell: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The script of each shell goes to standard output."""
    assert application.run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert text in script
    assert "_WHITEBIT_OAUTH_COMPLETE" in script


def test_nothing_comes_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module in the working directory never replaces one that a command imports."""
    from whitebit_ext.cli.store import opened

    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    before = list(sys.path)
    (tmp_path / "own_store_there.py").write_text(
        "import whitebit_ext\ndef rows(): return whitebit_ext.MemoryStore()\n", "utf-8"
    )
    monkeypatch.chdir(tmp_path)
    with opened("own_store_there:rows", "p_"):
        assert sys.path[:-1] == before
