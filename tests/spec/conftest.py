"""The document, and the script that generates from it, for the tests of both."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


class Document:
    """The OpenAPI document, with its references followed."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield the path, the method and the content of every operation."""
        for path, item in self.content["paths"].items():
            for method, operation in item.items():
                yield path, method, operation

    def operation(self, name: str) -> dict[str, Any]:
        """Return the operation of this id."""
        return next(found for _, _, found in self.operations() if found["operationId"] == name)

    def schema(self, name: str) -> dict[str, Any]:
        """Return the named schema."""
        found: dict[str, Any] = self.content["components"]["schemas"][name]
        return found

    def bare_field(self, schema: str, field: str) -> dict[str, Any]:
        """Return a field's schema without prose and Python names, of known values only these."""
        return {
            key: set(value) if key.startswith("x-known-values") else value
            for key, value in self.schema(schema)["properties"][field].items()
            if key
            not in {"description", "examples", "x-python-name", "x-enumeration", "x-outcomes"}
        }

    def resolve(self, node: Any) -> Any:
        """Follow a reference within the document, or return a value that is no reference."""
        while isinstance(node, dict) and "$ref" in node:
            target: Any = self.content
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def answer(self, name: str, status: str) -> dict[str, Any]:
        """Return what an operation answers with a status, by content type."""
        found: dict[str, Any] = self.resolve(self.operation(name)["responses"][status])
        return found


@pytest.fixture(scope="session")
def document() -> Document:
    """Return the document as it is in the tree."""
    content = yaml.safe_load((ROOT / "spec" / "openapi.yaml").read_text(encoding="utf-8"))
    return Document(content)


@pytest.fixture(scope="session")
def regenerate() -> ModuleType:
    """Return the script as a module."""
    spec = importlib.util.spec_from_file_location("regenerate", ROOT / "scripts" / "regenerate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = before  # the script puts the tree there, which other tests must not import
    return module
