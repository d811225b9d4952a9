"""Responses of the four history reads, Bearer and signed (contract section 5, `tables.md`).

Where the contract leaves it open, the sandbox chooses:

- for transactions, a value of another type within a list gets a 422, every other error a 400;
- invalid parameters of orders and deals get a 400, or a 422 with `settings.invalid_as_422`;
- dates filter orders and deals by creation time, inclusive; a look-up by `clientOrderId` ignores
  dates and status, like one by `orderId`; deals older than six months are omitted without an
  error;
- the `quoteId` of a conversion is its id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.responses import Response

from .. import answers
from ..world.histories import STATUS_FILTERS, History, HistoryName
from ..world.model import User
from ..world.seeded_rows import CURRENCIES, MARKETS, Row
from ..world.world import World
from .read_parameters import Dates, Invalid, Parameters, is_integer, six_months_before

# The documented statuses of each method.
STATUSES: Final[dict[int, frozenset[int]]] = {
    1: frozenset({3, 4, 5, 7, 9, 15, 21, 22, 27, 28, 31}),
    2: frozenset({*range(1, 8), *range(10, 19), 21}),
}

_ORDER_DATES: Final = Dates("startDate", "endDate", 31, default_days=31, clamped=True)
_CONVERT_DATES: Final = Dates("from", "to", 30, as_text=True)

Answer = Callable[[History, Mapping[str, Any], World], Any]


def _read(
    name: HistoryName, answer: Answer
) -> Callable[[User, Mapping[str, Any], World], Response]:
    """Return the handler of a history read."""

    def read(user: User, content: Mapping[str, Any], world: World) -> Response:
        history = world.histories.of(user)
        try:
            response = answers.json_answer(answer(history, content, world))
        except Invalid as invalid:
            return invalid.answer()
        history.answered(name)
        return response

    return read


def _transactions(history: History, content: Mapping[str, Any], world: World) -> Any:
    parameters = Parameters(content, 400, 0)
    limit, offset = parameters.page(500, 50)
    if limit + offset > world.state.settings.furthest_row:
        raise parameters.refuse(
            "offset", text="Offset is too big. Please use offset + limit less than 10000."
        )
    method = parameters.choice("transactionMethod", (1, 2))
    ticker = _ticker(parameters, "ticker", history, "transactions")
    memo = parameters.text("memo")
    # One filter with two names (contract section 8); both must have the same value.
    unique_ids = {parameters.text(name) for name in ("unique_id", "uniqueId")} - {None}
    if len(unique_ids) > 1:
        raise parameters.refuse("unique_id", text="validation.same")
    filters = {
        "method": method and (method,),
        "ticker": ticker and (ticker,),
        "status": _statuses(parameters, method),
    }
    marks = {
        "memo": memo and (memo,),
        "address": _addresses(parameters),
        "unique_id": unique_ids or None,
    }
    found = history.ledger("transactions").find(_given(filters), _given(marks))
    limit = min(limit, world.state.settings.largest_page)
    rows = found.page(limit, offset)
    return {"limit": limit, "offset": offset, "total": found.total, "records": rows}


def _statuses(parameters: Parameters, method: int | None) -> list[int] | None:
    if not parameters.has("status"):
        return None
    statuses = parameters.content["status"]
    if not isinstance(statuses, list):
        raise parameters.refuse("status", text="validation.array")
    known = STATUSES[1] | STATUSES[2] if method is None else STATUSES[method]
    for place, status in enumerate(statuses):
        if not is_integer(status):
            raise Invalid(422, 0, {f"status.{place}": ["validation.integer"]})
    if not known.issuperset(statuses):
        raise parameters.refuse("status", text="validation.in")
    return statuses or None


def _addresses(parameters: Parameters) -> set[str] | None:
    one, several = parameters.text("address"), parameters.content.get("addresses")
    if parameters.has("addresses"):
        if not isinstance(several, list):
            raise parameters.refuse("addresses", text="validation.array")
        if len(several) > 20:
            raise parameters.refuse("addresses", text="validation.max.array")
        for place, address in enumerate(several):
            if not isinstance(address, str):
                raise Invalid(422, 0, {f"addresses.{place}": ["validation.string"]})
    if one and several:
        return {one} & set(several)
    if several:
        return set(several)
    return {one} if one else None


def _orders(history: History, content: Mapping[str, Any], world: World) -> Any:
    parameters = _market_parameters(content, world)
    ledger = history.ledger("orders")
    limit, offset = parameters.page(500, 50)
    market = _market(parameters, history, "orders")
    status = parameters.choice("status", ("ALL", *STATUS_FILTERS))
    order_id = parameters.integer("orderId", least=0)
    client_order_id = parameters.text("clientOrderId")
    filters: dict[str, Any] = {"market": market and (market,)}
    if order_id is not None:
        found = ledger.find(_given(filters), {"id": (order_id,)})
    elif client_order_id:
        found = ledger.find(_given(filters), {"clientOrderId": (client_order_id,)})
        if not found.total:
            raise _no_order()
    else:
        first, last = _ORDER_DATES.window(parameters, world.state.clock.now())
        filters["status"] = (status,) if status not in (None, "ALL") else None
        found = ledger.find(_given(filters), since=_begin(first), until=_end(last))
    limit = min(limit, world.state.settings.largest_page)
    by_market = _by_market(found.page(limit, offset))
    # An empty order history was seen as a list.
    return by_market if by_market or world.traps.empty_orders_as_map else []


def _deals(history: History, content: Mapping[str, Any], world: World) -> Any:
    parameters = _market_parameters(content, world)
    limit, offset = parameters.page(500, 50)
    market = _market(parameters, history, "deals")
    client_order_id = parameters.text("clientOrderId")
    first, last = parameters.date("startDate"), parameters.date("endDate")
    if first is not None and last is not None and first > last:
        raise parameters.refuse("startDate", text="validation.before_or_equal")
    oldest = six_months_before(world.state.clock.now())
    marks = {"clientOrderId": client_order_id and (client_order_id,)}
    found = history.ledger("deals").find(
        _given({"market": market and (market,)}),
        _given(marks),
        since=_begin(max(oldest, first or 0)),
        until=None if last is None else _end(last),
    )
    if client_order_id and not found.total:
        raise _no_order()
    rows = found.page(min(limit, world.state.settings.largest_page), offset)
    if market is None:
        return _by_market(rows)
    unnamed = ("market", "feeAsset")
    return [{name: row[name] for name in row if name not in unnamed} for row in rows]


def _converts(history: History, content: Mapping[str, Any], world: World) -> Any:
    parameters = Parameters(content, 422, 30)
    limit, offset = parameters.page(100, 100)
    source = _ticker(parameters, "fromTicker", history, "converts", "from")
    target = _ticker(parameters, "toTicker", history, "converts", "to")
    quote_id = parameters.text("quoteId")
    first, last = _CONVERT_DATES.window(parameters, world.state.clock.now())
    found = history.ledger("converts").find(
        _given({"from": source and (source,), "to": target and (target,)}),
        _given({"id": quote_id and (quote_id,)}),
        since=_begin(first),
        until=_end(last),
    )
    rows = found.page(limit, offset)
    return {"records": rows, "total": found.total, "limit": limit, "offset": offset}


def _market_parameters(content: Mapping[str, Any], world: World) -> Parameters:
    return Parameters(content, 422 if world.state.settings.invalid_as_422 else 400, 30)


def _market(parameters: Parameters, history: History, name: HistoryName) -> str | None:
    """Return the requested market, if it exists."""
    market = parameters.text("market")
    if market is not None and market not in {*MARKETS, *history.ledger(name).values("market")}:
        raise Invalid(parameters.status, 31, {"market": ["Market is not available."]})
    return market


def _ticker(
    parameters: Parameters,
    field: str,
    history: History,
    name: HistoryName,
    property_of_rows: str = "ticker",
) -> str | None:
    """Return the requested ticker, if it exists."""
    ticker = parameters.text(field)
    if (
        ticker
        and ticker not in CURRENCIES
        and ticker not in history.ledger(name).values(property_of_rows)
    ):
        raise parameters.refuse(field, text="Currency was not found.")
    return ticker


def _no_order() -> Invalid:
    return Invalid(422, 30, {"orderHistory": ["OrderHistory was not found."]})


def _by_market(rows: list[Row]) -> dict[str, list[Row]]:
    by_market: dict[str, list[Row]] = {}
    for row in rows:
        by_market.setdefault(row.pop("market"), []).append(row)
    return by_market


def _given(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters that were given."""
    return {name: values for name, values in chosen.items() if values is not None and values != ""}


def _begin(second: int) -> int:
    return second * 1_000_000


def _end(second: int) -> int:
    return second * 1_000_000 + 999_999


transactions: Final = _read("transactions", _transactions)
orders: Final = _read("orders", _orders)
deals: Final = _read("deals", _deals)
converts: Final = _read("converts", _converts)
