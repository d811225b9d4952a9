"""The imports of the plugin in a project that does not use it."""

from __future__ import annotations

import ast
from pathlib import Path

from whitebit_ext import pytest_plugin


def test_only_pytest_is_imported_at_the_top() -> None:
    """At import, the plugin loads only pytest and modules that are always loaded."""
    tree = ast.parse(Path(pytest_plugin.__file__).read_text(encoding="utf-8"))
    modules = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add("." * node.level + (node.module or ""))
    assert modules == {"__future__", "collections.abc", "typing", "pytest"}
