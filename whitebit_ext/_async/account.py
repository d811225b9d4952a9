"""What can be read of a user's account, awaited: rows by ``async for``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs

from ..account.forms import main_balance_forms, page_forms, spot_balance_forms
from ..account.parameters import (
    Query,
    converts_query,
    deals_query,
    orders_query,
    transactions_query,
)
from ..account.records import Page
from ..http.requests import Access
from ..runtime.clock import Clock
from ..runtime.rim import async_rim, rim
from .engine import AsyncEngine
from .reading import PATIENT
from .transactions import AsyncTransactionWalk
from .walk import AsyncFetch, AsyncRows, AsyncTickers, AsyncWalk
from .windows import AsyncWindowWalk

if TYPE_CHECKING:
    from whitebit_api.enumerations import OrderStatusFilter, TransactionMethod
    from whitebit_api.records import (
        Convert,
        Deal,
        MainBalance,
        Order,
        SpotBalance,
        Transaction,
    )


class AsyncAccount:
    """What can be read of the user's account.

    A history comes newest first, each row once, while new rows arrive. It is read page by page as
    the rows are asked for; what a page raises ends the page alone: the next row asked for goes on
    where the walk stood. ``since`` and ``until`` are aware; rows of ``since`` are in, rows of
    ``until`` are not. ``limit`` is how many rows one request asks for. ``cursor`` is that of an
    earlier walk with the same arguments, in any process.
    """

    __slots__ = ("_access", "_engine", "_user_id")

    def __init__(self, engine: AsyncEngine, user_id: str, access: Access = Access.ANY) -> None:
        self._engine = engine
        self._user_id = user_id
        self._access = access

    @property
    def balances(self) -> AsyncBalances:
        """Balances of the main and the trade account."""
        return AsyncBalances(self._engine, self._user_id, self._access)

    @rim
    def transactions(
        self,
        *,
        method: TransactionMethod | int | None = None,
        ticker: str | None = None,
        address: str | None = None,
        addresses: Iterable[str] | None = None,
        memo: str | None = None,
        unique_id: str | None = None,
        status: int | Iterable[int] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 500,
        cursor: str | None = None,
    ) -> AsyncRows[Transaction]:
        """Walk through deposits and withdrawals.

        Args:
            method: Deposits or withdrawals alone.
            ticker: A currency such as ``BTC``.
            address: An address; ``addresses`` are at most 20 of them.
            addresses: See ``address``.
            memo: A memo.
            unique_id: A transaction's ``unique_id``.
            status: One status code or several; what they mean depends on the method.
            since: WhiteBIT has no such filter: the walk ends at the first page before it.
            until: Likewise; what is newer is read and passed over.
            limit: 1 to 500.
            cursor: Where an earlier walk stood.

        Raises:
            InvalidArgument: an argument is wrong; it is named, and nothing was sent.
            HistoryTruncated: while walking, after all rows that can be reached.
        """
        return self._rows(
            transactions_query(
                method=method,
                ticker=ticker,
                address=address,
                addresses=addresses,
                memo=memo,
                unique_id=unique_id,
                status=status,
                since=since,
                until=until,
                limit=limit,
            ),
            cursor,
        )

    @rim
    def orders(
        self,
        *,
        market: str | None = None,
        order_id: int | None = None,
        client_order_id: str | None = None,
        status: OrderStatusFilter | str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 500,
        cursor: str | None = None,
    ) -> AsyncRows[Order]:
        """Walk through executed and cancelled orders of the last six months.

        Args:
            market: A market such as ``BTC_USDT``.
            order_id: One order; dates and status are then ignored.
            client_order_id: Likewise, by the id that the user gave it.
            status: Filled, cancelled or partly filled ones alone.
            since: Earliest time, in whole seconds; six months back where it is not given.
            until: Latest time, in whole seconds; now where it is not given.
            limit: 1 to 500.
            cursor: Where an earlier walk stood.

        Raises:
            InvalidArgument: an argument is wrong; it is named, and nothing was sent.
        """
        return self._rows(
            orders_query(
                market=market,
                order_id=order_id,
                client_order_id=client_order_id,
                status=status,
                since=since,
                until=until,
                limit=limit,
            ),
            cursor,
        )

    @rim
    def deals(
        self,
        *,
        market: str | None = None,
        client_order_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 500,
        cursor: str | None = None,
    ) -> AsyncRows[Deal]:
        """Walk through deals of the last six months: spot, margin and futures.

        Args:
            market: A market such as ``BTC_USDT``.
            client_order_id: The deals of one order, by the id that the user gave it.
            since: Earliest time; six months back where it is not given.
            until: Time before which deals are; now where it is not given.
            limit: 1 to 500.
            cursor: Where an earlier walk stood.

        Raises:
            InvalidArgument: an argument is wrong; it is named, and nothing was sent.
        """
        return self._rows(
            deals_query(
                market=market,
                client_order_id=client_order_id,
                since=since,
                until=until,
                limit=limit,
            ),
            cursor,
        )

    @rim
    def converts(
        self,
        *,
        from_ticker: str | None = None,
        to_ticker: str | None = None,
        quote_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> AsyncRows[Convert]:
        """Walk through conversions of the last six months.

        Args:
            from_ticker: The currency that was given.
            to_ticker: The currency that was received.
            quote_id: The quote behind one conversion.
            since: Earliest time; six months back where it is not given.
            until: Time before which conversions are; now where it is not given.
            limit: 1 to 100.
            cursor: Where an earlier walk stood.

        Raises:
            InvalidArgument: an argument is wrong; it is named, and nothing was sent.
        """
        return self._rows(
            converts_query(
                from_ticker=from_ticker,
                to_ticker=to_ticker,
                quote_id=quote_id,
                since=since,
                until=until,
                limit=limit,
            ),
            cursor,
        )

    def _rows(self, query: Query, cursor: str | None) -> AsyncRows[Any]:
        pages = _Pages(self._engine, self._user_id, self._access, query)
        walk = walk_through(query, pages.read, self._engine.clock, cursor, pages.tickers)
        return AsyncRows(walk)


def walk_through(
    query: Query,
    fetch: AsyncFetch[Any],
    clock: Clock,
    cursor: str | None = None,
    tickers: AsyncTickers | None = None,
) -> AsyncWalk[Any]:
    """Return the walk that fits a query.

    Args:
        query: What one of the ``*_query`` functions made.
        fetch: Sends one read with these parameters, and decodes the answer.
        clock: What "until now" is.
        cursor: Where an earlier walk with the same query stood.
        tickers: Lists all currencies, for transactions past 10,000 rows.

    Raises:
        InvalidArgument: the cursor is none, or belongs to another query.
    """
    if query.read == "transactions":
        return AsyncTransactionWalk(query, fetch, clock, cursor, tickers=tickers)
    return AsyncWindowWalk(query, fetch, clock, cursor)


@attrs.frozen
class _Pages:
    """Read the pages of one walk."""

    engine: AsyncEngine
    user_id: str
    access: Access
    query: Query

    async def read(self, parameters: Mapping[str, Any], /) -> Page[Any]:
        """Send one read with these parameters, and decode the answer."""
        forms = page_forms(self.query, parameters)
        return await self.engine.reader.read(self.user_id, self.access, forms, PATIENT)

    async def tickers(self) -> Iterable[str]:
        """List all currencies."""
        forms = main_balance_forms(None)
        return await self.engine.reader.read(self.user_id, self.access, forms)


class AsyncBalances:
    """The user's balances, by ticker."""

    __slots__ = ("_access", "_engine", "_user_id")

    def __init__(self, engine: AsyncEngine, user_id: str, access: Access) -> None:
        self._engine = engine
        self._user_id = user_id
        self._access = access

    @async_rim
    async def main(self, ticker: str | None = None) -> Mapping[str, MainBalance]:
        """Read the main account: every currency, or one.

        Args:
            ticker: A currency such as ``BTC``. WhiteBIT answers an unknown one with zero.
        """
        forms = main_balance_forms(ticker)
        return await self._engine.reader.read(self._user_id, self._access, forms)

    @async_rim
    async def spot(self, ticker: str | None = None) -> Mapping[str, SpotBalance]:
        """Read the trade account: the currencies that are not zero, or one.

        Args:
            ticker: A currency such as ``BTC``; an unknown one is a ``BadRequest`` (code 30).
        """
        forms = spot_balance_forms(ticker)
        return await self._engine.reader.read(self._user_id, self._access, forms)
