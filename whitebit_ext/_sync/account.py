# Made from whitebit_ext/_async/account.py by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""Reads of a user's account: balances and histories."""

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
from ..custody.connections import Binding
from ..http.requests import Access
from ..runtime.clock import Clock
from ..runtime.rim import rim
from .engine import Engine
from .reading import PATIENT
from .transactions import TransactionWalk
from .walk import Fetch, Rows, Tickers, Walk
from .windows import WindowWalk

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


class Account:
    """Reads of the user's account.

    Histories return the newest rows first, each row once, even if new rows arrive. They are read
    page by page as rows are needed; after an error, the next row resumes the walk. ``since``
    (inclusive) and ``until`` (exclusive) are aware datetimes. ``limit`` is the number of rows per
    request. ``cursor`` is the cursor of an earlier walk with the same arguments, in any process.
    """

    __slots__ = ("_access", "_engine", "_user_id")

    def __init__(self, engine: Engine, user_id: str, access: Access = Access.ANY) -> None:
        self._engine = engine
        self._user_id = user_id
        self._access = access

    @property
    def balances(self) -> Balances:
        """The balances of the main and the trade account."""
        return Balances(self._engine, self._user_id, self._access)

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
    ) -> Rows[Transaction]:
        """Walk through deposits and withdrawals.

        Args:
            method: Deposits or withdrawals only.
            ticker: A currency such as ``BTC``.
            address: An address.
            addresses: Up to 20 addresses.
            memo: A memo.
            unique_id: A transaction's ``unique_id``.
            status: One or more status codes; their meaning depends on the method.
            since: Earliest time. WhiteBIT has no such filter: the walk ends at an older page.
            until: Time before which rows are. WhiteBIT has no such filter: newer rows are skipped.
            limit: 1 to 500.
            cursor: The cursor of an earlier walk.

        Raises:
            InvalidArgument: an argument is wrong; the error names it, and nothing was sent.
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
    ) -> Rows[Order]:
        """Walk through executed and cancelled orders of the last six months.

        Args:
            market: A market such as ``BTC_USDT``.
            order_id: A single order; dates and status are then ignored.
            client_order_id: A single order by the user's own id; dates and status are ignored.
            status: Orders of one kind of status only; ``MAINTENANCE`` never counts as cancelled.
            since: Earliest time, in whole seconds; by default six months ago.
            until: Latest time, in whole seconds; by default now.
            limit: 1 to 500.
            cursor: The cursor of an earlier walk.

        Raises:
            InvalidArgument: an argument is wrong; the error names it, and nothing was sent.
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
    ) -> Rows[Deal]:
        """Walk through deals of the last six months: spot, margin and futures.

        Args:
            market: A market such as ``BTC_USDT``.
            client_order_id: The deals of one order, by the user's own id.
            since: Earliest time; by default six months ago.
            until: Time before which deals are; by default now.
            limit: 1 to 500.
            cursor: The cursor of an earlier walk.

        Raises:
            InvalidArgument: an argument is wrong; the error names it, and nothing was sent.
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
    ) -> Rows[Convert]:
        """Walk through conversions of the last six months.

        Args:
            from_ticker: The currency that was sold.
            to_ticker: The currency that was received.
            quote_id: The id of a conversion's quote.
            since: Earliest time; by default six months ago.
            until: Time before which conversions are; by default now.
            limit: 1 to 100.
            cursor: The cursor of an earlier walk.

        Raises:
            InvalidArgument: an argument is wrong; the error names it, and nothing was sent.
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

    def _rows(self, query: Query, cursor: str | None) -> Rows[Any]:
        pages = _Pages(self._engine, Binding(self._user_id), self._access, query)
        walk = walk_through(query, pages.read, self._engine.clock, cursor, pages.tickers)
        walk.belong(pages.binding, cursor)
        return Rows(walk)


def walk_through(
    query: Query,
    fetch: Fetch[Any],
    clock: Clock,
    cursor: str | None = None,
    tickers: Tickers | None = None,
) -> Walk[Any]:
    """Return the walk for a query.

    Args:
        query: The result of one of the ``*_query`` functions.
        fetch: Sends one read, and decodes the page.
        clock: Provides the current time.
        cursor: The cursor of an earlier walk with the same query.
        tickers: Lists all currencies, for transactions beyond 10,000 rows.

    Raises:
        InvalidArgument: it is not a cursor, or belongs to another query.
    """
    if query.read == "transactions":
        return TransactionWalk(query, fetch, clock, cursor, tickers=tickers)
    return WindowWalk(query, fetch, clock, cursor)


@attrs.frozen
class _Pages:
    """Read the pages of one walk, all of them of the connection that it began with."""

    engine: Engine
    binding: Binding
    access: Access
    query: Query

    def read(self, parameters: Mapping[str, Any], /) -> Page[Any]:
        """Send one read, and decode the page."""
        forms = page_forms(self.query, parameters)
        return self.engine.reader.read(self.binding, self.access, forms, PATIENT)

    def tickers(self) -> Iterable[str]:
        """List all currencies."""
        forms = main_balance_forms(None)
        return self.engine.reader.read(self.binding, self.access, forms)


class Balances:
    """The user's balances, by ticker."""

    __slots__ = ("_access", "_engine", "_user_id")

    def __init__(self, engine: Engine, user_id: str, access: Access) -> None:
        self._engine = engine
        self._user_id = user_id
        self._access = access

    @rim
    def main(self, ticker: str | None = None) -> Mapping[str, MainBalance]:
        """Read the main account: every currency, or one.

        Args:
            ticker: A currency such as ``BTC``. WhiteBIT returns zero for an unknown one.
        """
        forms = main_balance_forms(ticker)
        return self._engine.reader.read(Binding(self._user_id), self._access, forms)

    @rim
    def spot(self, ticker: str | None = None) -> Mapping[str, SpotBalance]:
        """Read the trade account: the currencies with a balance, or one.

        Args:
            ticker: A currency such as ``BTC``; an unknown one raises ``BadRequest`` (code 30).
        """
        forms = spot_balance_forms(ticker)
        return self._engine.reader.read(Binding(self._user_id), self._access, forms)
