"""Each Python block of the texts is run, or is on a short list with the reason why it is not."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from whitebit_ext import AsyncWhiteBIT, SQLStore, WhiteBIT
from whitebit_ext.sandbox import Sandbox

from .blocks import BLOCKS, ROOT, Block, blocks_of

# What no test runs, by a line of it, and why.
NOT_RUN = {
    "import pandas": "pandas and polars are no dependencies, and large",
    "from whitebit.hmac_transport import HmacTransport": "run by `nox -s clients`: WhiteBIT's SDK "
    "requires an older urllib3, in an environment of its own",
}


def is_run(block: Block) -> bool:
    """Return whether the tests of this file run a block.

    Tests in a text are run by tests/plugin/test_documentation.py, and parts of the examples with
    the examples by tests/browser.
    """
    shown = any(line in block.code for line in NOT_RUN)
    return not (shown or "def test_" in block.code or block.source)


PAGES = sorted({block.page for block in blocks_of("python") if is_run(block)})
# Texts that connect alice themselves.
CONNECTING = {"README.md", "docs/connecting-users.md", "docs/terminal.md"}


@pytest.fixture
def names(
    sandbox: Sandbox, settings: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Return what the code takes for given: a request, a session, a browser."""
    request = SimpleNamespace(url="")

    def redirect(url: str) -> None:
        request.url = sandbox.person("alice").approve(url)

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(
        webbrowser, "open", lambda url: httpx.get(sandbox.person("alice").approve(url))
    )
    return {
        "__name__": "text",
        "session": {},
        "request": request,
        "redirect": redirect,
        "SQLStore": SQLStore,
        "AsyncWhiteBIT": AsyncWhiteBIT,
        "WhiteBIT": WhiteBIT,
        "url": f"sqlite:///{tmp_path}/other.db",
        "context": SimpleNamespace(configure=lambda *_, **__: None),
        "load": lambda: None,
        "save": lambda cursor: None,
        "handle": lambda *_: None,
    }


@pytest.mark.parametrize("page", PAGES)
def test_python_of_a_page_runs(
    page: str,
    names: dict[str, Any],
    sandbox: Sandbox,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """The blocks of a page run in order, in one module."""
    if page not in CONNECTING:
        names["partner"] = request.getfixturevalue("partner")
        names["user"] = names["partner"].user("alice")
    for block in blocks_of("python", page=page):
        if is_run(block):
            code = block.code.replace("/tmp/", f"{tmp_path}/")  # noqa: S108  # of the texts
            lines = "\n" * block.line + code
            exec(compile(lines, str(ROOT / page), "exec"), names)  # noqa: S102  # this is the test
    for made in {id(value): value for value in names.values()}.values():
        if isinstance(made, WhiteBIT | SQLStore | httpx.Client):
            made.close()
    assert sandbox.breaches == []


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.source], ids=lambda block: block.place)
def test_parts_of_the_examples_are_theirs(block: Block) -> None:
    """What a page shows of an example stands in it, line by line."""
    assert block.code in (ROOT / block.source).read_text(encoding="utf-8")


def test_every_reason_is_used() -> None:
    """The list of what is not run has nothing that no text shows."""
    every = os.linesep.join(block.code for block in blocks_of("python"))
    assert [line for line in NOT_RUN if line not in every] == []
