"""How the commands over an account come to a partner, and how they tell what went wrong."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import typer

from .._sync.client import WhiteBIT
from ..errors import HistoryTruncated, InvalidArgument, WhiteBITError
from ..regions import Region
from .custody_store import KEYS_VARIABLE, UsageError, opened

if TYPE_CHECKING:
    from .._sync.account import Account

CLIENT_ID_VARIABLE: Final = "WHITEBIT_OAUTH_CLIENT_ID"
CLIENT_SECRET_VARIABLE: Final = "WHITEBIT_OAUTH_CLIENT_SECRET"  # noqa: S105  # a variable's name
REDIRECT_URI_VARIABLE: Final = "WHITEBIT_OAUTH_REDIRECT_URI"
REGION_VARIABLE: Final = "WHITEBIT_OAUTH_REGION"
BASE_URL_VARIABLE: Final = "WHITEBIT_OAUTH_BASE_URL"
# The library's warning, in the words of this face.
_REMOVAL: Final = (
    "WhiteBIT announced the end of reads with an access token for 1 November 2026; --signed reads "
    "the same with the stored API key."
)
FAILED: Final = 1
USAGE: Final = 2


@attrs.frozen
class Settings:
    """Say which partner it is; the client secret and the encryption keys are not part.

    Attributes:
        store: A URL, or ``module:function``.
        table_prefix: What the names of the store's tables start with.
        client_id: The partner's client id.
        redirect_uri: The registered redirect URI.
        region: The server that the partner and its users are registered with.
        base_url: Another address of that server.
    """

    store: str | None
    table_prefix: str
    client_id: str | None
    redirect_uri: str | None
    region: Region
    base_url: str | None


@contextmanager
def account_of(settings: Settings, user: str, bearer: bool | None) -> Iterator[Account]:
    """Open the account of a user, and close partner and store in the end.

    Args:
        settings: Which partner; its two kinds of secrets come from the environment alone.
        user: The partner's own id of the user.
        bearer: Whether to read with the access token; ``None`` leaves it to what is stored.

    Raises:
        UsageError: something is not set, or the store does not open.
        InvalidArgument: something is set to what it cannot be.
    """
    keys = [key for key in re.split(r"[,\s]+", os.environ.get(KEYS_VARIABLE, "")) if key]
    needed = {
        CLIENT_ID_VARIABLE: settings.client_id,
        CLIENT_SECRET_VARIABLE: os.environ.get(CLIENT_SECRET_VARIABLE),
        REDIRECT_URI_VARIABLE: settings.redirect_uri,
        KEYS_VARIABLE: keys,
    }
    missing = [name for name, value in needed.items() if not value]
    del needed  # no frame of ours shows it when something raises
    if missing:
        raise UsageError(f"not set: {', '.join(missing)}. Set what is missing in the environment.")
    with (
        opened(settings.store, settings.table_prefix) as store,
        WhiteBIT(
            client_id=settings.client_id or "",
            client_secret=os.environ[CLIENT_SECRET_VARIABLE],
            redirect_uri=settings.redirect_uri or "",
            region=settings.region,
            base_url=settings.base_url or None,
            store=store,
            keys=keys,
        ) as partner,
    ):
        handle = partner.user(user)
        if bearer is None:
            yield handle.account
        else:
            yield (handle.bearer if bearer else handle.signed).account


@contextmanager
def told(sidecar: Path | None = None) -> Iterator[None]:
    """Tell what went wrong in one line with what to do, and end with its exit code.

    Args:
        sidecar: The file that is there as long as an export can be resumed.
    """
    code = FAILED
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DeprecationWarning)
        try:
            yield
        except (UsageError, InvalidArgument) as error:
            words, code = _sentence(error), USAGE
        except WhiteBITError as error:
            words = _sentence(error)
        except BrokenPipeError:  # `| head`: the command line's own business
            raise
        except OSError as error:
            words = f"{error.filename or 'the output'}: {error.strerror or type(error).__name__}."
        except KeyboardInterrupt:
            words = "stopped."
        else:
            words = ""
    for warning in caught:
        removal = issubclass(warning.category, DeprecationWarning)
        _say(_REMOVAL if removal else str(warning.message))
    if not words:
        return
    if code == FAILED and sidecar is not None and sidecar.exists():
        words += " What came is kept: the same command with --resume goes on."
    _say(words)
    raise typer.Exit(code)


def _sentence(error: UsageError | WhiteBITError) -> str:
    if isinstance(error, UsageError):
        return str(error)
    if isinstance(error, HistoryTruncated):
        return (
            f"{error.message}: {error.reached} of {error.total} rows are written. Narrow the "
            "export by --ticker, --method, --address or --since, or ask WhiteBIT for one."
        )
    fields = "; ".join(f"{name}: {', '.join(texts)}" for name, texts in error.errors.items())
    return f"{error.message}{f' ({fields})' if fields else ''}. {error.hint}"


def _say(words: str) -> None:
    typer.echo(f"whitebit-oauth account: {printable(words)}", err=True)


def printable(text: str) -> str:
    """Replace what does not print: a server's text could steer the terminal, or break the line."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def moment(text: str) -> datetime:
    """Read a date, or a date and time, as ISO 8601 writes them; UTC where no offset stands.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text!r} is no date; expected 2026-05-01 or 2026-05-01T12:00:00Z"
        ) from None
