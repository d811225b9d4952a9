"""Decoding a page of 500 records, compared with `json.loads` of the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from whitebit_ext.account.decode import decode_orders, decode_transactions

from .figures import Figure, ratio
from .page_peers import peers
from .partners import times
from .rounds import in_turns
from .sdk_peer import SDKPeer

ROWS = 500
PAGES = 5  # a batch


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


def pages(rounds: int, sdk_python: str | None) -> list[Figure]:
    """Measure pages of transactions and of orders.

    Args:
        rounds: Number of rounds.
        sdk_python: An interpreter that has WhiteBIT's SDK; without one, the SDK is skipped.
    """
    bodies = {"transactions": _transactions(), "orders": _orders()}
    if sdk_python is None:
        return _measured(bodies, rounds, None)
    with TemporaryDirectory() as folder:
        for name, body in bodies.items():
            Path(folder, name).write_bytes(body)
        with SDKPeer(Path(folder), sdk_python) as sdk:
            return _measured(bodies, rounds, sdk)


def _measured(bodies: Mapping[str, bytes], rounds: int, sdk: SDKPeer | None) -> list[Figure]:
    transactions, orders = bodies["transactions"], bodies["orders"]
    return [
        _page(
            *("transactions", 0.6, rounds, transactions, sdk),
            lambda: decode_transactions(transactions, "list_account_transactions"),
        ),
        _page(
            *("orders", 0.75, rounds, orders, sdk),
            lambda: decode_orders(orders, "list_account_orders"),
        ),
    ]


def _page(
    name: str,
    target: float,
    rounds: int,
    body: bytes,
    sdk: SDKPeer | None,
    ours: Callable[[], object],
) -> Figure:
    others = {label: times(PAGES, call) for label, call in peers(name, body).items()}
    if sdk is not None:
        # It is so slow that one page is measured and multiplied.
        others["WhiteBIT's SDK"] = lambda: sdk.do(name, 1) * PAGES
    measured = in_turns(
        {
            "json.loads": times(PAGES, lambda: json.loads(body)),
            "ours": times(PAGES, ours),
            **others,
        },
        "json.loads",
        rounds,
    )
    return ratio(
        *(f"{ROWS} {name}, bytes to records; to `json.loads`", target, measured, "ours"),
        peers=tuple(others),
    )
