"""A page of 500 records from bytes, against `json.loads` of the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from whitebit_api.models.orders_by_market import OrdersByMarket
from whitebit_api.models.transaction_page import TransactionPage
from whitebit_ext.history.decode import decode_orders, decode_transactions

from .figures import Figure, ratio
from .partners import times
from .rounds import in_turns

ROWS = 500


def _transactions() -> bytes:
    rows = [
        {
            "address": f"3ApEASLcrQtZpg1TsssFgYF5V5YQJAKvu{at:03d}",
            "uniqueId": None if at % 3 else f"unique-{at}",
            "createdAt": 1_593_437_922 + at,
            "currency": "Bitcoin",
            "ticker": "BTC",
            "method": 1 + at % 2,
            "amount": f"0.{at:04d}6",
            "description": "",
            "memo": "",
            "fee": "0.00000001",
            "status": 7 if at % 2 else 15,
            "network": None,
            "transactionHash": f"{at:064x}",
            "transactionId": f"5e112b38-9652-11ed-a1eb-0242ac{at:06d}",
            "details": {
                "partial": {
                    "requestAmount": "50000",
                    "processedAmount": "39000",
                    "processedFee": "273",
                    "normalizeTransaction": "",
                }
            }
            if at % 10 == 0
            else None,
            "confirmations": {"actual": 1, "required": 2},
        }
        for at in range(ROWS)
    ]
    page = {"limit": ROWS, "offset": 0, "records": rows, "total": 9_000}
    return json.dumps(page, separators=(",", ":")).encode()


def _orders() -> bytes:
    markets: dict[str, list[dict[str, Any]]] = {"BTC_USDT": [], "ETH_USDT": [], "WBT_USDT": []}
    names = list(markets)
    for at in range(ROWS):
        markets[names[at % 3]].append(
            {
                "id": 4_986_126_152 - at,
                "clientOrderId": "",
                "type": "limit",
                "side": "sell" if at % 2 else "buy",
                "amount": f"{at}.0013929494020316",
                "price": "40000.01",
                "ctime": 1_597_486_960.311_311 - at,
                "ftime": 1_597_486_960.311_332 - at,
                "dealFee": "0.041258268",
                "dealStock": "0.0009",
                "dealMoney": "41.258268",
                "feeAsset": "USDT",
                "status": "FILLED" if at % 4 else "CANCELED",
                "postOnly": False,
                "ioc": False,
                "rpi": False,
                "reduceOnly": False,
            }
        )
    return json.dumps(markets, separators=(",", ":")).encode()


def pages(rounds: int) -> list[Figure]:
    """Measure pages of transactions and of orders."""
    transactions, orders = _transactions(), _orders()
    return [
        _page(
            *("transactions", 0.9, rounds, transactions),
            lambda: decode_transactions(transactions, "get_account_transactions"),
            lambda: TransactionPage.from_dict(json.loads(transactions)),
        ),
        _page(
            *("orders", 1.2, rounds, orders),
            lambda: decode_orders(orders, "get_account_orders"),
            lambda: OrdersByMarket.from_dict(json.loads(orders)),
            reason="the decoder alone takes about a `json.loads`; checks and merging come on top",
        ),
    ]


def _page(
    name: str,
    target: float,
    rounds: int,
    body: bytes,
    ours: Callable[[], object],
    generated: Callable[[], object],
    reason: str = "",
) -> Figure:
    measured = in_turns(
        {
            "json.loads": times(5, lambda: json.loads(body)),
            "ours": times(5, ours),
            "generated models": times(5, generated),
        },
        "json.loads",
        rounds,
    )
    return ratio(
        *(f"{ROWS} {name}, bytes to records; to `json.loads`", target, measured, "ours"),
        peers=("generated models",),
        reason=reason,
    )
