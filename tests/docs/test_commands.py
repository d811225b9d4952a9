"""Each command that the texts show is run, or is on a short list with the reason why it is not."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from whitebit_ext.sandbox import Sandbox

from ..cli import forking
from .blocks import ROOT, blocks_of
from .commands import NOT_RUN, commands, install, path_with, run
from .conftest import free_port

PAGES = sorted({command.block.page for command in commands() if not command.reason})
# Their readers have no partner yet.
NEWCOMERS = {"README.md", "docs/first-connection.md"}
# Bob's browser: it opens the address of the login, consents, and ends on the callback's page.
BROWSER = """#!{python}
import sys, httpx
from whitebit_ext.sandbox import Person
httpx.get(Person("bob").approve(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder with `whitebit-oauth` and a browser."""
    folder = tmp_path_factory.mktemp("programs")
    browser = folder / "browser"
    browser.write_text(BROWSER.format(python=sys.executable), "utf-8")
    browser.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
        server.listen()
        install(folder, folder / "socket")
        program = [sys.executable, "-W", "error", str(forking.__file__), str(server.fileno())]
        with subprocess.Popen(program, pass_fds=[server.fileno()]) as process:
            yield folder
            process.terminate()


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page_work(
    page: str,
    sandbox: Sandbox,
    settings: dict[str, str],
    request: pytest.FixtureRequest,
    programs: Path,
    tmp_path: Path,
) -> None:
    """In the order of the page, each command ends as it should, with the output that is shown.

    Free ports and a folder of the test take the place of the usual ones that the texts name.
    """
    typed = [command for command in commands(page) if not command.reason]
    if page in NEWCOMERS:
        settings = {}
    else:
        request.getfixturevalue("partner")
    own = any(command.program.startswith("whitebit-oauth sandbox") for command in typed)
    port = free_port()
    address = f"127.0.0.1:{port}" if own else sandbox.global_url.removeprefix("http://")
    replacements = {
        "whitebit-oauth sandbox": f"whitebit-oauth sandbox --port {port} --eu-port 0",
        "127.0.0.1:8710": address,
        "--rows 25000": "--rows 300",
        "/run/whitebit-oauth": str(tmp_path),
        "/var/lib/whitebit-oauth": str(tmp_path),
        "/tmp/": f"{tmp_path}/",  # noqa: S108  # of the texts
    }
    if page.startswith("examples/"):
        shutil.copytree((ROOT / page).parent, tmp_path, dirs_exist_ok=True)
    for block in blocks_of("python", page=page):
        if found := re.match(r"# (\w+\.py)\b", block.code):
            with (tmp_path / found[1]).open("a", encoding="utf-8") as file:
                file.write(block.code.replace("/tmp/", f"{tmp_path}/"))  # noqa: S108  # likewise
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WHITEBIT_", "COV"))}
    environment = {
        **kept,
        **settings,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(tmp_path), kept.get("PYTHONPATH")])),
        "PATH": path_with(programs),
        "HOME": str(tmp_path),
        "SECRET_KEY": "made up",
        "DISPLAY": ":0",
        "BROWSER": str(programs / "browser"),
    }
    for command, code, output, errors in run(typed, tmp_path, environment, replacements):
        failed = f"{command.block.place}: {command.text}\n{output[-3000:]}{errors[-3000:]}"
        assert code == command.code, failed
        assert "Traceback" not in errors, failed
        assert command.shows(output), failed


def test_every_reason_is_used() -> None:
    """The list of what is not run has nothing that no text shows."""
    every = [command.program for command in commands()]
    assert [text for text in NOT_RUN if not any(one.startswith(text) for one in every)] == []
