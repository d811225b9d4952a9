"""Opening of a user's account, and the report of an error on standard error."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from ... import WhiteBIT, WhiteBITError
from ...errors import HistoryTruncated, InvalidArgument
from ..store import FAILED, KEYS_VARIABLE, USAGE, UsageError, opened
from .options import (
    CLIENT_ID_VARIABLE,
    CLIENT_SECRET_VARIABLE,
    REDIRECT_URI_VARIABLE,
    ReadOptions,
)
from .rows import printable

if TYPE_CHECKING:
    from ..._sync.account import Account

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
    keys = [key for key in re.split(r"[,\s]+", os.environ.get(KEYS_VARIABLE, "")) if key]
    needed = {
        CLIENT_ID_VARIABLE: options.client_id,
        CLIENT_SECRET_VARIABLE: os.environ.get(CLIENT_SECRET_VARIABLE),
        REDIRECT_URI_VARIABLE: options.redirect_uri,
        KEYS_VARIABLE: keys,
    }
    missing = [name for name, value in needed.items() if not value]
    del needed  # so that no frame shows it when an error is raised
    if missing:
        raise UsageError(f"not set: {', '.join(missing)}. Set these environment variables.")
    with (
        opened(options.store, options.table_prefix) as store,
        WhiteBIT(
            client_id=options.client_id or "",
            client_secret=os.environ[CLIENT_SECRET_VARIABLE],
            redirect_uri=options.redirect_uri or "",
            region=options.region,
            base_url=options.base_url or None,
            store=store,
            encryption_keys=keys,
        ) as partner,
    ):
        user = partner.user(options.user)
        if options.bearer is None:
            yield user.account
        else:
            yield (user.bearer if options.bearer else user.signed).account


@contextmanager
def exit_on_error(sidecar: Path | None = None) -> Iterator[None]:
    """Print an error in one line with what to do about it, and exit with its code.

    Args:
        sidecar: The file that exists while an export can be resumed.
    """
    code = FAILED
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DeprecationWarning)
        try:
            yield
        except (UsageError, InvalidArgument) as error:
            message, code = _sentence(error), USAGE
        except WhiteBITError as error:
            message = _sentence(error)
        except BrokenPipeError:  # such as `| head`: click exits quietly
            raise
        except OSError as error:
            message = f"{error.filename or 'the output'}: {error.strerror or type(error).__name__}."
        except KeyboardInterrupt:
            message = "interrupted."
        else:
            message = ""
    for warning in caught:
        removal = issubclass(warning.category, DeprecationWarning)
        _print(_REMOVAL if removal else str(warning.message))
    if not message:
        return
    if code == FAILED and sidecar is not None and sidecar.exists():
        message += " The rows received so far are saved. Add --resume to continue."
    _print(message)
    raise typer.Exit(code)


def _sentence(error: UsageError | WhiteBITError) -> str:
    if isinstance(error, UsageError):
        return str(error)
    if isinstance(error, HistoryTruncated):
        return (
            f"{error.message}: {error.reached} of {error.total} rows were written. Narrow the "
            "export with --ticker, --method, --address or --since, or ask WhiteBIT for an export."
        )
    fields = "; ".join(f"{name}: {', '.join(texts)}" for name, texts in error.errors.items())
    return f"{error.message.rstrip('.')}{f' ({fields})' if fields else ''}. {error.hint}"


def _print(message: str) -> None:
    typer.echo(f"whitebit-oauth account: {printable(message)}", err=True)
