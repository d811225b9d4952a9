"""The commands of `whitebit-oauth account`."""

from __future__ import annotations

import enum
from typing import Annotated, Any

import typer

from ... import OrderStatusFilter, TransactionMethod
from ...settings.environment import region_of
from ..options import with_options
from .export import export_balances, export_history
from .opening import opened_account, telling
from .options import HistoryOptions, ReadOptions
from .target import Target

account = typer.Typer(
    # One paragraph per line: the help keeps line breaks.
    help="Read a user's account: balances, transactions, orders, deals, converts.\n\n"
    "The client secret and the encryption keys come from the environment (docs/environment.md), "
    "never from the command line, where other users of the machine can see them.",
    no_args_is_help=True,
)

Market = Annotated[str | None, typer.Option(help="Market, such as BTC_USDT.")]
Ticker = Annotated[str | None, typer.Option(help="Currency, such as BTC.")]
ClientOrderId = Annotated[
    str | None, typer.Option(help="Order id that was assigned by the client of the API.")
]


class Method(enum.StrEnum):
    """The direction of a transaction."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"


@account.command("balances")
@with_options(ReadOptions)
def balances(
    options: ReadOptions,
    ticker: Ticker = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Include currencies with a zero balance.")
    ] = False,
) -> None:
    """Show main and spot balances side by side."""
    target = Target.of("balances", options)
    with opened_account(options) as opened:
        export_balances(opened, ticker, target, everything)


@account.command("transactions")
@with_options(HistoryOptions)
def transactions(
    options: HistoryOptions,
    method: Annotated[Method | None, typer.Option(help="Only deposits or withdrawals.")] = None,
    ticker: Ticker = None,
    address: Annotated[
        list[str] | None, typer.Option(help="Address; may be repeated, up to 20 times.")
    ] = None,
    memo: Annotated[str | None, typer.Option(help="Memo.")] = None,
    unique_id: Annotated[str | None, typer.Option(help="Unique id of a transaction.")] = None,
    status: Annotated[list[int] | None, typer.Option(help="Status code; may be repeated.")] = None,
) -> None:
    """Export deposits and withdrawals, newest first."""
    _export(
        "transactions",
        options,
        method=None if method is None else TransactionMethod[method.name],
        ticker=ticker,
        addresses=address or None,
        memo=memo,
        unique_id=unique_id,
        status=status or None,
    )


@account.command("orders")
@with_options(HistoryOptions)
def orders(
    options: HistoryOptions,
    market: Market = None,
    order_id: Annotated[int | None, typer.Option(help="Id of a single order.")] = None,
    client_order_id: ClientOrderId = None,
    status: Annotated[
        str | None,
        typer.Option(help=f"One of {', '.join(OrderStatusFilter)}."),
    ] = None,
) -> None:
    """Export executed and cancelled orders of the last six months, newest first."""
    _export(
        "orders",
        options,
        market=market,
        order_id=order_id,
        client_order_id=client_order_id,
        status=status,
    )


@account.command("deals")
@with_options(HistoryOptions)
def deals(
    options: HistoryOptions, market: Market = None, client_order_id: ClientOrderId = None
) -> None:
    """Export deals of the last six months, newest first: spot, margin and futures."""
    _export("deals", options, market=market, client_order_id=client_order_id)


@account.command("converts")
@with_options(HistoryOptions)
def converts(
    options: HistoryOptions,
    from_ticker: Annotated[str | None, typer.Option(help="Currency that was given.")] = None,
    to_ticker: Annotated[str | None, typer.Option(help="Currency that was received.")] = None,
    quote_id: Annotated[str | None, typer.Option(help="Quote id of a conversion.")] = None,
) -> None:
    """Export conversions of the last six months, newest first."""
    _export(
        "converts",
        options,
        from_ticker=from_ticker,
        to_ticker=to_ticker,
        quote_id=quote_id,
    )


def _export(read: str, options: HistoryOptions, **filters: Any) -> None:
    """Export a history; ``None`` means that a filter was not given."""
    target = Target.of(read, options, options.mode)
    settings = {name: one.value for name, one in options.settings().items()}
    given = {name: value for name, value in filters.items() if value is not None}
    # --bearer and --signed read the same rows, and pages of any size have them.
    export: dict[str, Any] = {
        "read": read,
        "format": target.layout.format.value,
        "columns": list(target.layout.columns),
        "raw_cells": options.raw_cells,
        "user": options.user,
        "client_id": str(settings["client_id"]),
        "region": region_of(settings["region"]).value,
        "base_url": str(settings["base_url"] or ""),
        "since": None if options.since is None else options.since.isoformat(),
        "until": None if options.until is None else options.until.isoformat(),
        **given,
    }
    bounds = {"until": options.until, "limit": options.page_size}
    given |= {name: value for name, value in bounds.items() if value is not None}
    with telling(target), opened_account(options) as opened:
        begin = getattr(opened, read)
        export_history(
            lambda cursor, since: begin(**given, since=since, cursor=cursor),
            target,
            export,
            options.since,
        )
