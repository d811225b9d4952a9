"""The tests that the documentation shows, and what docs/testing.md lists."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest

from whitebit_ext.sandbox import FAULT_KINDS, Traps

from ..docs.blocks import Block, blocks_of
from .conftest import Project

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
EXAMPLES = [block for block in blocks_of("python") if "def test_" in block.code]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda block: block.place)
def test_an_example(project: Project, example: Block) -> None:
    """All tests of an example pass, and there is at least one."""
    result = project(example.code, "-p", "no:asyncio", "-v")
    outcomes = result.parseoutcomes()
    assert set(outcomes) == {"passed"}, outcomes
    assert outcomes["passed"] >= example.code.count("def test_")


def test_every_fixture_is_named(pytester: pytest.Pytester) -> None:
    """The page names each public fixture, and each fixture has a docstring."""
    pytester.makeini("[pytest]\n")  # else this project's own configuration may be found above
    others = ("-p", "no:asyncio", "-p", "no:hypothesispytest")
    shown = pytester.runpytest_inprocess("--fixtures", "-q", *others).stdout.str()
    names = re.findall(r"^((?:async_)?whitebit\w*)(?: --|\n| \[)", shown, re.MULTILINE)
    assert len(names) == 10
    assert [name for name in names if f"`{name}`" not in PAGE] == []
    assert "no docstring available" not in shown.partition("whitebit_sandbox")[2]


def test_every_fault_is_named() -> None:
    """The page names each kind of fault."""
    assert [kind for kind in FAULT_KINDS if f"`{kind}`" not in PAGE] == []


def test_every_trap_is_named() -> None:
    """The page names each switch for irregular responses."""
    assert [field.name for field in attrs.fields(Traps) if f"`{field.name}`" not in PAGE] == []
