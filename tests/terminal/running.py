"""Run the command in a pseudo-terminal, as a person does, or with pipes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from ..cli.calling import Called, call

# A shell starts what it runs in the background with SIGINT ignored, and `nohup` with SIGHUP; the
# terminal's are meant here.
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "signal.signal(signal.SIGHUP, signal.SIG_DFL); "
    "from whitebit_ext.cli import main; main()"
)


def environment(settings: Mapping[str, str], **more: str) -> dict[str, str]:
    """Return an environment without what the tests' own process has of ours."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WHITEBIT_", "LC_", "DISPLAY", "WAYLAND")) and name != "COLUMNS"
    }
    return {**kept, **settings, **more}


def run(
    *arguments: str, settings: Mapping[str, str], input: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the command with pipes, and return its output; there is never a traceback."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, *arguments],
        input=input,
        env=environment(settings, **more),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def invoke(*arguments: str, settings: Mapping[str, str], input: str = "") -> Called:
    """Run the command in this process, without what it has of our variables."""
    unset = {name: None for name in os.environ if name.startswith("WHITEBIT_")}
    return call(*arguments, input=input, env={**unset, **settings})


class Pty:
    """The command with a terminal as standard input and error, and as output if wanted.

    Args:
        arguments: Of the command.
        settings: The environment of the partner.
        columns: The width of the terminal.
        pipes_output: Whether standard output is a pipe.
        script: A script of a shell with job control, which runs the command as ``"$@"``.
        more: More variables.
    """

    def __init__(
        self,
        *arguments: str,
        settings: Mapping[str, str],
        columns: int = 80,
        pipes_output: bool = False,
        script: str = "",
        **more: str,
    ) -> None:
        shell = ["/bin/sh", "-mc", script, "sh"] if script else []
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.shown = ""
        self._process = subprocess.Popen(
            [*shell, sys.executable, "-W", "error", "-c", PROGRAM, *arguments],
            stdin=theirs,
            stdout=subprocess.PIPE if pipes_output else theirs,
            stderr=theirs,
            env=environment(settings, TERM="xterm", **more),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        os.close(self._ours)

    def wait_for(self, pattern: str) -> str:
        """Read the terminal until it shows a pattern, and return the first match."""
        until = time.monotonic() + 30
        while (found := re.search(pattern, self.shown, re.DOTALL)) is None:
            assert time.monotonic() < until, self.shown
            assert self._read(), self.shown
        return found.group()

    def paste(self, text: str) -> None:
        """Write a line to the terminal."""
        os.write(self._ours, f"{text}\n".encode())

    def echoes(self) -> bool:
        """Return whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._ours)[3] & termios.ECHO)

    def press(self, letter: str) -> None:
        """Press Ctrl and a letter."""
        os.write(self._ours, bytes([ord(letter) & 0x1F]))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and the standard output that was piped."""
        while self._read():
            pass
        piped = self._process.stdout.read().decode() if self._process.stdout else ""
        code = self._process.wait(30)
        assert "Traceback" not in self.shown, self.shown
        return code, piped

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], 30)
        assert ready, self.shown
        try:
            content = os.read(self._ours, 65_536)
        except OSError:  # the other end is closed
            return False
        self.shown += content.decode("utf-8").replace("\r\n", "\n")
        return bool(content)
