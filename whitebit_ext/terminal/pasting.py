"""Reading of a pasted address: hidden at a terminal, and never longer than there is time."""

from __future__ import annotations

import getpass
import os
import sys
from typing import Final, Self

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
            silent = list(self._echo)
            flags = silent[3]
            silent[3] = flags & ~termios.ECHO if isinstance(flags, int) else flags
            termios.tcsetattr(self.descriptor, termios.TCSADRAIN, silent)  # type: ignore[arg-type]  # as they were read
        return self

    def __exit__(self, *raised: object) -> None:
        if self._echo is not None and self.descriptor is not None:
            termios.tcsetattr(self.descriptor, termios.TCSAFLUSH, self._echo)  # type: ignore[arg-type]  # as they were read

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


def hidden_line(prompt: str) -> str:
    """Return one line of standard input; at a terminal without showing it."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt, stream=sys.stderr).strip()
    return sys.stdin.readline().strip()
