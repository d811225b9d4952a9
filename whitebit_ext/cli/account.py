"""`whitebit-oauth account`: a user's balances and histories, to look at and to export."""

from __future__ import annotations

import enum
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ..regions import Region
from .account_export import Target, export_balances, export_history
from .account_rows import Format
from .account_settings import (
    BASE_URL_VARIABLE,
    CLIENT_ID_VARIABLE,
    CLIENT_SECRET_VARIABLE,
    REDIRECT_URI_VARIABLE,
    REGION_VARIABLE,
    Settings,
    account_of,
    moment,
    told,
)
from .custody import DEFAULT_PREFIX, StoreUrl, TablePrefix
from .custody_store import KEYS_VARIABLE

account = typer.Typer(
    # One paragraph to a line: the help keeps the breaks that it finds.
    help="Read a user's account: balances, transactions, orders, deals, converts.\n\n"
    f"The client secret comes from {CLIENT_SECRET_VARIABLE} and the encryption keys from "
    f"{KEYS_VARIABLE} (separated by commas or white space), never from the command line, which "
    "others can read. Exit codes: 0 done, 1 the read failed or did not reach all, 2 it could not "
    "begin.",
    no_args_is_help=True,
)

User = Annotated[str, typer.Option("--user", help="The partner's own id of the user.")]
ClientId = Annotated[str | None, typer.Option(envvar=CLIENT_ID_VARIABLE, help="The partner's.")]
RedirectUri = Annotated[
    str | None, typer.Option(envvar=REDIRECT_URI_VARIABLE, help="The registered one.")
]
InRegion = Annotated[
    Region, typer.Option("--region", envvar=REGION_VARIABLE, help="Where the user is registered.")
]
BaseUrl = Annotated[
    str | None,
    typer.Option(envvar=BASE_URL_VARIABLE, help="Another address of the server: the sandbox."),
]
Bearer = Annotated[
    bool | None,
    typer.Option(
        "--bearer/--signed",
        help="Read with the access token, or with the stored API key. If neither is given: with "
        "the key where there is one.",
        show_default=False,
    ),
]
AsFormat = Annotated[
    Format | None,
    typer.Option(
        "--format", help="If not given: by the ending of --out, else table.", show_default=False
    ),
]
Out = Annotated[Path | None, typer.Option(help="Write to this file instead of standard output.")]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on with an interrupted --out FILE of jsonl or csv. Where it stands is in "
        "FILE.cursor; a torn end is cut off.",
    ),
]
Since = Annotated[
    datetime | None,
    typer.Option(
        parser=moment, metavar="DATE", help="Earliest, as 2026-05-01 or 2026-05-01T12:00:00Z; UTC."
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(parser=moment, metavar="DATE", help="What is earlier than this; UTC."),
]
PageSize = Annotated[int | None, typer.Option(help="Rows per request; the most if not given.")]
Market = Annotated[str | None, typer.Option(help="Such as BTC_USDT.")]
Ticker = Annotated[str | None, typer.Option(help="A currency such as BTC.")]
ClientOrderId = Annotated[str | None, typer.Option(help="The id that the user gave an order.")]


class Method(enum.StrEnum):
    """Which way the money went."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"


@account.command("balances")
def balances(
    user: User,
    ticker: Ticker = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also currencies of which there is nothing.")
    ] = False,
    format: AsFormat = None,
    out: Out = None,
    bearer: Bearer = None,
    store: StoreUrl = None,
    table_prefix: TablePrefix = DEFAULT_PREFIX,
    client_id: ClientId = None,
    redirect_uri: RedirectUri = None,
    region: InRegion = Region.GLOBAL,
    base_url: BaseUrl = None,
) -> None:
    """Show what there is: main and spot side by side."""
    settings = Settings(store, table_prefix, client_id, redirect_uri, region, base_url)
    with told():
        target = Target.of(format, out)
        with account_of(settings, user, bearer) as opened:
            export_balances(opened, ticker, target, everything)


@account.command("transactions")
def transactions(
    user: User,
    method: Annotated[Method | None, typer.Option(help="One of them alone.")] = None,
    ticker: Ticker = None,
    address: Annotated[
        list[str] | None, typer.Option(help="An address; can be given again, up to 20.")
    ] = None,
    memo: Annotated[str | None, typer.Option(help="A memo.")] = None,
    unique_id: Annotated[str | None, typer.Option(help="A transaction's unique id.")] = None,
    status: Annotated[
        list[int] | None, typer.Option(help="A status code; can be given again.")
    ] = None,
    since: Since = None,
    until: Until = None,
    page_size: PageSize = None,
    format: AsFormat = None,
    out: Out = None,
    resume: Resume = False,
    bearer: Bearer = None,
    store: StoreUrl = None,
    table_prefix: TablePrefix = DEFAULT_PREFIX,
    client_id: ClientId = None,
    redirect_uri: RedirectUri = None,
    region: InRegion = Region.GLOBAL,
    base_url: BaseUrl = None,
) -> None:
    """Export deposits and withdrawals, newest first."""
    from ..account import TransactionMethod

    settings = Settings(store, table_prefix, client_id, redirect_uri, region, base_url)
    arguments = {
        "method": None if method is None else TransactionMethod[method.name],
        "ticker": ticker,
        "addresses": address or None,
        "memo": memo,
        "unique_id": unique_id,
        "status": status or None,
        "since": since,
        "until": until,
        "limit": page_size,
    }
    _export("transactions", settings, user, bearer, (format, out, resume), arguments)


@account.command("orders")
def orders(
    user: User,
    market: Market = None,
    order_id: Annotated[int | None, typer.Option(help="One order.")] = None,
    client_order_id: ClientOrderId = None,
    status: Annotated[
        str | None, typer.Option(help="ALL, FILLED, CANCELED or PARTIALLY_FILLED.")
    ] = None,
    since: Since = None,
    until: Until = None,
    page_size: PageSize = None,
    format: AsFormat = None,
    out: Out = None,
    resume: Resume = False,
    bearer: Bearer = None,
    store: StoreUrl = None,
    table_prefix: TablePrefix = DEFAULT_PREFIX,
    client_id: ClientId = None,
    redirect_uri: RedirectUri = None,
    region: InRegion = Region.GLOBAL,
    base_url: BaseUrl = None,
) -> None:
    """Export executed and cancelled orders of the last six months, newest first."""
    settings = Settings(store, table_prefix, client_id, redirect_uri, region, base_url)
    arguments = {
        "market": market,
        "order_id": order_id,
        "client_order_id": client_order_id,
        "status": status,
        "since": since,
        "until": until,
        "limit": page_size,
    }
    _export("orders", settings, user, bearer, (format, out, resume), arguments)


@account.command("deals")
def deals(
    user: User,
    market: Market = None,
    client_order_id: ClientOrderId = None,
    since: Since = None,
    until: Until = None,
    page_size: PageSize = None,
    format: AsFormat = None,
    out: Out = None,
    resume: Resume = False,
    bearer: Bearer = None,
    store: StoreUrl = None,
    table_prefix: TablePrefix = DEFAULT_PREFIX,
    client_id: ClientId = None,
    redirect_uri: RedirectUri = None,
    region: InRegion = Region.GLOBAL,
    base_url: BaseUrl = None,
) -> None:
    """Export deals of the last six months, newest first: spot, margin and futures."""
    settings = Settings(store, table_prefix, client_id, redirect_uri, region, base_url)
    arguments = {
        "market": market,
        "client_order_id": client_order_id,
        "since": since,
        "until": until,
        "limit": page_size,
    }
    _export("deals", settings, user, bearer, (format, out, resume), arguments)


@account.command("converts")
def converts(
    user: User,
    from_ticker: Annotated[str | None, typer.Option(help="The currency given.")] = None,
    to_ticker: Annotated[str | None, typer.Option(help="The currency received.")] = None,
    quote_id: Annotated[str | None, typer.Option(help="The quote behind a conversion.")] = None,
    since: Since = None,
    until: Until = None,
    page_size: PageSize = None,
    format: AsFormat = None,
    out: Out = None,
    resume: Resume = False,
    bearer: Bearer = None,
    store: StoreUrl = None,
    table_prefix: TablePrefix = DEFAULT_PREFIX,
    client_id: ClientId = None,
    redirect_uri: RedirectUri = None,
    region: InRegion = Region.GLOBAL,
    base_url: BaseUrl = None,
) -> None:
    """Export conversions of the last six months, newest first."""
    settings = Settings(store, table_prefix, client_id, redirect_uri, region, base_url)
    arguments = {
        "from_ticker": from_ticker,
        "to_ticker": to_ticker,
        "quote_id": quote_id,
        "since": since,
        "until": until,
        "limit": page_size,
    }
    _export("converts", settings, user, bearer, (format, out, resume), arguments)


def _export(
    read: str,
    settings: Settings,
    user: str,
    bearer: bool | None,
    where: tuple[Format | None, Path | None, bool],
    arguments: dict[str, Any],
) -> None:
    """Export a history; arguments that are ``None`` were not given."""
    with told():
        target = Target.of(*where)
    given = {name: value for name, value in arguments.items() if value is not None}
    # The two ways of access lead to the same rows; the cursor holds the filters and the dates.
    export = {
        "read": read,
        "format": target.format.value,
        "user": user,
        "client_id": settings.client_id or "",
        "region": settings.region.value,
        "base_url": settings.base_url or "",
    }
    with told(target.sidecar), account_of(settings, user, bearer) as opened:
        begin = getattr(opened, read)
        export_history(read, lambda cursor: begin(**given, cursor=cursor), target, export)
