"""The pages of the documentation: complete, true to the command line, and without dead links."""

from __future__ import annotations

import configparser
import inspect
import json
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import whitebit_ext
from whitebit_ext.cli.app import app

from ..errors.texts import classes
from .blocks import BLOCKS, ROOT, TEXTS, blocks_of

PAGES = sorted((ROOT / "docs").glob("*.md"))
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
MODULES = (ROOT / "docs" / "api-modules.md").read_text(encoding="utf-8")
# Of these a test runs, parses or compares each block.
LANGUAGES = {"console", "sh", "python", "sql", "yaml", "ini", "dockerfile"}
# Pictures, messages and addresses.
PLAIN = {"text", "{toctree}", "{eval-rst}", "{include} ../CHANGELOG.md"}


def test_reference_has_every_public_name() -> None:
    """Each name of `__all__`, and SQLStore, is documented once."""
    documented = re.findall(r"^\.\. auto\w+:: whitebit_ext\.(\w+)$", API, re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert {*documented, "errors", "__version__"} == {*whitebit_ext.__all__, "SQLStore"}


@pytest.mark.parametrize(
    "module", ["errors", "sandbox", "terminal", "custody.stores", "integrations.conformance"]
)
def test_reference_has_the_names_of_other_modules(module: str) -> None:
    """Each name of `__all__` of a module that partners import from is documented."""
    documented = re.findall(rf"^\.\. \S+:: whitebit_ext\.{module}\.(\w+)$", MODULES, re.MULTILINE)
    if module in ("errors", "custody.stores"):  # with pages, or names, of their own
        errors = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
        documented += [*whitebit_ext.__all__, *re.findall(r'<a id="(\w+)"></a>', errors)]
    names = import_module(f"whitebit_ext.{module}").__all__
    assert [name for name in names if name not in documented] == []


def test_sync_and_async_stand_side_by_side() -> None:
    """Each async class is in one line with its sync twin."""
    for name in whitebit_ext.__all__:
        if name.startswith("Async"):
            twin = name.removeprefix("Async")
            assert f"| [{twin}](#whitebit_ext.{twin}) | [{name}](#whitebit_ext.{name}) |" in API


def test_each_error_has_an_anchor() -> None:
    """The page of errors has one anchor for each error, to which its `url` leads."""
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    raised = [kind for kind in classes() if "Base class" not in str(kind.__doc__)]
    assert len(raised) > 40
    for kind in raised:
        page, _, anchor = kind.__new__(kind).url.partition("#")
        assert (page, text.count(f'<a id="{anchor}"></a>')) == ("errors.html", 1)


def test_every_block_has_a_language() -> None:
    """A block is of a kind that is tested, or plain text."""
    assert [block.place for block in BLOCKS if block.language not in LANGUAGES | PLAIN] == []


def command_lines() -> Iterator[tuple[str, str]]:
    """Yield each command line of `whitebit-oauth` in the texts, with its place."""
    for block in BLOCKS:
        found = block.code.replace("\\\n", " ")
        if block.language in ("yaml", "dockerfile"):  # a list of words
            words = re.findall(r"\[\"?(whitebit-oauth.*)\]", found)
            found = "\n".join(re.sub(r'",?|, ?"?|"', " ", line) for line in words)
        for line in re.findall(r"(?:^|[ /])whitebit-oauth (.*)", found):
            if block.language not in ("python", *PLAIN - {"text"}):
                yield block.place, line


def test_settings_can_be_read() -> None:
    """Units of systemd, manifests of Kubernetes and images of containers are such."""
    for block in blocks_of("yaml"):
        (manifest,) = yaml.safe_load_all(block.code)
        assert "groups" in manifest or {"apiVersion", "kind", "metadata", "spec"} <= set(manifest)
    for block in blocks_of("ini"):
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.read_string(block.code)
        assert {"Unit", "Service", "Install"} <= set(unit.sections())
    for block in blocks_of("dockerfile"):
        (command,) = re.findall(r"^CMD (.*)", block.code.replace("\\\n", " "), re.MULTILINE)
        assert json.loads(command)[0] == "whitebit-oauth"


@pytest.mark.parametrize(("place", "line"), sorted(set(command_lines())))
def test_commands_exist(place: str, line: str) -> None:
    """Each command that a page shows exists, with each of its options."""
    command: Any = typer.main.get_command(app)
    options = {"--help"}
    for word in shlex.split(line, comments=True):
        if word in ("|", ">", ">>", "&&", ";"):
            break
        known = getattr(command, "commands", {})
        if word in known:
            command = known[word]
            options |= {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        elif word.startswith("--"):
            assert word.partition("=")[0] in {*options, "--version"}, (place, line)
    assert command is not typer.main.get_command(app)


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    """As plain Markdown too, each link to a file leads to one."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path = link.partition("#")[0]
        if path and "://" not in path:
            assert (page.parent / path).exists(), link


def test_pages_are_listed_alike() -> None:
    """The front page and llms.txt list each page once, in the same order."""
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = [
        name
        for block in re.findall(r"```{toctree}.*?\n\n(.*?)```", index, re.DOTALL)
        for name in block.split()
    ]
    llms = (ROOT / "docs" / "llms.txt").read_text(encoding="utf-8")
    assert listed == re.findall(r"^- \[.*\]\((\S+)\.html\)", llms, re.MULTILINE)
    assert sorted([*listed, "index"]) == sorted(page.stem for page in PAGES)


def test_each_picture_is_taken_by_a_test() -> None:
    """Each picture is shown, and a test of tests/browser takes it."""
    texts = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    tests = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("tests/browser/*.py"))
    for path in (ROOT / "docs" / "images").iterdir():
        assert f"(images/{path.name})" in texts
        assert f'picture("{path.stem}")' in tests


@pytest.mark.parametrize("name", ["AsyncWhiteBIT", "SQLStore", "MemoryStore"])
def test_each_argument_of_a_constructor_is_documented(name: str) -> None:
    """The docstring of a class that partners construct has each argument, and no other."""
    public = getattr(whitebit_ext, name)
    section = (inspect.getdoc(public) or "").partition("Args:\n")[2]
    documented = re.findall(r"^    (\w+):", re.split(r"^\S", section, flags=re.MULTILINE)[0], re.M)
    assert sorted(documented) == sorted(inspect.signature(public).parameters)


def test_pages_that_the_code_names_exist() -> None:
    """A message, docstring or comment that names a page names one that exists."""
    files = [
        path
        for folder in ("whitebit_ext", "tests", "scripts", "spec", "examples")
        for path in (ROOT / folder).rglob("*.py")
    ]
    named = {
        name for path in files for name in re.findall(r"\bdocs/[\w-]+\.md", path.read_text("utf-8"))
    }
    assert len(named) > 5
    assert sorted(name for name in named if not (ROOT / name).exists()) == []
