"""The table of findings in the documentation."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")


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
