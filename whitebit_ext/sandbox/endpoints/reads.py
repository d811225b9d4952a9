"""Responses of the account reads, Bearer and signed (contract section 5, `tables.md`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs
from starlette.responses import Response

from .. import answers
from ..faults.traps import Traps
from ..world.model import User
from ..world.seeded_rows import CURRENCIES
from ..world.world import World
from . import history_reads

Parameters = Mapping[str, Any]


@attrs.frozen
class Read:
    """An account read with its two operations.

    Attributes:
        bearer: The name of the operation with a Bearer token.
        signed: The name of the signed operation.
        parameters: The documented keys of the body.
        answer: Returns the response.
    """

    bearer: str
    signed: str
    parameters: tuple[str, ...]
    answer: Callable[[User, Parameters, World], Response]


def main_balance(user: User, parameters: Parameters, world: World) -> Response:
    """Return the main balance of one ticker, or of all currencies."""
    balances = {
        ticker: {"main_balance": user.main_balances.get(ticker, "0")}
        for ticker in sorted({*CURRENCIES, *user.main_balances})
    }
    if "ticker" not in parameters:
        return answers.json_answer(balances)
    ticker = parameters["ticker"]
    if not isinstance(ticker, str):
        return _invalid(0, "validation.string")
    # An unknown ticker is not an error here.
    return _one(ticker, balances.get(ticker, {"main_balance": "0"}), world.traps)


def spot_balance(user: User, parameters: Parameters, world: World) -> Response:
    """Return the spot balance of one ticker, or of all currencies that are not zero."""
    balances = {
        ticker: {"available": available, "freeze": freeze}
        for ticker, (available, freeze) in sorted(user.spot_balances.items())
    }
    if "ticker" not in parameters:
        return answers.json_answer(
            {ticker: row for ticker, row in balances.items() if any(map(Decimal, row.values()))}
        )
    ticker = parameters["ticker"]
    if not isinstance(ticker, str):
        return _invalid(30, "validation.string")
    if ticker not in balances and ticker not in {*CURRENCIES, *user.main_balances}:
        return _invalid(30, "Currency was not found.")
    return _one(ticker, balances.get(ticker, {"available": "0", "freeze": "0"}), world.traps)


def _one(ticker: str, row: Mapping[str, str], traps: Traps) -> Response:
    return answers.json_answer({ticker: row} if traps.ticker_as_map else row)


def _invalid(code: int, text: str) -> Response:
    return answers.v4_error(422, code, "Validation failed", {"ticker": [text]})


_TRANSACTION_FIELDS: Final = (
    *("transactionMethod", "ticker", "address", "addresses", "memo", "unique_id", "uniqueId"),
    *("status", "limit", "offset"),
)
_DEAL_FIELDS: Final = ("market", "clientOrderId", "startDate", "endDate", "limit", "offset")
_CONVERT_FIELDS: Final = ("fromTicker", "toTicker", "from", "to", "quoteId", "limit", "offset")

READS: Final[tuple[Read, ...]] = (
    Read("get_account_main_balance", "get_main_account_balance", ("ticker",), main_balance),
    Read("get_account_spot_balance", "get_trade_account_balance", ("ticker",), spot_balance),
    Read(
        "list_account_transactions",
        "list_main_account_history",
        _TRANSACTION_FIELDS,
        history_reads.transactions,
    ),
    Read(
        "list_account_orders",
        "list_trade_account_order_history",
        (*_DEAL_FIELDS, "orderId", "status"),
        history_reads.orders,
    ),
    Read(
        "list_account_deals",
        "list_trade_account_executed_history",
        _DEAL_FIELDS,
        history_reads.deals,
    ),
    Read(
        "list_account_converts",
        "list_convert_history",
        _CONVERT_FIELDS,
        history_reads.converts,
    ),
)
