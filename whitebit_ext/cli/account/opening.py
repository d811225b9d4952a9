"""Opening of a user's account, and the report of an error on standard error."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import typer

from ... import WhiteBITError
from ...errors import HistoryTruncated
from ..exits import PROGRAM, Exit, UsageError, exit_of, say, sentence
from ..partner import opened_partner
from .options import ReadOptions

if TYPE_CHECKING:
    from ..._sync.account import Account
    from .target import Target

# The library's warning, with the option of the command line.
_REMOVAL: Final = (
    "WhiteBIT announced that reads with an access token end on 1 November 2026. Use --signed to "
    "read the same data with the stored API key."
)


@contextmanager
def opened_account(options: ReadOptions) -> Iterator[Account]:
    """Open the account of a user, and close the partner and the store at the end.

    Raises:
        UsageError: A setting is missing, or the store cannot be opened.
        InvalidArgument: A setting has an invalid value.
    """
    with opened_partner(options) as partner:
        user = partner.user(options.user)
        if options.bearer is None:
            yield user.account
        else:
            yield (user.bearer if options.bearer else user.signed).account


@contextmanager
def exit_on_error(target: Target | None = None) -> Iterator[None]:
    """Print an error in one line with what to do about it, and exit with its code.

    Args:
        target: The destination of an export that has begun, to say what it keeps.
    """
    code, truncated = Exit.WRONG, False
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DeprecationWarning)
        try:
            yield
        except UsageError as error:
            message, code = str(error), Exit.USAGE
        except WhiteBITError as error:
            message, code = _sentence(error), exit_of(error)
            truncated = isinstance(error, HistoryTruncated)  # its message says what was written
        except BrokenPipeError:  # such as `| head`: click exits quietly
            raise
        except OSError as error:
            message = f"{error.filename or 'the output'}: {error.strerror or type(error).__name__}."
        except KeyboardInterrupt:
            message, code = "interrupted.", Exit.INTERRUPTED
        else:
            message = ""
    for warning in caught:
        removal = issubclass(warning.category, DeprecationWarning)
        _print(_REMOVAL if removal else str(warning.message))
    if not message:
        return
    if target is not None and code != Exit.USAGE and not truncated:
        left = target.kept or ("Nothing was written." if code == Exit.INTERRUPTED else "")
        message = f"{message} {left}".rstrip()
    _print(message)
    raise typer.Exit(code)


def _sentence(error: WhiteBITError) -> str:
    if isinstance(error, HistoryTruncated):
        return (
            f"{error.message}: {error.reached} of {error.total} rows were written. Narrow the "
            "export with --ticker, --method, --address or --since, or ask WhiteBIT for an export."
        )
    return sentence(error)


def _print(message: str) -> None:
    say(f"{PROGRAM} account: {message}")
