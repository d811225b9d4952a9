"""Errors of `whitebit-oauth account`: messages and exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from whitebit_ext.errors import HistoryTruncated, Unreached
from whitebit_ext.sandbox import Sandbox

from ..calling import call
from .exporting import COUNT, READS, fail, run

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.mark.parametrize(
    "name", ["CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI", "ENCRYPTION_KEYS", "STORE"]
)
def test_missing_settings_are_named(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Without a setting, nothing is sent, and the message names the variable."""
    monkeypatch.delenv(f"WHITEBIT_OAUTH_{name}")
    said = run("balances", code=2).stderr
    assert f"WHITEBIT_OAUTH_{name}" in said
    assert said.count("\n") == 1
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("deals", "--since", "yesterday"),
        ("deals", "--since", "2026-13-01"),
        ("deals", "--since", "2026-05-02", "--until", "2026-05-01"),
        ("deals", "--page-size", "501"),
        ("deals", "--format", "xml"),
        ("deals", "--resume"),
        ("deals", "--resume", "--out", "deals.json"),
        ("deals", "--out", "/dev/null"),
        ("deals", "--out", "no-such-directory/deals.csv"),
        ("deals", "--user", ""),
        ("deals", "--base-url", "http://whitebit.com"),
        ("orders", "--status", "OPEN"),
        ("transactions", "--method", "3"),
        ("transactions", "--status", "-1"),
        ("transactions", "--memo", ""),
        ("balances", "--ticker", ""),
    ],
)
def test_wrong_usage_exits_with_2(sandbox: Sandbox, arguments: tuple[str, ...]) -> None:
    """An invalid argument is an error before anything is sent."""
    user = () if "--user" in arguments else ("--user", "alice")
    result = call("account", *arguments, *user)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize(
    ("option", "value"), [("--page-size", "501"), ("--ca-file", "/no-such-file")]
)
def test_an_error_has_the_name_of_the_option(sandbox: Sandbox, option: str, value: str) -> None:
    """It is not that of the library's argument, which has another name."""
    assert f"orders: {option}: " in run("orders", option, value, code=2).stderr


def test_failures_say_what_to_do(sandbox: Sandbox, tmp_path: Path) -> None:
    """A failed read prints one line with what to do."""
    result = call("account", "deals", "--user", "nobody")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (4, "", 1)
    assert run("balances", "--ticker", "NOPE", code=1).stderr.count("ticker") == 1
    fail(sandbox, "deals", 1, times=4)
    for format in ("table", "json", "jsonl", "csv"):
        failed = run("deals", "--format", format, code=4)
        assert "permission" in failed.stderr
        assert failed.stdout == ""
    sandbox.faults.clear()
    locked = tmp_path / "locked"
    (locked / "deals.csv.cursor.new").mkdir(parents=True)
    said = run("deals", "--out", str(locked / "deals.csv"), code=1).stderr
    assert "deals.csv.cursor.new" in said


def test_truncated_history_is_written_as_far_as_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A truncated history is written as far as possible, exits with 1, and cannot be resumed."""
    from whitebit_ext import Rows

    pages = Rows.pages

    def truncated(self: Rows[Any]) -> Iterator[Any]:
        yield from pages(self)
        raise HistoryTruncated(
            "not all transactions can be reached",
            reached=COUNT,
            total=300,
            unreached=[Unreached(1, None, None, 70)],
        )

    monkeypatch.setattr(Rows, "pages", truncated)
    file = tmp_path / "transactions.csv"
    said = run("transactions", "--out", str(file), code=1).stderr
    assert f"{COUNT} of 300 rows were written" in said
    assert "--resume" not in said
    assert len(file.read_text().splitlines()) == COUNT + 1
    assert (
        "the export is complete"
        in run("transactions", "--out", str(file), "--resume", code=2).stderr
    )
    assert len(json.loads(run("transactions", "--format", "json", code=1).stdout)) == COUNT


def test_secrets_are_not_options() -> None:
    """No command has an option for a client secret or an encryption key."""
    for read in (*READS, "balances"):
        said = call("account", read, "--help", env={"COLUMNS": "200"}).stdout
        assert "--client-id" in said
        assert "--client-secret" not in said
        assert "--keys" not in said
