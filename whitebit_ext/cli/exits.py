"""The exit codes of all commands, and the one line on standard error that explains each.

It imports nothing that an extra brings.
"""

from __future__ import annotations

import contextlib
import enum
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any, Final, NoReturn

from ..errors import (
    Action,
    ApiKeyError,
    ConnectionFailed,
    InvalidArgument,
    RateLimited,
    WhiteBITError,
)

PROGRAM: Final = "whitebit-oauth"
_OPTIONS: Final = {"limit": "--page-size", "verify": "--ca-file"}
"""The options of arguments that have another name."""


class Exit(enum.IntEnum):
    """What a command's exit code means."""

    DONE = 0
    WRONG = 1
    """Something is wrong, in the store, at the server or in this program."""
    USAGE = 2
    """The command could not begin: an argument, a setting, an extra, a port."""
    NETWORK = 3
    """No connection, or no answer."""
    USER = 4
    """The user must do something, such as connect again."""
    RATE_LIMIT = 5
    PENDING = 6
    """Not finished yet: run the same command again later."""
    INTERRUPTED = 130
    """128 and the number of the signal: 143 after SIGTERM, 129 after SIGHUP."""


class UsageError(Exception):
    """A command cannot start; the message says what to do, and contains no secret."""


# Signals


class Stopped(KeyboardInterrupt):
    """A signal ends the command: whatever is cleaned up after Ctrl-C is after it, too."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def stop_on_signals() -> list[int]:
    """Let the signals that end a command raise ``Stopped``, and return their numbers."""
    numbers = [
        number
        for number in (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP"))
        # What is ignored stays so: by nohup, or a shell for what it runs in the background.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN
    ]
    for number in numbers:
        signal.signal(number, _stop)
    return numbers


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    sys.unraisablehook = _torn
    raise Stopped(number)


def _torn(what: Any) -> None:
    """Print no traceback of what a signal has torn; raise it again if it was lost there."""
    if isinstance(what.exc_value, Stopped):
        again = threading.Timer(0.01, os.kill, (os.getpid(), what.exc_value.number))
        again.daemon = True
        again.start()


# Errors


def explain(command: str, error: BaseException) -> int:
    """Print an error in one line, with its notes, and return its exit code."""
    message, code = _of(error)
    if message:
        say(" ".join([f"{command}: {message}", *getattr(error, "__notes__", ())]))
    return code


def _of(error: BaseException) -> tuple[str, int]:
    match error:
        case KeyboardInterrupt():
            return "interrupted.", 128 + getattr(error, "number", signal.SIGINT)
        case EOFError():
            return "the input ended.", Exit.USAGE
        case UsageError():
            return sentence(error), Exit.USAGE
        case WhiteBITError():
            return sentence(error), exit_of(error)
        case ModuleNotFoundError():  # a driver of the store; the message says what to install
            return str(error), Exit.USAGE
        case BrokenPipeError():  # such as `| head`
            return "", Exit.WRONG
        case OSError():
            where = error.filename or "the output"
            return f"{where}: {error.strerror or type(error).__name__}.", Exit.WRONG
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    # Without its text, which could contain anything.
    kind = type(error).__name__
    return f"unexpected {kind} at {place}. Please report this line.", Exit.WRONG


def exit_of(error: WhiteBITError) -> Exit:
    """Return the exit code of an error of the library."""
    match error:
        case InvalidArgument():
            return Exit.USAGE
        case RateLimited():
            return Exit.RATE_LIMIT
        case ConnectionFailed():
            return Exit.NETWORK
        case ApiKeyError() if error.retryable:
            return Exit.PENDING
    return Exit.USER if error.action is Action.RECONNECT else Exit.WRONG


def sentence(error: UsageError | WhiteBITError) -> str:
    """Return what happened and what to do, in one line."""
    if isinstance(error, UsageError):
        return str(error)
    fields = "; ".join(f"{name}: {', '.join(texts)}" for name, texts in error.errors.items())
    message = error.message.rstrip(".")
    if isinstance(error, InvalidArgument) and error.argument in _OPTIONS:
        message = _OPTIONS[error.argument] + message.removeprefix(error.argument)
    return f"{message}{f' ({fields})' if fields else ''}. {error.hint}"


# Streams


def say(text: str) -> None:
    """Print a line of talk to standard error; one that nobody can read is no failure."""
    with contextlib.suppress(OSError):
        print(printable(text), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Replace characters that do not print: a server's text could control the terminal."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def use_utf8() -> None:
    """Write UTF-8 whatever the locale says: no name and no amount is broken by it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a notebook's or a test's stream may have none
            reconfigure(encoding="utf-8", errors="backslashreplace")


def give_up_output() -> None:
    """Drop what could not be written: the interpreter would try again, and print a traceback."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            with open(os.devnull, "wb") as nothing:
                os.dup2(nothing.fileno(), stream.fileno())
