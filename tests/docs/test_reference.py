"""The reference names each command, option, exit code, variable and critical event of the code."""

from __future__ import annotations

import re

import pytest
import yaml

from whitebit_ext import EventName
from whitebit_ext.cli.exits import Exit
from whitebit_ext.settings.environment import VARIABLES

from ..client.events_page import levels
from .blocks import ROOT, blocks_of
from .command_line import DOCUMENT, reference


def page(name: str) -> str:
    """Return a page of the documentation."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_each_command_and_option_is_described() -> None:
    """The tables are those of the commands; `python -m tests.docs.command_line` writes them."""
    assert reference() in DOCUMENT.read_text(encoding="utf-8")


def test_each_exit_code_is_described() -> None:
    """The page has each exit code, in order."""
    found = re.findall(r"^\| (\d+) \|", page("commands.md"), re.MULTILINE)
    assert found == [str(code.value) for code in Exit]


def test_each_variable_is_described() -> None:
    """The page has each environment variable with its default, and no other one."""
    rows = re.findall(r"^\| `(WHITEBIT_\w+)` \|.*\| (.*) \|$", page("environment.md"), re.MULTILINE)
    assert [name for name, _ in rows] == [*dict.fromkeys(name for name, _ in rows)]
    assert {name for name, _ in rows} == {one.name for one in VARIABLES.values()}
    for one in VARIABLES.values():
        default = dict(rows)[one.name]
        assert (default == "required") == one.is_required
        assert one.default is None or default == f"`{one.default}`"


def test_each_critical_event_has_a_runbook() -> None:
    """Each event at level ERROR has a section, and is among those to alert on at once."""
    critical = [name for name in EventName if levels()[name] == "ERROR"]
    assert len(critical) > 4
    first = page("alerts.md").partition("Within minutes")[0]
    for name in critical:
        assert f"\n## {name}\n" in page("runbooks.md")
        assert f"`{name}`" in first


def test_rules_name_events_of_the_library() -> None:
    """The rules for Prometheus name events that exist, among them all critical ones."""
    (block,) = blocks_of("yaml", page="docs/alerts.md")
    (group,) = yaml.safe_load(block.code)["groups"]
    found = re.findall(r'event=~?"([^"]+)"', "".join(rule["expr"] for rule in group["rules"]))
    named = {name for names in found for name in names.split("|")}
    assert named <= {str(name) for name in EventName}
    assert {name for name in EventName if levels()[name] == "ERROR"} <= named


@pytest.mark.parametrize(
    ("heading", "chapter", "last"),
    [("OAuth 2.0 (RFC 6749)", 10, 16), ("Best current practice (RFC 9700)", 4, 17)],
)
def test_threat_model_goes_point_by_point(heading: str, chapter: int, last: int) -> None:
    """Each section of the security considerations has an answer."""
    section = page("threat-model.md").split(f"## {heading}\n")[1].split("\n## ")[0]
    named = re.findall(rf"\b{chapter}\.(\d+)\b", "".join(re.findall(r"^\| ([^|]*)", section, re.M)))
    assert sorted({int(number) for number in named}) == [*range(1, last + 1)]
