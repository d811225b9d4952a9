"""What a test answers for the clients, and the rows of an account that they look up."""

from __future__ import annotations

from typing import Any

from whitebit_ext.sandbox import Sandbox

# ccxt loads these lists before its first signed call. The sandbox has no market data of its own.
MARKETS = [
    {
        "name": market,
        "stock": market.partition("_")[0],
        "money": market.partition("_")[2],
        "stockPrec": "6",
        "moneyPrec": "2",
        "feePrec": "4",
        "makerFee": "0.1",
        "takerFee": "0.1",
        "minAmount": "0.001",
        "minTotal": "5",
        "maxTotal": "1000000",
        "tradesEnabled": True,
        "isCollateral": False,
        "type": "spot",
    }
    for market in ("BTC_USDT", "ETH_BTC", "ETH_USDT", "XLM_USDT")
]
ASSETS = {
    ticker: {
        "name": ticker,
        "unified_cryptoasset_id": 1,
        "can_withdraw": True,
        "can_deposit": True,
        "min_withdraw": "0",
        "max_withdraw": "0",
        "min_deposit": "0",
        "max_deposit": "0",
        "maker_fee": "0.1",
        "taker_fee": "0.1",
        "currency_precision": 8,
        "is_memo": False,
    }
    for ticker in ("BTC", "ETH", "USDT", "XLM")
}
ORDER = {
    "orderId": 4180284841,
    "clientOrderId": "",
    "market": "BTC_USDT",
    "side": "buy",
    "type": "limit",
    "timestamp": 1595792396.165973,
    "dealMoney": "0",
    "dealStock": "0",
    "amount": "0.01",
    "left": "0.01",
    "price": "9000",
    "dealFee": "0",
    "postOnly": False,
    "ioc": False,
    "status": "NEW",
    "stp": "no",
}


def given_answers(sandbox: Sandbox) -> None:
    """Answer the paths that are not among the sandbox's own."""
    sandbox.public("/api/v4/public/markets", answer=MARKETS)
    sandbox.public("/api/v4/public/assets", answer=ASSETS)
    sandbox.signed("/api/v4/orders", answer=[ORDER], permission="trading")
    sandbox.signed("/api/v4/order/new", answer=ORDER, permission="trading")
    sandbox.signed("/api/v4/order/cancel", answer=ORDER, permission="trading")


def rows_to_find(sandbox: Sandbox, user: str) -> dict[str, Any]:
    """Return the ids of an order and a deposit of a user."""
    history = sandbox.history(user)
    order = history.rows("orders")[0]
    deposit = next(
        row for row in history.rows("transactions") if row["method"] == 1 and row["uniqueId"]
    )
    return {"order_id": str(order["id"]), "deposit_id": deposit["uniqueId"]}
