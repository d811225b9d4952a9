"""The options of the commands that read an account."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import attrs
import typer

from ... import Region
from ..options import DEFAULT_PREFIX, StoreUrl, TablePrefix
from .rows import Format

CLIENT_ID_VARIABLE: Final = "WHITEBIT_OAUTH_CLIENT_ID"
CLIENT_SECRET_VARIABLE: Final = "WHITEBIT_OAUTH_CLIENT_SECRET"  # noqa: S105  # a variable's name
REDIRECT_URI_VARIABLE: Final = "WHITEBIT_OAUTH_REDIRECT_URI"
REGION_VARIABLE: Final = "WHITEBIT_OAUTH_REGION"
BASE_URL_VARIABLE: Final = "WHITEBIT_OAUTH_BASE_URL"


def moment(text: str) -> datetime:
    """Return a date or a date and time in ISO 8601; UTC if it has no offset.

    Raises:
        typer.BadParameter: The text is not a date.
    """
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text!r} is not a date; expected 2026-05-01 or 2026-05-01T12:00:00Z"
        ) from None


@attrs.frozen
class ReadOptions:
    """The options of every command: whose account, which partner, and how to write the result.

    The client secret and the encryption keys are not among them: they come from the environment.
    """

    user: Annotated[str, typer.Option("--user", help="User id, as assigned by the partner.")]
    bearer: Annotated[
        bool | None,
        typer.Option(
            "--bearer/--signed",
            help="Read with the access token, or with the stored API key. Default: with the API "
            "key if there is one.",
            show_default=False,
        ),
    ] = None
    format: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="Output format. Default: by the file extension of --out, otherwise table.",
            show_default=False,
        ),
    ] = None
    out: Annotated[
        Path | None, typer.Option(help="Write to this file instead of standard output.")
    ] = None
    store: StoreUrl = None
    table_prefix: TablePrefix = DEFAULT_PREFIX
    client_id: Annotated[
        str | None, typer.Option(envvar=CLIENT_ID_VARIABLE, help="Client id of the partner.")
    ] = None
    redirect_uri: Annotated[
        str | None, typer.Option(envvar=REDIRECT_URI_VARIABLE, help="Registered redirect URI.")
    ] = None
    region: Annotated[
        Region,
        typer.Option(
            "--region", envvar=REGION_VARIABLE, help="Region in which the user is registered."
        ),
    ] = Region.GLOBAL
    base_url: Annotated[
        str | None,
        typer.Option(
            envvar=BASE_URL_VARIABLE, help="Base URL of another server, such as the sandbox."
        ),
    ] = None


@attrs.frozen
class HistoryOptions(ReadOptions):
    """The options of every command that reads a history."""

    since: Annotated[
        datetime | None,
        typer.Option(
            parser=moment,
            metavar="DATE",
            help="Earliest time, such as 2026-05-01 or 2026-05-01T12:00:00Z, in UTC.",
        ),
    ] = None
    until: Annotated[
        datetime | None,
        typer.Option(parser=moment, metavar="DATE", help="Latest time, exclusive, in UTC."),
    ] = None
    page_size: Annotated[
        int | None, typer.Option(help="Rows per request. Default: the maximum.")
    ] = None
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Continue an interrupted export to --out FILE in jsonl or csv. The position is "
            "read from FILE.cursor; an incomplete last line is removed.",
        ),
    ] = False
