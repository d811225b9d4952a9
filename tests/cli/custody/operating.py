"""What tests of `whitebit-oauth custody` share: a store with some users, and a run over it."""

from __future__ import annotations

import json
from typing import Any

from whitebit_ext import Region, generate_encryption_key
from whitebit_ext.regions import Server

from ..calling import Called, call

OLD, NEW = generate_encryption_key(), generate_encryption_key()
SERVER = Server.of(Region.GLOBAL)
DAY = 86_400.0
COMMANDS = ("rotate", "list", "lost", "check")


def run(*arguments: str) -> Called:
    """Run a command over a store."""
    return call("custody", *arguments)


def told(*arguments: str, code: int = 0) -> dict[str, Any]:
    """Run a command and return the one JSON object that it prints."""
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    (line,) = result.stdout.splitlines()
    value: dict[str, Any] = json.loads(line)
    return value
