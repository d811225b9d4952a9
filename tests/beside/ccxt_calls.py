"""The reads of ccxt's whitebit class against the sandbox, with only the address changed.

Run as a program, it reads the facts of the sandbox as JSON from standard input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ccxt


def exchange(base_url: str, public_key: str, secret: str, **options: Any) -> Any:
    """Return ccxt's class for a key, with the address of the sandbox."""
    made = ccxt.whitebit(
        {"apiKey": public_key, "secret": secret, "enableRateLimit": False, "options": options}
    )
    # Its session would read proxies from the environment.
    made.session.trust_env = False
    made.urls["api"] = _moved(made.urls["api"], base_url)
    return made


def _moved(urls: Any, base_url: str) -> Any:
    if isinstance(urls, dict):
        return {name: _moved(url, base_url) for name, url in urls.items()}
    return urls.replace("https://whitebit.com", base_url)


def calls(
    client: Any, *, order_id: str, deposit_id: str, **unused: Any
) -> dict[str, Callable[[], Any]]:
    """Return the calls by name: two without a signature, then thirteen signed reads."""
    now = client.milliseconds()
    since = now - 20 * 86_400_000
    until = {"until": now}
    return {
        "fetch_time()": client.fetch_time,
        "load_markets()": client.load_markets,
        "fetch_balance(main)": lambda: client.fetch_balance({"account": "main"}),
        "fetch_balance()": client.fetch_balance,
        "fetch_my_trades()": client.fetch_my_trades,
        "fetch_my_trades(symbol)": lambda: client.fetch_my_trades("BTC/USDT"),
        "fetch_closed_orders()": client.fetch_closed_orders,
        "fetch_closed_orders(symbol)": lambda: client.fetch_closed_orders("BTC/USDT", limit=5),
        "fetch_order(id)": lambda: client.fetch_order(order_id, params={"checkActive": False}),
        "fetch_deposits()": client.fetch_deposits,
        "fetch_withdrawals(code)": lambda: client.fetch_withdrawals("BTC"),
        "fetch_transactions()": client.fetch_transactions,
        "fetch_deposits_withdrawals()": client.fetch_deposits_withdrawals,
        "fetch_deposit(id)": lambda: client.fetch_deposit(deposit_id),
        "fetch_convert_trade_history()": lambda: client.fetch_convert_trade_history(
            None, since, 10, until
        ),
    }


def more(client: Any, **unused: Any) -> dict[str, Callable[[], Any]]:
    """Return calls of paths that a test answers, and two that fail inside of ccxt."""
    return {
        "fetch_open_orders()": client.fetch_open_orders,
        "create_order()": lambda: client.create_order("BTC/USDT", "limit", "buy", 0.01, 9000),
        "cancel_order()": lambda: client.cancel_order("1", "BTC/USDT"),
        "fetch_orders()": client.fetch_orders,
        "fetch_closed_orders(), none": lambda: client.fetch_closed_orders(
            params={"startDate": client.seconds(), "endDate": client.seconds()}
        ),
    }


def main(facts: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Return the calls of both ways to send a nonce."""
    made: dict[str, Callable[[], Any]] = {}
    ways: tuple[dict[str, Any], ...] = ({}, {"nonceWindow": True})
    for options in ways:
        key = (facts["base_url"], facts["public_key"], facts["secret"])
        client = exchange(*key, **options)
        label = "nonceWindow: " if options else ""
        all_calls = {**calls(client, **facts), **more(client)}
        made |= {label + name: call for name, call in all_calls.items()}
    return made


if __name__ == "__main__":
    from tests.beside.reporting import report

    report(main)
