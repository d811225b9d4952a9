"""`whitebit-oauth config show`: each value, its source, and no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from whitebit_ext import generate_encryption_key

from .calling import Called, call

KEY = generate_encryption_key()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Set what a partner needs, from variables and a file."""
    secret = tmp_path / "client-secret"
    secret.write_text("secret-in-the-clear", "utf-8")
    for name, value in {
        "CLIENT_ID": "partner",
        "CLIENT_SECRET_FILE": str(secret),
        "REDIRECT_URI": "https://partner.example/whitebit/callback",
        "STORE": "postgresql+psycopg://me:password-in-the-clear@db/x",
        "ENCRYPTION_KEYS": KEY,
        "PROXY": "http://me:password-in-the-clear@proxy:1",
    }.items():
        monkeypatch.setenv(f"WHITEBIT_OAUTH_{name}", value)
    return monkeypatch


def show(*arguments: str) -> Called:
    """Run the command; no output may show a secret."""
    result = call("config", "show", *arguments)
    assert "in-the-clear" not in result.output
    assert KEY not in result.output
    return result


def test_sources(tmp_path: Path) -> None:
    """A flag wins over a variable; each value names where it comes from, and secrets are hidden."""
    result = show("--json", "--client-id", "of-a-flag", "--spill", str(tmp_path))
    assert result.exit_code == 0
    facts = json.loads(result.stdout)
    assert facts["client_id"]["value"] == "of-a-flag"
    assert {name: fact["source"] for name, fact in facts.items()} == {
        "client_id": "--client-id",
        "client_secret": str(tmp_path / "client-secret"),
        "redirect_uri": "environment",
        "region": "default",
        "base_url": "not set",
        "store": "environment",
        "encryption_keys": "environment",
        "egress": "default",
        "spill": "--spill",
        "proxy": "environment",
        "ca_file": "not set",
    }
    hidden = {name for name, fact in facts.items() if fact["value"] == "(hidden)"}
    assert hidden == {"client_secret", "store", "encryption_keys", "proxy"}


def test_text(environment: pytest.MonkeyPatch) -> None:
    """Values are whole at any width, and a store without a password is shown."""
    environment.setenv("COLUMNS", "80")
    result = show("--store", "sqlite:///rows.db", "--region", "eu")
    assert result.exit_code == 0
    assert "sqlite:///rows.db" in result.stdout
    assert "WHITEBIT_OAUTH_ENCRYPTION_KEYS" in result.stdout


def test_what_is_missing(environment: pytest.MonkeyPatch) -> None:
    """What is missing is shown as such, and named on standard error with exit code 2."""
    environment.delenv("WHITEBIT_OAUTH_CLIENT_ID")
    environment.setenv("WHITEBIT_OAUTH_CLIENTID", "x")
    result = show()
    assert result.exit_code == 2
    assert "not set" in result.stdout
    assert "did you mean WHITEBIT_OAUTH_CLIENT_ID?" in result.stderr
    assert result.stderr.count("\n") == 1
