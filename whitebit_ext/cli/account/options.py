"""The options of the commands that read an account."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import attrs
import typer

from ..options import UserId
from ..partner import PartnerOptions
from .files import Mode
from .rows import Format


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


@attrs.frozen(kw_only=True)
class ReadOptions(PartnerOptions):
    """The options of every command: whose account, which partner, and how to write the result."""

    user: UserId
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
    columns: Annotated[
        str | None,
        typer.Option(
            help="Columns to write, separated by commas, in this order. Default: all of them; a "
            "table has the most important ones.",
            show_default=False,
        ),
    ] = None
    unknown: Annotated[
        bool,
        typer.Option(
            "--unknown",
            help="Add a column `unknown`: the fields from the server that are not documented, as "
            "JSON.",
        ),
    ] = False
    raw_cells: Annotated[
        bool,
        typer.Option(
            "--raw-cells",
            help="In CSV, leave texts as they are. By default an apostrophe goes before a text "
            "that a spreadsheet would run as a formula.",
        ),
    ] = False
    bom: Annotated[
        bool,
        typer.Option("--bom", help="Begin CSV with a byte order mark, for Excel."),
    ] = False


@attrs.frozen(kw_only=True)
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
    append: Annotated[
        bool,
        typer.Option(
            "--append",
            help="Add to --out FILE what is new since its last export; the first time, and after "
            "an interruption, finish it. Rows that changed since are added again.",
        ),
    ] = False

    @property
    def mode(self) -> Mode:
        """What to do with the file of an earlier export."""
        if self.append:
            return Mode.APPEND
        return Mode.RESUME if self.resume else Mode.REPLACE
