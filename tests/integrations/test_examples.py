"""What the examples show: how little an application needs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
LONGEST_GLUE = 10


@pytest.mark.parametrize(
    ("module", "glue"),
    [
        ("fastapi/app.py", {"partner", "lifespan", "whitebit", "app.include_router"}),
        ("flask/app.py", {"partner", "whitebit", "app.register_blueprint"}),
        ("django/project/settings.py", {"WHITEBIT", "INSTALLED_APPS +="}),
    ],
)
def test_lines_of_glue(module: str, glue: set[str]) -> None:
    """What makes, sets up, includes and closes the routes is at most ten lines, imports apart."""
    found = {}
    for node in ast.parse((EXAMPLES / module).read_text(encoding="utf-8")).body:
        names = [f"{name} " for name in glue]
        text = ast.unparse(node).replace("(", " (", 1)
        text = text.partition("async def ")[2] or text
        if any(text.startswith(name) for name in names):
            decorators = getattr(node, "decorator_list", [])
            docstring = ast.get_docstring(node) if isinstance(node, ast.AsyncFunctionDef) else None
            lines = (node.end_lineno or 0) - node.lineno + 1 + len(decorators) - bool(docstring)
            found[text.partition(" ")[0]] = lines
    assert len(found) == len(glue)
    assert sum(found.values()) <= LONGEST_GLUE
