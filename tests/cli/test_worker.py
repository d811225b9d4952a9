"""`worker` and `maintain`: how they begin and end, and what docs/worker.md says of running them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from whitebit_ext import MaintenanceReport, WhiteBIT, generate_encryption_key
from whitebit_ext.errors import StoreUnavailable

from .calling import call

PAGE = (Path(__file__).parents[2] / "docs" / "worker.md").read_text(encoding="utf-8")


@pytest.fixture(name="variables")
def complete_environment(tmp_path: Path) -> dict[str, str]:
    """Return the variables of a partner over a database with tables."""
    values = {
        "CLIENT_ID": "client",
        "CLIENT_SECRET": "secret",
        "REDIRECT_URI": "https://partner.example/callback",
        "STORE": f"sqlite:///{tmp_path / 'custody.db'}",
        "ENCRYPTION_KEYS": generate_encryption_key(),
    }
    variables = {f"WHITEBIT_OAUTH_{name}": value for name, value in values.items()}
    assert call("custody", "init", env=variables).exit_code == 0
    return variables


def test_without_settings() -> None:
    """A command that cannot begin exits with 2, and names the variables."""
    for command in ("maintain", "worker"):
        result = call(command)
        assert result.exit_code == 2
        assert "WHITEBIT_OAUTH_CLIENT_ID" in result.stderr


def test_a_pass_without_users(variables: dict[str, str]) -> None:
    """There is nothing to do, and the report says so."""
    result = call("maintain", env=variables)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("finished 0, waiting 0")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["SIGTERM", "SIGINT"]
)
def test_a_failing_pass_is_followed_by_another(
    variables: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    number: signal.Signals,
    code: int,
) -> None:
    """Failures are reported, also of the health file; a signal ends the worker after its pass."""
    passes, health = list[int](), tmp_path / "health"
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}

    def maintain(partner: WhiteBIT, budget: int, give_up: float) -> MaintenanceReport:
        passes.append(budget)
        if len(passes) == 1:
            raise StoreUnavailable("the database is away")
        if len(passes) == 2:
            health.mkdir()  # it cannot be replaced by a file
            return MaintenanceReport(finished=1)
        health.rmdir()
        os.kill(os.getpid(), number)
        return MaintenanceReport(finished=1)

    monkeypatch.setattr(WhiteBIT, "maintain", maintain)
    arguments = ["worker", "--interval", "1", "--budget", "7", "--health-file", str(health)]
    try:
        result = call(*arguments, "--json", env=variables)
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
    assert (result.exit_code, passes) == (code, [7, 7, 7])
    assert "the database is away" in result.stderr
    assert f"{health} was not written" in result.stderr
    assert json.loads(result.stdout)["finished"] == 1
    assert json.loads(health.read_text())["finished"] == 1
    assert [path.name for path in tmp_path.iterdir() if "health" in path.name] == ["health"]


def commands() -> list[list[str]]:
    """Return each call of the command in the page, without its program."""
    manifest: Any = re.search(r"args: \[whitebit-oauth, (.*?)\]", PAGE)
    called = re.findall(r"whitebit-oauth ((?:worker|maintain)\b[^#\n]*)", PAGE)
    return [line.split() for line in called] + [re.split(r'[",\s]+', manifest[1])]


def test_the_page_calls_commands_that_exist() -> None:
    """Each command of the page, with `--help` behind it, parses."""
    found = [line for line in commands() if "`" not in " ".join(line)]
    assert len(found) >= 4
    for line in found:
        assert call(*line, "--help").exit_code == 0, line


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_unit_is_valid(tmp_path: Path) -> None:
    """Systemd accepts the unit of the page; the program it names is one that exists."""
    unit: Any = re.search(r"```ini\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "whitebit-oauth.service"
    path.write_text(unit[1].replace("/srv/partner/venv/bin/whitebit-oauth", "/bin/true"))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)],  # noqa: S607  # wherever it is
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (checked.returncode, checked.stderr) == (0, "")
