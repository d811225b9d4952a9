"""The example of docs/terminal.md, run as it stands, and its table of findings."""

from __future__ import annotations

import ast
import re
import webbrowser
from pathlib import Path
from typing import Any

import httpx
import pytest

from whitebit_ext import generate_encryption_key
from whitebit_ext.sandbox import Sandbox

from .conftest import free_port

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "terminal.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(
    r"<!-- run by tests/terminal/test_document\.py -->\n```python\n(.*?)```", PAGE, re.DOTALL
)


def test_the_example_runs(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The script logs a user in, whose browser brings the callback."""
    redirect_uri = f"http://127.0.0.1:{free_port()}/callback"
    client = sandbox.register_client(redirect_uris=[redirect_uri])
    for name, value in {
        "CLIENT_ID": client.client_id,
        "CLIENT_SECRET": client.client_secret,
        "REDIRECT_URI": redirect_uri,
        "STORE": f"sqlite:///{tmp_path}/rows.db",
        "ENCRYPTION_KEYS": generate_encryption_key(),
        "BASE_URL": sandbox.global_url,
    }.items():
        monkeypatch.setenv(f"WHITEBIT_OAUTH_{name}", value)

    def browse(url: str) -> None:
        httpx.get(sandbox.person("alice").approve(url))

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", browse)
    names: dict[str, Any] = {}
    exec(compile(EXAMPLE, "terminal.md", "exec"), names)  # noqa: S102  # this is the test
    assert names["user"].id == "alice"
    assert capsys.readouterr().out == ""


def test_every_finding_is_in_the_table() -> None:
    """The page lists each id that a check can give."""
    ids = set[str]()
    for path in (ROOT / "whitebit_ext" / "cli" / "doctor").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                first = node.args[0] if node.args else None
                if node.func.id in ("Finding", "run") and isinstance(first, ast.Constant):
                    ids.add(str(first.value))
    assert len(ids) > 15
    assert [id for id in ids - {"losses", "keys"} if f"`{id}`" not in PAGE] == []
