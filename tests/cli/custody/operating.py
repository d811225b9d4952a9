"""What tests of `whitebit-oauth custody` share: a store with some users, and a run over it."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner, Result

from whitebit_ext import Region, generate_encryption_key
from whitebit_ext.cli.app import app
from whitebit_ext.regions import Server

OLD, NEW = generate_encryption_key(), generate_encryption_key()
SERVER = Server.of(Region.GLOBAL)
DAY = 86_400.0
COMMANDS = ("rotate", "list", "lost", "check")


def run(*arguments: str) -> Result:
    """Run a command over a store."""
    result = CliRunner().invoke(app, ["custody", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return result


def told(*arguments: str, code: int = 0) -> dict[str, Any]:
    """Run a command and return the one JSON object that it prints."""
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    (line,) = result.stdout.splitlines()
    value: dict[str, Any] = json.loads(line)
    return value
