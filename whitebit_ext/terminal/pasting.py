"""Reading of a pasted address: hidden at a terminal, and never longer than there is time."""

from __future__ import annotations

import contextlib
import getpass
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any, Final, Self

_LONGEST: Final = 65_536

if os.name == "posix":
    import termios


class Paste:
    """The lines that a person pastes, or that a pipe brings.

    At a terminal the echo is off meanwhile: an address with a code would stay on the screen.
    """

    def __init__(self) -> None:
        self._left = b""
        self._echo: list[object] | None = None
        self._handlers: dict[int, Any] = {}
        self.descriptor: int | None = None
        """What to wait for; ``None`` where nothing can be waited for, such as in a notebook."""
        try:
            descriptor = sys.stdin.fileno()
        except (AttributeError, OSError, ValueError):  # a notebook, or a closed stream
            return
        if os.name == "posix":
            self.descriptor = descriptor

    @property
    def is_terminal(self) -> bool:
        """Whether a person can paste here: a terminal that this program has in the foreground."""
        if self.descriptor is None or not os.isatty(self.descriptor):
            return False
        try:
            return os.tcgetpgrp(self.descriptor) == os.getpgrp()
        except OSError:
            return False

    def __enter__(self) -> Self:
        if self.is_terminal and self.descriptor is not None:
            self._echo = termios.tcgetattr(self.descriptor)
            self._show(False)
            if threading.current_thread() is threading.main_thread():
                for number in (signal.SIGTSTP, signal.SIGCONT):
                    self._handlers[number] = signal.signal(number, self._paused)
        return self

    def __exit__(self, *raised: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._show(True)

    def _show(self, wanted: bool) -> None:
        """Let the terminal show what is typed, or not."""
        if self._echo is None or self.descriptor is None:
            return
        mode = list(self._echo)
        if not wanted and isinstance(mode[3], int):
            mode[3] &= ~termios.ECHO
        with contextlib.suppress(termios.error):  # the terminal was closed
            # What was typed and not read belongs to nobody.
            when = termios.TCSAFLUSH if wanted else termios.TCSADRAIN
            termios.tcsetattr(self.descriptor, when, mode)  # type: ignore[arg-type]  # as it was read

    def _paused(self, number: int, frame: FrameType | None) -> None:
        """Leave the terminal as it was during Ctrl-Z, and hide again afterwards."""
        if number == signal.SIGTSTP:
            self._show(True)
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            signal.signal(number, self._paused)
        if self.is_terminal:
            self._show(False)

    def lines(self) -> list[str]:
        """Return the whole lines that have come; to be called when there is something to read.

        Raises:
            EOFError: there will be no more.
        """
        assert self.descriptor is not None  # noqa: S101  # the caller waited for it
        content = os.read(self.descriptor, _LONGEST)
        *whole, self._left = (self._left + content).split(b"\n")
        if not content and self._left:
            whole, self._left = [self._left], b""
        elif not content or len(self._left) > _LONGEST:
            raise EOFError
        return [line.decode("utf-8", "replace").strip() for line in whole if line.strip()]


def hidden_lines(*prompts: str) -> list[str]:
    """Return a line of standard input for each prompt; at a terminal without showing it.

    Raises:
        EOFError: the input ended.
    """
    found = []
    with Paste() as pasted:
        for prompt in prompts:
            if not pasted.is_terminal:
                if sys.stdin is None:
                    raise EOFError
                line = getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()
                found.append(line.strip())
                continue
            print(prompt, end="", file=sys.stderr, flush=True)
            try:
                found.append("".join(pasted.lines()[:1]))
            finally:
                print(file=sys.stderr)
    return found
