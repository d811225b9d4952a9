"""The commands of the texts, and a shell that runs them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs

from .blocks import Block, blocks_of

# What no test runs, by how it begins, and why.
NOT_RUN = {
    "pip install": "needs a package index; tests/packaging installs the wheel",
    "nox -s": "runs the tests, or a session of CI",
    "scripts/": "makes an environment from a package index, and runs demo or the tests in it",
    "docker": "needs a daemon and an image",
    "gunicorn": "started in the same way by tests/browser/applications.py",
    "uvicorn": "started in the same way by tests/browser/applications.py",
}
if shutil.which("curl") is None:
    NOT_RUN["curl"] = "is not on this machine"
# They run until they are told to stop.
SERVERS = ("whitebit-oauth sandbox", "whitebit-oauth worker")


@attrs.frozen
class Command:
    """A command of a text.

    Attributes:
        block: Where it stands.
        text: What is typed.
        shown: What the text shows as its output, `...` standing for what varies.
    """

    block: Block
    text: str
    shown: str

    @property
    def program(self) -> str:
        """Return the text without variables in front of the program."""
        return re.sub(r"^(?:[A-Z_]+=\S+ )+", "", self.text)

    @property
    def reason(self) -> str:
        """Return why it is not run, or nothing."""
        found = [why for begin, why in NOT_RUN.items() if self.program.startswith(begin)]
        return found[0] if found else ""

    @property
    def code(self) -> int:
        """Return the exit code that its comment names."""
        found = re.search(r"#.*\bexit code (\d+)", self.text)
        return int(found[1]) if found else 0

    def shows(self, output: str) -> bool:
        """Return whether an output is what the text shows, if it shows one."""
        pattern = re.escape(self.shown.strip()).replace(r"\.\.\.", ".*?")
        return not self.shown or re.fullmatch(pattern, output.strip(), re.DOTALL) is not None


def commands_of(block: Block) -> list[Command]:
    """Split a block: in `sh` all is typed, in `console` what follows a `$ `."""
    lines = block.code.replace("\\\n", "\\\0").splitlines()
    found: list[list[str]] = []
    for line in lines:
        if block.language == "sh" or line.startswith("$ "):
            found.append([line.removeprefix("$ ")])
        else:
            found[-1].append(line)
    return [
        Command(block, typed.replace("\0", "\n"), "\n".join(shown))
        for typed, *shown in found
        if typed.strip() and not typed.startswith("#")
    ]


def commands(page: str = "") -> list[Command]:
    """Return the commands of one text, or of all."""
    return [one for block in blocks_of("console", "sh", page=page) for one in commands_of(block)]


def run(
    typed: Sequence[Command],
    folder: Path,
    environment: dict[str, str],
    replacements: dict[str, str],
) -> list[tuple[Command, int, str, str]]:
    """Run commands in one shell, and return exit code, output and errors of each."""
    script, servers = [], []
    for number, command in enumerate(typed):
        pattern = "|".join(map(re.escape, replacements))
        text = re.sub(pattern, lambda found: replacements[found[0]], command.text)
        files = f">{number}.out 2>{number}.err"
        if command.program.startswith(SERVERS):
            # Its output, or its health file, shows that it runs.
            health = re.search(r"--health-file (\S+)", text)
            ready = f"[ -s {number}.out ] || [ -e '{health[1] if health else '-'}' ]"
            script += [
                f"{{ exec {text}\n}} {files} & server{number}=$!",
                f"for _ in $(seq 200); do {ready} && break; sleep 0.05; done",
            ]
            servers += [f"kill -TERM $server{number}; wait $server{number}; echo $? >{number}.code"]
        else:
            script += [f"{{ {text}\n}} {files} </dev/null; echo $? >{number}.code"]
    shell = subprocess.run(
        ["/bin/bash", "-uc", "\n".join([*script, *servers])],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert shell.returncode == 0, shell.stderr
    return [
        (
            command,
            int((folder / f"{number}.code").read_text()),
            (folder / f"{number}.out").read_text("utf-8"),
            (folder / f"{number}.err").read_text("utf-8"),
        )
        for number, command in enumerate(typed)
    ]


SHIM = """#!{python} -ISE
import json, os, signal, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
wanted = dict(arguments=sys.argv[1:], environment=dict(os.environ), encoding="utf-8",
              directory=os.getcwd())
socket.send_fds(server, [json.dumps(wanted).encode()], [0, 1, 2])
lines = server.makefile()
child = int(lines.readline())
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
sys.exit(int(lines.readline()))
"""


def install(programs: Path, address: Path) -> None:
    """Write a `whitebit-oauth` that a forking process runs: Python takes longer to start."""
    program = programs / "whitebit-oauth"
    program.write_text(SHIM.format(python=sys.executable, address=str(address)), "utf-8")
    program.chmod(0o755)


def path_with(programs: Path) -> str:
    """Return a search path that begins with some programs and this interpreter's."""
    return os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
