"""Account histories of the users, and rows that arrive during reads."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, get_args

import attrs

from . import seeded_rows
from .clock import Clock
from .ledger import Kind, Ledger
from .model import User
from .seeded_rows import CURRENCIES, MARKETS, Profile, Row

HistoryName = Literal["transactions", "orders", "deals", "converts"]
HISTORY_NAMES: Final[tuple[HistoryName, ...]] = get_args(HistoryName)

# Somewhat less than the six months that can be queried.
DEFAULT_SPAN: Final = 170 * 86_400.0

# The values of the status filter (`tables.md`). Every other status counts as cancelled, but
# MAINTENANCE never does.
STATUS_FILTERS: Final = ("FILLED", "CANCELED", "PARTIALLY_FILLED", "MAINTENANCE")


def _of_transaction(row: Row) -> tuple[Any, ...]:
    return (row.get("method"), row.get("ticker"), row.get("status"))


def _marks_of_transaction(row: Row) -> tuple[Any, ...]:
    unique_id = row.get("uniqueId", row.get("unique_id"))
    return (row.get("address"), row.get("memo"), unique_id)


def _of_order(row: Row) -> tuple[Any, ...]:
    status = row.get("status")
    return (row.get("market"), status if status in STATUS_FILTERS else "CANCELED")


def _of_convert(row: Row) -> tuple[Any, ...]:
    path = row.get("path") or [{}]
    return (path[0].get("from"), path[-1].get("to"))


_KINDS: Final = (
    Kind(
        "transactions",
        "createdAt",
        seeded_rows.transaction,
        ("method", "ticker", "status"),
        _of_transaction,
        ("address", "memo", "unique_id"),
        _marks_of_transaction,
    ),
    Kind(
        "orders",
        "ctime",
        seeded_rows.order,
        ("market", "status"),
        _of_order,
        ("id", "clientOrderId"),
        lambda row: (row.get("id"), row.get("clientOrderId")),
    ),
    Kind(
        "deals",
        "time",
        seeded_rows.deal,
        ("market",),
        lambda row: (row.get("market"),),
        ("clientOrderId",),
        lambda row: (row.get("clientOrderId"),),
    ),
    Kind(
        "converts",
        "date",
        seeded_rows.convert,
        ("from", "to"),
        _of_convert,
        ("id",),
        lambda row: (row.get("id"),),
    ),
)


@attrs.define
class _Schedule:
    """A schedule of new rows, counted in responses."""

    rows: int
    every: int
    left: int | None
    answers: int = 0


@attrs.define(eq=False)
class History:
    """The account history of one user: transactions, orders, deals and conversions.

    Rows have the format of the server's responses, except that orders and deals always include
    their `market`, and deals their `feeAsset`. All methods are thread-safe, and raise ValueError
    for an invalid argument.
    """

    _clock: Clock
    _ledgers: dict[str, Ledger] = attrs.field(
        factory=lambda: {kind.name: Ledger(kind) for kind in _KINDS}
    )
    _schedules: dict[str, _Schedule] = attrs.field(factory=dict)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, repr=False)

    def seed(
        self,
        *,
        transactions: int = 0,
        orders: int = 0,
        deals: int = 0,
        converts: int = 0,
        seed: int = 1,
        span: float = DEFAULT_SPAN,
        tickers: Sequence[str] | None = None,
        markets: Sequence[str] | None = None,
        canceled: bool = True,
    ) -> None:
        """Replace all four histories with generated rows.

        Args:
            transactions: The number of deposits and withdrawals.
            orders: The number of orders.
            deals: The number of deals.
            converts: The number of conversions.
            seed: The same seed generates the same rows.
            span: The time in seconds over which the rows are spread evenly, until now.
            tickers: The currencies of transactions; a default list if omitted.
            markets: The markets of orders and deals; a default list if omitted.
            canceled: Whether there are cancelled orders; a B2B account has none.
        """
        counts = {
            "transactions": transactions,
            "orders": orders,
            "deals": deals,
            "converts": converts,
        }
        for name, count in counts.items():
            _check(name, count, 0)
        if not 0 <= span < float("inf"):
            raise ValueError("span: must be finite and not negative")
        for name, texts in (("tickers", tickers), ("markets", markets)):
            if texts is not None and (isinstance(texts, str) or not texts):
                raise ValueError(f"{name}: must be a sequence with at least one string")
        profile = Profile(
            seed=seed,
            tickers=tuple(CURRENCIES if tickers is None else tickers),
            markets=tuple(MARKETS if markets is None else markets),
            canceled=canceled,
        )
        newest = self._now() - 1_000_000
        for name, count in counts.items():
            self._ledgers[name].seed(count, profile, newest=newest, span=int(span * 1_000_000))

    def put(self, name: HistoryName, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace one history with given rows in the server's format.

        Args:
            name: The history.
            rows: The rows, in any order; among rows with the same time, the first one is the
                newest. Orders and deals must include their `market`.
        """
        rows = list(rows)
        if name in ("orders", "deals") and not all(isinstance(r.get("market"), str) for r in rows):
            raise ValueError("rows: each row needs its market")
        self._ledger(name).put(rows)

    def arrive(self, name: HistoryName, rows: int = 1) -> None:
        """Add new rows now.

        Args:
            name: The history.
            rows: The number of rows.
        """
        _check("rows", rows, 0)
        self._ledger(name).arrive(rows, self._now())

    def schedule(
        self, name: HistoryName, rows: int, *, every: int = 1, total: int | None = None
    ) -> None:
        """Add new rows repeatedly while the history is read.

        Args:
            name: The history.
            rows: The number of rows each time; 0 stops the schedule.
            every: The number of successful responses of this history between additions, counted
                over both its operations.
            total: The maximum number of rows to add; unlimited if omitted.
        """
        self._ledger(name)
        _check("rows", rows, 0)
        _check("every", every, 1)
        if total is not None:
            _check("total", total, 0)
        with self._lock:
            self._schedules[name] = _Schedule(rows, every, total)

    def rows(self, name: HistoryName) -> list[Row]:
        """Return all rows, newest first."""
        return self._ledger(name).rows()

    def count(self, name: HistoryName) -> int:
        """Return the number of rows of a history."""
        return len(self._ledger(name))

    def ledger(self, name: HistoryName) -> Ledger:
        """Return the ledger of a history."""
        return self._ledgers[name]

    def answered(self, name: HistoryName) -> None:
        """Count a response, and add rows if they are scheduled."""
        with self._lock:
            schedule = self._schedules.get(name)
            if schedule is None:
                return
            schedule.answers += 1
            if schedule.answers % schedule.every:
                return
            rows = schedule.rows if schedule.left is None else min(schedule.rows, schedule.left)
            if schedule.left is not None:
                schedule.left -= rows
        self.arrive(name, rows)

    def _ledger(self, name: str) -> Ledger:
        if name not in self._ledgers:
            raise ValueError(f"name: must be one of {', '.join(HISTORY_NAMES)}")
        return self._ledgers[name]

    def _now(self) -> int:
        return int(self._clock.now() * 1_000_000)


@attrs.define(eq=False)
class Histories:
    """The histories of all users, empty by default."""

    _clock: Clock
    _by_user: dict[str, History] = attrs.field(factory=dict)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, repr=False)

    def of(self, user: User) -> History:
        """Return a user's history."""
        with self._lock:
            if user.name not in self._by_user:
                self._by_user[user.name] = History(self._clock)
            return self._by_user[user.name]


def _check(name: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name}: must be a whole number, {least} or more")
