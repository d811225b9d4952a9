from __future__ import annotations

import ast
import sys
from pathlib import Path

import whitebit_ext.sandbox

FOLDER = Path(whitebit_ext.sandbox.__file__).parent
ALLOWED = {"attrs", "httpx", "msgspec", "starlette", "uvicorn"}


def imported(path: Path) -> set[str]:
    """Return the top-level packages that a module imports; relative imports inside are left out."""
    depth = len(path.relative_to(FOLDER).parts)
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level > depth:
                names.add("whitebit_ext")
            elif node.level == 0:
                names.add((node.module or "").partition(".")[0])
    return names


def test_sandbox_shares_nothing_with_what_it_tests() -> None:
    """No module imports the client, the generated package, or anything that is not expected."""
    modules = sorted(FOLDER.rglob("*.py"))
    assert len(modules) > 20
    strays = {
        f"{path.name}: {name}"
        for path in modules
        for name in imported(path)
        if name not in ALLOWED and name not in sys.stdlib_module_names
    }
    assert strays == set()


def test_files_are_short() -> None:
    """No file is over 300 lines."""
    lengths = {path.name: len(path.read_text().splitlines()) for path in FOLDER.rglob("*.py")}
    assert {name: length for name, length in lengths.items() if length > 300} == {}
