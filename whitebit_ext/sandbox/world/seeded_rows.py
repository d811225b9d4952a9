"""Generated rows of account histories (contract, `tables.md`).

A row is computed from a seed and its number, where 0 is the oldest, so a history of any size needs
no memory. Amounts are exact: `deal` equals amount times price to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs

Row = dict[str, Any]

CURRENCIES: Final = {
    "BTC": "Bitcoin",
    "ETH": "Ethereum",
    "EUR": "Euro",
    "USDC": "USD Coin",
    "USDT": "Tether US",
    "XLM": "Stellar Lumens",
}
MARKETS: Final = ("BTC_USDT", "ETH_BTC", "ETH_USDT", "XLM_USDT", "BTC_PERP")

# Sixteen each, with a realistic share of successful ones. 31 was seen elsewhere.
_DEPOSIT_STATUS: Final = (3, 3, 3, 3, 7, 3, 7, 4, 9, 5, 15, 21, 22, 27, 28, 31)
_WITHDRAWAL_STATUS: Final = (3, 3, 3, 7, 7, 7, 1, 2, 6, 10, 14, 17, 4, 5, 18, 21)
_ORDER_TYPES: Final = (
    *("limit", "limit", "limit", "market", "stock market", "stop limit", "stop market"),
    *("normalization",),
)
_FUTURES_TYPES: Final = (
    "margin limit",
    "margin market",
    "margin stop limit",
    "trigger stop market",
)
_ORDER_STATUS: Final = (
    *("FILLED", "FILLED", "FILLED", "MAINTENANCE", "CANCELED", "CANCELED", "PARTIALLY_FILLED"),
    "CANCELED_STP",
)
_FUTURES_STATUS: Final = (
    *("FILLED", "FILLED", "CANCELED", "AUTO_CANCELED_LIQUIDATION"),
    "AUTO_CANCELED_REDUCE_ONLY",
)
_POSITION_SIDES: Final = ("BOTH", "LONG", "SHORT")
_PAIRS: Final = (("USDT", "BTC"), ("ETH", "USDC"), ("EUR", "XLM"), ("BTC", "ETH"))

_MASK: Final = (1 << 64) - 1


@attrs.frozen
class Profile:
    """The profile of generated rows.

    Attributes:
        seed: Different seeds generate different rows.
        tickers: The currencies of transactions.
        markets: The markets of orders and deals.
        canceled: Whether there are cancelled orders; a B2B account has none.
    """

    seed: int = 1
    tickers: Sequence[str] = tuple(CURRENCIES)
    markets: Sequence[str] = MARKETS
    canceled: bool = True


def scatter(seed: int, number: int) -> int:
    """Return 64 pseudo-random bits for a seed and a number."""
    bits = (number * 0x9E3779B97F4A7C15 + seed * 0xD1342543DE82EF95 + 1) & _MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
    return bits ^ (bits >> 31)


def fixed(units: int, decimals: int) -> str:
    """Return a number of smallest units as a decimal with trailing zeros."""
    digits = f"{units:0{decimals + 1}d}"
    return f"{digits[:-decimals]}.{digits[-decimals:]}"


def transaction(profile: Profile, number: int, micros: int) -> Row:
    """Return a deposit or a withdrawal with this time, in Unix microseconds."""
    bits = scatter(profile.seed, number)
    deposit = bits & 1 == 1
    ticker = profile.tickers[(bits >> 1) % len(profile.tickers)]
    status = (_DEPOSIT_STATUS if deposit else _WITHDRAWAL_STATUS)[(bits >> 8) & 15]
    amount = 1 + (bits >> 12) % 10**13
    # One in sixteen has the same hash as the transaction before.
    same_hash = scatter(profile.seed + 1, number - (number & 15 == 1))
    digits = f"{bits:016x}"
    partial = {
        "requestAmount": fixed(amount, 8),
        "processedAmount": fixed(amount // 2, 8),
        "processedFee": fixed(amount // 2000, 8),
        "normalizeTransaction": "",
    }
    return {
        "address": f"{ticker.lower()}1{scatter(profile.seed, number % 97):016x}",
        "uniqueId": None if deposit and bits & 2 else f"sandbox-{number}",
        "createdAt": micros // 1_000_000,
        "currency": CURRENCIES.get(ticker, ticker),
        "ticker": ticker,
        "method": 1 if deposit else 2,
        "amount": fixed(amount, 8),
        "description": "" if bits & 4 else "Paid by hand",
        "memo": str(1_000 + number % 500) if ticker == "XLM" else "",
        "fee": "0" if deposit else fixed(amount // 1000, 8),
        "status": status,
        "network": ("ERC20", "TRC20")[bits >> 40 & 1] if ticker.startswith("USD") else None,
        "transactionHash": f"{same_hash:016x}" * 4,
        "transactionId": f"{digits[:8]}-{digits[8:12]}-4{digits[13:]}-8000-{number:012x}",
        "details": {"partial": partial} if status == 18 else None,
        "confirmations": {"actual": bits >> 44 & 7, "required": 6} if deposit else None,
    }


def order(profile: Profile, number: int, micros: int) -> Row:
    """Return an order with this creation time; the row includes its market."""
    bits = scatter(profile.seed + 2, number)
    market, side, client_order_id = _placed(profile, number)
    futures = market.endswith("_PERP")
    types = _FUTURES_TYPES if futures else _ORDER_TYPES
    kind = types[(bits >> 8) % len(types)]
    statuses = _FUTURES_STATUS if futures else _ORDER_STATUS
    status = statuses[(bits >> 16) % len(statuses)] if profile.canceled else "FILLED"
    at_market = kind.endswith("market") or kind == "normalization"
    amount, price = 1 + (bits >> 20) % 10**10, 1 + (bits >> 28) % 10**7
    dealt = amount if status == "FILLED" else amount // 2 if bits & 8 else 0
    money = dealt * price
    row: Row = {
        "market": market,
        "id": _order_id(number),
        "clientOrderId": client_order_id,
        "type": kind,
        "side": side,
        "ctime": micros / 1_000_000,
        "ftime": (micros + bits % 900_000) / 1_000_000,
        "amount": fixed(amount, 8),
        "price": "0" if at_market else fixed(price, 2),
        "dealFee": fixed(money, 13),  # a thousandth
        "dealStock": fixed(dealt, 8),
        "dealMoney": fixed(money, 10),
        "feeAsset": "USDT" if futures else market.rpartition("_")[2],
        "status": status,
        "postOnly": not at_market and bits & 16 == 16,
        "ioc": not at_market and bits & 48 == 32,
        "rpi": False,
        "reduceOnly": status == "AUTO_CANCELED_REDUCE_ONLY",
    }
    if "stop" in kind:
        row["activated"] = int(dealt > 0)
        row["activationPrice"] = fixed(price + 5, 2)
        row["activationCondition"] = "<=" if side == "sell" else ">="
    if futures:
        row["positionSide"] = _POSITION_SIDES[(bits >> 48) % len(_POSITION_SIDES)]
    return row


def deal(profile: Profile, number: int, micros: int) -> Row:
    """Return a deal with this time; the row includes its market.

    Deals 2n and 2n + 1 have the ids, market and side of order n, but not its amounts and times.
    """
    bits = scatter(profile.seed + 3, number)
    market, side, client_order_id = _placed(profile, number // 2)
    amount, price = 1 + (bits >> 20) % 10**10, 1 + (bits >> 28) % 10**7
    return {
        "market": market,
        "id": 1_343_000_000 + number,
        "clientOrderId": client_order_id,
        "time": micros / 1_000_000,
        "side": side,
        "role": 1 + (bits & 1),
        "amount": fixed(amount, 8),
        "price": fixed(price, 2),
        "deal": fixed(amount * price, 10),
        "fee": fixed(amount * price, 13),  # a thousandth
        "feeAsset": "USDT" if market.endswith("_PERP") else market.rpartition("_")[2],
        "orderId": _order_id(number // 2),
    }


def convert(profile: Profile, number: int, micros: int) -> Row:
    """Return a conversion with this time, in one step or two."""
    bits = scatter(profile.seed + 4, number)
    source, target = _PAIRS[bits & 3]
    give, rate = 1 + (bits >> 20) % 10**6, 1 + (bits >> 28) % 10**9
    path = [{"from": source, "to": target, "rate": fixed(rate, 8)}]
    if bits & 12 == 12:
        path[0]["to"] = "USDT" if "USDT" not in (source, target) else "EUR"
        path.append({"from": path[0]["to"], "to": target, "rate": "1.00"})
    return {
        "id": str(1_741_000 + number),
        "path": path,
        "date": micros // 1_000_000,
        "give": fixed(give, 2),
        "receive": fixed(give * rate, 10),
        "rate": fixed(rate, 8),
    }


def _order_id(number: int) -> int:
    return 4_986_000_000 + number


def _placed(profile: Profile, number: int) -> tuple[str, str, str]:
    """Return market, side and client order id of an order; two of three have no such id."""
    bits = scatter(profile.seed + 5, number)
    market = profile.markets[bits % len(profile.markets)]
    return market, "sell" if bits >> 32 & 1 else "buy", f"mine-{number}" if number % 3 == 0 else ""
