"""Every command on terminals, in pipes and into files, of several widths and encodings.

Pairs of conditions are covered, not all combinations: each command meets each destination, each
width and each encoding, and over all commands each of these meets each of the others.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from whitebit_ext import generate_encryption_key
from whitebit_ext.cli import main
from whitebit_ext.sandbox import Sandbox

from .account.conftest import server as server
from .account.conftest import settings as settings
from .account.exporting import OPERATIONS

ROWS: Final = 60
DESTINATIONS = ("terminal", "pipe", "file")
WIDTHS = (40, 80, 200)
ENCODINGS = ("utf-8", "cp1252", "ascii")
READS = ("transactions", "orders", "deals", "converts")
COMMANDS: Final[Mapping[str, list[str]]] = {
    "help": ["account", "transactions", "--help"],
    "commands": ["--help"],
    "version": ["--version"],
    "demo": ["demo"],
    "balances": ["account", "balances", "--user", "alice"],
    **{read: ["account", read, "--user", "alice"] for read in READS},
    "orders csv": ["account", "orders", "--user", "alice", "--format", "csv"],
    "converts csv": ["account", "converts", "--user", "alice", "--format", "csv"],
    "config": ["config", "show"],
    "status": ["status", "--user", "alice"],
    "init": ["custody", "init"],
    "migrate": ["custody", "migrate", "--sql"],
    "rotate": ["custody", "rotate"],
    "list": ["custody", "list"],
    "lost": ["custody", "lost"],
    "check": ["custody", "check"],
}
CASES = [
    (
        name,
        *(
            kinds[(turn + shift * number) % 3]
            for number, kinds in enumerate((DESTINATIONS, WIDTHS, ENCODINGS), start=1)
        ),
    )
    for shift, name in enumerate(COMMANDS, start=1)
    for turn in range(3)
]
CURSOR = re.compile(r"\x1b\[\?25[hl]")
ERASED = re.compile(r"[^\n]*\n?\r?\x1b\[1A\x1b\[2K|[^\n]*\x1b\[2K")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


@attrs.define
class Command:
    """A running command on a terminal.

    Attributes:
        pid: Its process.
        terminal: What has come to the terminal.
        output: What has come to a pipe.
        control: Where its exit code comes from.
    """

    pid: int
    control: Any
    terminal: bytearray = attrs.field(factory=bytearray)
    output: bytearray = attrs.field(factory=bytearray)
    readers: list[threading.Thread] = attrs.field(factory=list)

    def wait(self) -> tuple[int, str]:
        """Return the exit code, and the text that is left on the terminal."""
        code = int(self.control.readline())
        for reader in self.readers:
            reader.join(20)
        shown = CURSOR.sub("", self.terminal.decode("utf-8", "strict"))
        return code, CONTROL.sub("", ERASED.sub("", shown))


@attrs.define
class Starter:
    """Starts commands in forks of one process."""

    control: socket.socket
    lines: Any
    environment: dict[str, str]
    directory: Path

    def start(
        self, *arguments: str, out: str = "terminal", width: int = 80, encoding: str = "utf-8"
    ) -> Command:
        """Start a command; its errors and its input are on the terminal in every case."""
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        output, reading = theirs, -1
        if out == "pipe":
            reading, output = os.pipe()
        elif out == "full":
            output = os.open("/dev/full", os.O_WRONLY)
        elif out == "file":
            output = os.open(self.directory / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        narrow = {} if out == "terminal" else {"COLUMNS": str(width)}
        wanted = {
            "arguments": arguments,
            "environment": self.environment | narrow,
            "encoding": encoding,
            "directory": str(self.directory),
        }
        socket.send_fds(self.control, [json.dumps(wanted).encode()], [theirs, output, theirs])
        command = Command(int(self.lines.readline()), self.lines)
        for descriptor in {theirs, output}:
            os.close(descriptor)
        for descriptor, into in ((ours, command.terminal), (reading, command.output)):
            if descriptor >= 0:
                reader = threading.Thread(target=_read, args=(descriptor, into))
                reader.start()
                command.readers.append(reader)
        return command

    def written(self, command: Command, out: str, terminal: str) -> str:
        """Return what came to standard output."""
        if out == "terminal":
            return terminal
        found = command.output if out == "pipe" else (self.directory / "output").read_bytes()
        return found.decode("utf-8", "strict")


def _read(descriptor: int, into: bytearray) -> None:
    with contextlib.suppress(OSError):  # the other side of a terminal is closed
        while part := os.read(descriptor, 65_536):
            into += part
    os.close(descriptor)


@pytest.fixture(scope="module")
def starter(
    server: Sandbox, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Starter]:
    """Run the forking process, with a user who has histories."""
    server.seed_history("alice", transactions=ROWS, orders=ROWS, deals=ROWS, converts=ROWS)
    ours, theirs = socket.socketpair()
    with theirs:
        program = [sys.executable, "-W", "error", str(Path(__file__).with_name("forking.py"))]
        process = subprocess.Popen([*program, str(theirs.fileno())], pass_fds=[theirs.fileno()])
    environment = {k: v for k, v in os.environ.items() if k != "COLUMNS"} | settings
    with ours, ours.makefile("r") as lines, process:
        yield Starter(ours, lines, environment, tmp_path_factory.mktemp("terminals"))
        ours.shutdown(socket.SHUT_RDWR)


def test_the_pairs_are_covered() -> None:
    """Each command meets each condition, and each condition each one of the other kinds."""
    for kinds in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)):
        sets = ([*COMMANDS], DESTINATIONS, WIDTHS, ENCODINGS)
        every = set(product(*(sets[kind] for kind in kinds)))
        assert {tuple(case[kind] for kind in kinds) for case in CASES} == every


@pytest.mark.parametrize(("name", "out", "width", "encoding"), CASES)
def test_output_is_whole(
    server: Sandbox, starter: Starter, name: str, out: str, width: int, encoding: str
) -> None:
    """Standard output has everything, in UTF-8, and no number or word is cut or broken."""
    command = starter.start(*COMMANDS[name], out=out, width=width, encoding=encoding)
    code, terminal = command.wait()
    said = starter.written(command, out, terminal)
    assert code == 0, terminal
    assert "Traceback" not in terminal + said
    read, _, csv = name.partition(" ")
    for text in texts_of(server, read):
        assert text in said
    if read in READS:
        lines = [line for line in said.splitlines() if re.match(r"(Time \(UTC\) +)?20\d\d-", line)]
        assert csv or len(lines) == ROWS
        assert not csv or len(said.splitlines()) == ROWS + 1
    if not csv and name != "migrate":
        assert "\u2026" not in said.replace("://\u2026", "")
    if out == "terminal" and not csv and name != "migrate":
        for line in said.splitlines():
            # A word is not broken; a long one makes its line longer than the screen.
            assert len(line) <= width or max(map(len, line.split())) > width // 2, line
    if out != "terminal" and name != "init":
        assert terminal.strip() == ""


def texts_of(server: Sandbox, name: str) -> Iterator[str]:
    """Yield what the output of a command must have as it stands."""
    if name in READS:
        amount = "give" if name == "converts" else "amount"
        yield from (row[amount] for row in server.history("alice").rows(name))  # type: ignore[arg-type]  # one of the four
    yield from {
        "help": ["--client-id", "--raw-cells", "Traceback"[:0]],
        "commands": ["custody", "sandbox"],
        "version": ["whitebit-oauth 0."],
        "demo": ["0.0013929494020316", "All steps succeeded."],
        "balances": ["0.0013929494020316", "0.5023929494020316"],
        "init": ["is ready."],
        "migrate": [],
        "config": ["(hidden)", "WHITEBIT_OAUTH_STORE"],
        "status": ["connected"],
        "rotate": ["encrypted with the first key"],
        "list": ["alice", "in use"],
        "lost": ["No secret was lost."],
        "check": ["can be decrypted."],
    }.get(name, [])


@pytest.mark.parametrize(("out", "width"), [("terminal", 40), ("pipe", 80), ("file", 200)])
@pytest.mark.parametrize("format", ["csv", "table"])
def test_ctrl_c_in_the_middle(
    server: Sandbox, starter: Starter, out: str, width: int, format: str
) -> None:
    """Ctrl-C between two pages ends with 130, whole rows, and a word on what was kept."""
    arguments = ["account", "orders", "--user", "alice", "--page-size", "20", "--format", format]
    with server.hold(OPERATIONS["orders"]) as first:
        command = starter.start(*arguments, out=out, width=width)
        first.wait(1, timeout=20)
        with server.hold(OPERATIONS["orders"]) as second:
            first.release()
            second.wait(1, timeout=20)
            os.kill(command.pid, signal.SIGINT)
            code, terminal = command.wait()
    said = starter.written(command, out, terminal)
    assert code == 130
    assert "Traceback" not in terminal
    if format == "csv":
        found = re.search(r"interrupted\. (\d+) rows were written\.", terminal)
        assert found is not None
        assert out == "terminal" or len(said.splitlines()) == int(found[1]) + 1
    else:
        assert "interrupted. Nothing was written." in terminal
        assert out == "terminal" or said == ""


@pytest.mark.parametrize("arguments", [["demo"], ["sandbox", "--port", "0", "--eu-port", "0"]])
def test_ctrl_c_on_the_terminal(starter: Starter, arguments: list[str]) -> None:
    """Ctrl-C ends what runs by itself without a traceback, and says so."""
    command = starter.start(*arguments)
    while b"127.0.0.1" not in command.terminal:
        assert command.readers[0].is_alive()
        command.readers[0].join(0.01)
    os.kill(command.pid, signal.SIGINT)
    code, terminal = command.wait()
    assert "Traceback" not in terminal
    assert terminal.splitlines()[-1] == (
        "Stopped."
        if arguments[0] == "sandbox"
        else "whitebit-oauth demo: interrupted. Nothing is kept of it."
    )
    assert code == (0 if arguments[0] == "sandbox" else 130)


def test_ctrl_c_at_the_end(starter: Starter) -> None:
    """Ctrl-C when all is written changes nothing, or ends with 130."""
    command = starter.start("account", "balances", "--user", "alice")
    while b"--all" not in command.terminal and command.readers[0].is_alive():
        command.readers[0].join(0.001)
    with contextlib.suppress(ProcessLookupError):
        os.kill(command.pid, signal.SIGINT)
    code, terminal = command.wait()
    assert code in (0, 130)
    assert "Traceback" not in terminal


@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize("at", ["whitebit_ext.cli.app", "typer", "rich.progress"])
def test_ctrl_c_at_the_beginning(at: str, torn: bool) -> None:
    """Ctrl-C while the command is imported is one line, also where Python would swallow it."""
    program = f"""
import signal, sys, time

class Torn:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == {at!r}:
            Torn() if {torn} else signal.raise_signal(signal.SIGINT)
            time.sleep(20)

signal.signal(signal.SIGINT, signal.default_int_handler)
from whitebit_ext.cli import main
sys.meta_path.insert(0, Interrupted())
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "custody", "list"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (130, b"")
    assert done.stderr.startswith(b"whitebit-oauth")
    assert done.stderr.endswith(b": interrupted.\n")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("name", ["version", "help", "demo", "balances", "config", "list"])
def test_a_full_disk(starter: Starter, name: str) -> None:
    """What cannot be written is one line, with exit code 1."""
    code, terminal = starter.start(*COMMANDS[name], out="full").wait()
    assert code == 1
    assert re.fullmatch(r"whitebit-oauth[a-z ]*: the output: No space left .*\n", terminal)


def test_a_closed_output() -> None:
    """A closed standard output is said; errors that cannot be shown leave the exit code."""
    program = [sys.executable, "-c", "from whitebit_ext.cli import main; main()"]
    for script, line in (
        ('"$@" >&-', b"whitebit-oauth: standard output is closed.\n"),
        ('"$@" nothing 2>/dev/full', b""),
    ):
        command = ["/bin/sh", "-c", script, "sh", *program]
        done = subprocess.run(command, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (2, line)


WRONG: Final = [
    ["sandbox", "--port", "65536"],
    ["sandbox", "--port", "-1"],
    ["sandbox", "--port", "x"],
    ["sandbox", "--port", "8712", "--eu-port", "8712"],
    ["sandbox", "--redirect-uri", "no uri"],
    ["sandbox", "--redirect-uri", "https://a.example/#x"],
    ["sandbox", "--user", "a", "--user", "a"],
    ["sandbox", "--user", ""],
    ["sandbox", "--client-id", ""],
    ["sandbox", "--public-url", "http://a.example:65536"],
    ["sandbox", "--key-delay", "nan"],
    ["sandbox", "--host", "no.such.host.invalid"],
    ["worker", "--interval", "nan"],
    ["worker", "--health-file", "/"],
    ["worker", "--health-file", "/nowhere/at/all"],
    ["login", "--user", "a", "--timeout", "nan"],
    ["login", "--user", "a", "--complete", "/"],
    ["login", "--user", "a", "--redirect-uri", "http://127.0.0.1:65536/"],
    ["key", "issue", "--user", "a", "--timeout", "nan"],
    ["custody", "init", "--store", "sqlite:////"],
    ["disconnect", "--user", "a"],
    ["sandbox", "--rows", "-1"],
    ["demo", "--region", "moon"],
    ["demo", "extra"],
    ["nothing"],
    ["--nothing"],
    ["account", "nothing"],
    ["account", "deals"],
    ["account", "deals", "--user"],
    ["account", "deals", "--user", ""],
    ["account", "deals", "--user", "a", "--since", "\u041f\x1b[2J"],
    ["account", "deals", "--user", "a", "--base-url", "ftp://a"],
    ["account", "deals", "--user", "a", "--redirect-uri", "no uri"],
    ["account", "deals", "--user", "a", "--page-size", "0"],
    ["account", "deals", "--user", "a", "--columns", "nothing"],
    ["account", "deals", "--user", "a", "--bom"],
    ["custody", "list", "--store", "sqlite:////nowhere/at/all.db"],
    ["custody", "list", "--store", "no store"],
    ["custody", "list", "--keys-file", "/nowhere"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=lambda arguments: ascii(" ".join(arguments))[1:60])
@pytest.mark.usefixtures("interruptible")
def test_a_wrong_argument_is_one_line(
    starter: Starter,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A wrong argument ends with 2 and one line on standard error, which says whose it is."""
    for name, value in starter.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["whitebit-oauth", *arguments])
    with pytest.raises(SystemExit) as exited:
        main()
    captured = capsys.readouterr()
    assert (exited.value.code, captured.out) == (2, ""), captured
    assert captured.err.startswith("whitebit-oauth")
    assert captured.err.count("\n") == 1
    assert "\x1b" not in captured.err


def test_another_encryption_key_is_one_line(starter: Starter) -> None:
    """What fails later is one line too, with exit code 1."""
    other = attrs.evolve(
        starter,
        environment=starter.environment
        | {"WHITEBIT_OAUTH_ENCRYPTION_KEYS": generate_encryption_key()},
    )
    code, terminal = other.start("account", "balances", "--user", "alice").wait()
    assert (code, terminal.count("\n")) == (1, 1)
