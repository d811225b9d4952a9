"""The account histories of the sandbox's users, and rows that arrive while somebody reads."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from . import seeded_rows
from .clock import Clock
from .ledger import Kind, Ledger
from .model import User
from .seeded_rows import CURRENCIES, MARKETS, Row, Taste

HistoryName = Literal["transactions", "orders", "deals", "converts"]
HISTORY_NAMES: Final[tuple[HistoryName, ...]] = get_args(HistoryName)

# Within the six months that dates may reach back to, with some days to spare.
DEFAULT_SPAN: Final = 170 * 86_400.0

# What the filter of orders by status knows (`tables.md`); every other status is of a cancelled one.
_STATUS_GROUPS: Final = ("FILLED", "PARTIALLY_FILLED")


def _of_transaction(row: Row) -> tuple[Any, ...]:
    return (row.get("method"), row.get("ticker"), row.get("status"))


def _marks_of_transaction(row: Row) -> tuple[Any, ...]:
    unique_id = row.get("uniqueId", row.get("unique_id"))
    return (row.get("address"), row.get("memo"), unique_id)


def _of_order(row: Row) -> tuple[Any, ...]:
    status = row.get("status")
    return (row.get("market"), status if status in _STATUS_GROUPS else "CANCELED")


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


@dataclass(slots=True)
class _Schedule:
    """So many rows after every so many answers, until so many have come."""

    rows: int
    every: int
    left: int | None
    answers: int = 0


@dataclass(slots=True)
class History:
    """What one user did: deposits and withdrawals, orders, deals and conversions.

    Rows are told as the server sends them, but those of orders and deals name their `market`, and
    deals always their `feeAsset`. Every method may be called from any thread while the sandbox
    serves, and raises ValueError for an argument that is not usable.
    """

    _clock: Clock
    _ledgers: dict[str, Ledger] = field(
        default_factory=lambda: {kind.name: Ledger(kind) for kind in _KINDS}
    )
    _schedules: dict[str, _Schedule] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

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
        """Replace all four histories by made-up ones, the same ones for the same seed.

        Args:
            transactions: How many deposits and withdrawals.
            orders: How many orders.
            deals: How many deals.
            converts: How many conversions.
            seed: Another seed makes other rows.
            span: Seconds that the rows are spread over, evenly, up to a second before now.
            tickers: The currencies of transactions; some when omitted.
            markets: The markets of orders and deals; some when omitted.
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
                raise ValueError(f"{name}: must be one text or more, in a sequence")
        taste = Taste(
            seed=seed,
            tickers=tuple(CURRENCIES if tickers is None else tickers),
            markets=tuple(MARKETS if markets is None else markets),
            canceled=canceled,
        )
        newest = self._now() - 1_000_000
        for name, count in counts.items():
            self._ledgers[name].seed(count, taste, newest=newest, span=int(span * 1_000_000))

    def put(self, name: HistoryName, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace one history by given rows, written as the server would send them.

        Args:
            name: Which history.
            rows: In any order; of rows of one time the first is the newest. Rows of orders and
                deals need their `market`.
        """
        rows = list(rows)
        if name in ("orders", "deals") and not all(isinstance(r.get("market"), str) for r in rows):
            raise ValueError("rows: each needs its market")
        self._ledger(name).put(rows)

    def arrive(self, name: HistoryName, rows: int = 1) -> None:
        """Let new rows arrive at the head, now.

        Args:
            name: Which history.
            rows: How many.
        """
        _check("rows", rows, 0)
        self._ledger(name).arrive(rows, self._now())

    def schedule(
        self, name: HistoryName, rows: int, *, every: int = 1, total: int | None = None
    ) -> None:
        """Let new rows arrive again and again, while somebody reads.

        Args:
            name: Which history.
            rows: How many arrive at a time; 0 ends it.
            every: After so many successful answers of this history, over both its operations.
            total: No more than these arrive altogether; without an end when omitted.
        """
        self._ledger(name)
        _check("rows", rows, 0)
        _check("every", every, 1)
        if total is not None:
            _check("total", total, 0)
        with self._lock:
            self._schedules[name] = _Schedule(rows, every, total)

    def rows(self, name: HistoryName) -> list[Row]:
        """Return all rows in the server's order, newest first."""
        return self._ledger(name).rows()

    def count(self, name: HistoryName) -> int:
        """Say how many rows a history has."""
        return len(self._ledger(name))

    def ledger(self, name: HistoryName) -> Ledger:
        """Return what the server reads from."""
        return self._ledgers[name]

    def answered(self, name: HistoryName) -> None:
        """Count an answer, after which rows may arrive as scheduled."""
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


@dataclass(slots=True)
class Histories:
    """The histories of all users; that of somebody new is empty."""

    _clock: Clock
    _by_user: dict[str, History] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def of(self, user: User) -> History:
        """Return a user's history."""
        with self._lock:
            if user.name not in self._by_user:
                self._by_user[user.name] = History(self._clock)
            return self._by_user[user.name]


def _check(name: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name}: must be a whole number, {least} or more")
