"""The pages of the documentation: complete, true to the command line, and without dead links."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import whitebit_ext
from whitebit_ext.cli.app import app

from .errors.texts import classes

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
TEXTS = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md", *PAGES]
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
# What runs the Python of a page, or shows that it is what runs.
RUN_BY = {
    "account-reads.md": "tests/client/test_account_reads_page.py",
    "connecting-users.md": "tests/test_readme.py",
    "events.md": "tests/client/test_events_document.py",
    "first-connection.md": "tests/test_readme.py",
    "stores.md": "tests/stores/test_documentation.py",
    "testing.md": "tests/plugin/test_documentation.py",
    "web.md": "tests/integrations/test_web_page.py",
}
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, *languages: str) -> list[str]:
    """Return the code of a page, without the indentation of a list."""
    return [
        re.sub(rf"^{indent}", "", code, flags=re.MULTILINE)
        for indent, language, code in FENCE.findall(page.read_text(encoding="utf-8"))
        if language in languages
    ]


def test_reference_has_every_public_name() -> None:
    """Each name of `__all__`, and SQLStore, is documented once."""
    documented = re.findall(r"^\.\. auto\w+:: whitebit_ext\.(\w+)$", API, re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert {*documented, "errors", "__version__"} == {*whitebit_ext.__all__, "SQLStore"}


def test_sync_and_async_stand_side_by_side() -> None:
    """Each async class is in one line with its sync twin."""
    for name in whitebit_ext.__all__:
        if name.startswith("Async"):
            twin = name.removeprefix("Async")
            assert f"| [{twin}](#whitebit_ext.{twin}) | [{name}](#whitebit_ext.{name}) |" in API


def test_each_error_has_an_anchor() -> None:
    """The page of errors has one anchor for each error."""
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    raised = [kind.__name__ for kind in classes() if "Base class" not in str(kind.__doc__)]
    assert len(raised) > 40
    assert [name for name in raised if text.count(f'<a id="{name}"></a>') != 1] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_is_run_and_compiles(page: Path) -> None:
    """A page with Python is run by a test that names it, and its code is at least Python."""
    found = blocks(page, "python")
    for code in found:
        ast.parse(code.replace("(..., ", "(0, "))  # what stands for arguments before named ones
    text = page.read_text(encoding="utf-8")
    markers = re.findall(r"<!-- (?:run|measured) by (\S+) -->", text)
    for path in {*markers, RUN_BY.get(page.name, "")} - {""}:
        assert (ROOT / path).exists(), path
    if found and page.name not in RUN_BY:
        assert markers or page.name == "performance.md", "no test runs the code of this page"


def commands() -> Iterator[tuple[str, str]]:
    """Yield each command line of `whitebit-oauth` in the texts, with its page."""
    for page in TEXTS:
        for code in blocks(page, "console", "sh"):
            for line in code.replace("\\\n", " ").splitlines():
                if match := re.match(r"(?:\$ )?(?:\w+=\S+ )*whitebit-oauth (.*)", line):
                    yield page.name, match[1]


@pytest.mark.parametrize(("page", "line"), sorted(set(commands())))
def test_commands_exist(page: str, line: str) -> None:
    """Each command that a page shows exists, with each of its options."""
    command: Any = typer.main.get_command(app)
    options = {"--help"}
    for word in shlex.split(line, comments=True):
        if word in ("|", ">", ">>", "&&"):
            break
        known = getattr(command, "commands", {})
        if word in known:
            command = known[word]
            options |= {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        elif word.startswith("--"):
            assert word.partition("=")[0] in {*options, "--version"}, (page, line)
    assert command is not typer.main.get_command(app)


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    """As plain Markdown too, each link to a file leads to one."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path = link.partition("#")[0]
        if path and "://" not in path:
            assert (page.parent / path).exists(), link


def test_llms_txt_leads_to_pages() -> None:
    """Each line of llms.txt leads to a page."""
    text = (ROOT / "docs" / "llms.txt").read_text(encoding="utf-8")
    found = re.findall(r"\]\((\S+)\.html\)", text)
    assert len(found) > 10
    assert [name for name in found if not (ROOT / "docs" / f"{name}.md").exists()] == []


@pytest.mark.parametrize("name", ["AsyncWhiteBIT", "SQLStore", "MemoryStore"])
def test_each_argument_of_a_constructor_is_documented(name: str) -> None:
    """The docstring of a class that partners construct has each argument, and no other."""
    public = getattr(whitebit_ext, name)
    section = (inspect.getdoc(public) or "").partition("Args:\n")[2]
    documented = re.findall(r"^    (\w+):", re.split(r"^\S", section, flags=re.MULTILINE)[0], re.M)
    assert sorted(documented) == sorted(inspect.signature(public).parameters)
