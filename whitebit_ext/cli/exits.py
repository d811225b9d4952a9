"""The exit codes of all commands, and the one line on standard error that explains each."""

from __future__ import annotations

import enum
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from .. import WhiteBITError
from ..errors import (
    Action,
    ApiKeyError,
    ConnectionFailed,
    InvalidArgument,
    RateLimited,
)

PROGRAM: Final = "whitebit-oauth"


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


class UsageError(Exception):
    """A command cannot start; the message says what to do, and contains no secret."""


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
    return f"{error.message.rstrip('.')}{f' ({fields})' if fields else ''}. {error.hint}"


def say(text: str) -> None:
    """Print a line of talk to standard error."""
    typer.echo(printable(text), err=True)


def printable(text: str) -> str:
    """Replace characters that do not print: a server's text could control the terminal."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


@contextmanager
def exit_on_error(command: str, *, interrupted: str = "interrupted.") -> Iterator[None]:
    """Print an error in one line, and exit with its code.

    Args:
        command: The name of the command, such as ``login``.
        interrupted: What to print after Ctrl-C.
    """
    try:
        yield
        return
    except UsageError as error:
        message, code = sentence(error), Exit.USAGE
    except WhiteBITError as error:
        message, code = sentence(error), exit_of(error)
    except ModuleNotFoundError as error:  # a driver of the store; the message says what to install
        message, code = str(error), Exit.USAGE
    except BrokenPipeError:  # such as `| head`
        raise
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        message, code = f"{name}{error.strerror or type(error).__name__}.", Exit.WRONG
    except KeyboardInterrupt:
        message, code = interrupted, Exit.INTERRUPTED
    say(f"{PROGRAM} {command}: {message}")
    raise typer.Exit(code)


def last_resort(error: Exception) -> str:
    """Return a line about an error that no command expects, without its text or locals."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{PROGRAM}: unexpected {type(error).__name__} at {place}. Please report this line."


def use_utf8() -> None:
    """Write UTF-8 whatever the locale says: no name and no amount is broken by it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a notebook's or a test's stream may have none
            reconfigure(encoding="utf-8", errors="backslashreplace")
