"""A history in memory that answers reads as the contract says, while rows arrive."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from whitebit_ext import AsyncRows, Page, Rows
from whitebit_ext._async import account as _async
from whitebit_ext._sync.account import walk_through
from whitebit_ext.account.forms import decode_page
from whitebit_ext.account.parameters import Query
from whitebit_ext.errors import BadRequest

NOW = 1_790_000_000.25
TIMES = {"transactions": "createdAt", "orders": "ctime", "deals": "time", "converts": "date"}
BOUNDS = {
    "orders": ("startDate", "endDate", 31 * 86_400),
    "deals": ("startDate", "endDate", None),
    "converts": ("from", "to", 30 * 86_400),
}
TICKERS = ("BTC", "ETH", "USDT", "XLM")


class StillClock:
    """A clock that stands still."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def time(self) -> float:
        """Return the one time."""
        return self.now

    def monotonic(self) -> float:
        """Return the one time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def transaction(number: int, at: float, **other: Any) -> dict[str, Any]:
    """Return a transaction as the server writes it."""
    method = 1 + number % 2
    return {
        "address": f"address-{number}",
        "uniqueId": f"unique-{number}" if method == 2 else None,
        "createdAt": int(at),
        "currency": "Currency",
        "ticker": TICKERS[number % len(TICKERS)],
        "method": method,
        "amount": f"{number}.00010",
        "description": "",
        "memo": "",
        "fee": "0",
        "status": (3, 7, 15)[number % 3],
        "network": None,
        "transactionHash": f"hash-{number}",
        "transactionId": str(uuid.UUID(int=number)),
        "details": None,
        "confirmations": {"actual": 1, "required": 2},
    } | other


def order(number: int, at: float, **other: Any) -> dict[str, Any]:
    """Return an order as the server writes it; its market is not in the row."""
    return {
        "id": number,
        "clientOrderId": "",
        "type": "limit",
        "side": "buy",
        "ctime": at,
        "ftime": at,
        "amount": "0.01",
        "price": "29500.5",
        "dealFee": "0",
        "dealStock": "0.01",
        "dealMoney": "295.005",
        "feeAsset": "USDT",
        "status": "FILLED",
        "postOnly": False,
        "ioc": False,
        "rpi": False,
        "reduceOnly": False,
    } | other


def deal(number: int, at: float, **other: Any) -> dict[str, Any]:
    """Return a deal as the server writes it; its market is not in the row."""
    return {
        "id": number,
        "clientOrderId": "",
        "time": at,
        "side": "sell",
        "role": 2,
        "amount": "9.986",
        "price": "0.9995",
        "deal": "9.981007",
        "fee": "0.009981007",
        "orderId": 7,
    } | other


def convert(number: int, at: float, **other: Any) -> dict[str, Any]:
    """Return a conversion as the server writes it."""
    step = {"from": "USDT", "to": "BTC", "rate": "0.00001193"}
    return {
        "id": str(number),
        "path": [step],
        "date": int(at),
        "give": "4",
        "receive": "0.00004772",
        "rate": "0.00001193",
    } | other


MAKERS: dict[str, Callable[..., dict[str, Any]]] = {
    "transactions": transaction,
    "orders": order,
    "deals": deal,
    "converts": convert,
}


@attrs.define
class History:
    """The rows of one read, and the server that lists them.

    Attributes:
        read: Which read.
        rows: All rows, newest first; of orders and deals with their market beside them.
        arrive: Called before each answer, to change the rows.
        requests: What was asked, in order.
        floor: The earliest date that the server takes, in unix seconds.
        cap: How far transactions can be paged through.
        most: The rows that a page has at most, whatever limit was asked for.
        written: Changes the body of an answer.
    """

    read: str
    rows: list[tuple[str, dict[str, Any]]] = attrs.field(factory=list)
    arrive: Callable[[History], None] = lambda _: None
    requests: list[dict[str, Any]] = attrs.field(factory=list)
    clock: StillClock = attrs.field(factory=StillClock)
    floor: float = 0.0
    cap: int = 10_000
    most: int | None = None
    written: Callable[[bytes], bytes] = lambda body: body

    @classmethod
    def of(cls, read: str, count: int, *, step: float = 60.0, **other: Any) -> History:
        """Return a history of so many rows, the newest a minute before now."""
        made = cls(read, **other)
        for number in range(1, count + 1):
            made.add(number, NOW - 60 - (count - number) * step)
        return made

    def add(self, number: int, at: float, **other: Any) -> None:
        """Put a row at the head."""
        market = ("BTC_USDT", "ETH_USDT")[number % 2]
        self.rows.insert(0, (market, MAKERS[self.read](number, at, **other)))

    def names(self) -> list[str]:
        """Return the name of each row, newest first."""
        return [_name(row) for _, row in self.rows]

    def answer(self, body: Mapping[str, Any]) -> bytes:
        """Answer one read."""
        self.arrive(self)
        self.requests.append(dict(body))
        found = self._found(body)
        limit, offset = body["limit"], body["offset"]
        if self.read == "transactions" and offset + limit > self.cap:
            raise BadRequest("too far", errors={"offset": ("Offset is too big.",)})
        limit = limit if self.most is None else min(limit, self.most)
        page = found[offset : offset + limit]
        if self.read in ("transactions", "converts"):
            rows = [row for _, row in page]
            envelope = {"limit": limit, "offset": offset, "total": len(found), "records": rows}
            return json.dumps(envelope).encode()
        if self.read == "deals" and "market" in body:
            return json.dumps([row for _, row in page]).encode()
        by_market: dict[str, list[Any]] = {}
        for market, row in page:
            by_market.setdefault(market, []).append(row)
        return json.dumps(by_market or []).encode()

    def _found(self, body: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        if body.keys() <= {"limit", "offset"}:
            return self.rows
        if self.read != "transactions":
            first, last = self._bounds(body)
            time, market = TIMES[self.read], body.get("market")
            return [
                found
                for found in self.rows
                if first <= found[1][time] <= last and market in (None, found[0])
            ]
        return [found for found in self.rows if self._matches(found[1], body)]

    def _matches(self, row: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
        return (
            body.get("transactionMethod") in (None, row["method"])
            and body.get("ticker") in (None, row["ticker"])
            and ("status" not in body or row["status"] in body["status"])
        )

    def _bounds(self, body: Mapping[str, Any]) -> tuple[float, float]:
        start, end, window = BOUNDS[self.read]
        if start not in body:
            return 0.0, float("inf")
        first, last = int(body[start]), int(body[end])
        if first < self.floor:
            raise BadRequest("too old", errors={start: ("validation.date",)})
        if window is not None and last - first > window:
            raise BadRequest("too wide", errors={start: ("api.validation.dateTime.maxRange",)})
        return first, last

    def fetch(self, body: Mapping[str, Any], /) -> Page[Any]:
        """Send one read, as the account flows do."""
        query = Query(self.read, {k: v for k, v in body.items() if k == "market"}, None, None, 1)
        return decode_page(query, self.written(self.answer(body)), "a_read")

    async def afetch(self, body: Mapping[str, Any], /) -> Page[Any]:
        """Send one read, as the async account flows do."""
        return self.fetch(body)

    def walk(
        self, query: Query, cursor: str | None = None, tickers: Iterable[str] | None = None
    ) -> Rows[Any]:
        """Return the rows of a query, as the sync face does.

        Args:
            query: What is read.
            cursor: Where an earlier walk stopped.
            tickers: All currencies, if the walk may ask for them.
        """
        ask = None if tickers is None else lambda: tickers
        return Rows(walk_through(query, self.fetch, self.clock, cursor, ask))

    def awalk(self, query: Query) -> AsyncRows[Any]:
        """Return the rows of a query, as the async face does."""
        return AsyncRows(_async.walk_through(query, self.afetch, self.clock))


def _name(row: Mapping[str, Any]) -> str:
    return str(row["transactionId"] if "transactionId" in row else row["id"])


def name_of(record: Any) -> str:
    """Return the name of a record."""
    return str(getattr(record, "transaction_id", None) or record.id)


def moments(*unix: float) -> Iterator[datetime]:
    """Yield times of unix seconds."""
    return (datetime.fromtimestamp(seconds, UTC) for seconds in unix)
