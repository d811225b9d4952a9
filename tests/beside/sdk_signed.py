"""Signed calls of WhiteBIT's SDK 1.1.17 against the sandbox."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from whitebit.environment import WhitebitApiEnvironment

from tests.beside.reporting import report

PAGE = Path(__file__).parents[2] / "docs" / "beside-other-clients.md"


def example() -> Callable[..., Any]:
    """Return the function of the documentation that makes a client."""
    text = PAGE.read_text(encoding="utf-8")
    (code,) = re.findall(r"<!-- run by nox -s clients -->\n```python\n(.*?)```", text, re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(compile(code, PAGE.name, "exec"), namespace)  # noqa: S102 - our own text, as one copies it
    made: Callable[..., Any] = namespace["whitebit_sdk"]
    return made


def calls(facts: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Return the calls by name."""
    base_url = facts["base_url"]
    client = example()(
        facts["public_key"],
        facts["secret"],
        environment=WhitebitApiEnvironment(base=base_url, production="", eu=""),
    )
    # Its transport replaces these two, which some of its methods require.
    blank = {"request": "", "nonce": 0}
    now = int(time.time())
    main, spot = client.main_account, client.spot_trading
    return {
        "main_account.get_main_balance()": lambda: main.get_main_balance(**blank),
        "main_account.get_main_balance(ticker)": lambda: main.get_main_balance(
            ticker="BTC", **blank
        ),
        "main_account.get_deposit_withdraw_history()": lambda: main.get_deposit_withdraw_history(
            transaction_method=1, limit=20, **blank
        ),
        "spot_trading.trade_account_balance()": spot.trade_account_balance,
        "spot_trading.trade_account_balance(ticker)": lambda: spot.trade_account_balance(
            ticker="BTC"
        ),
        "spot_trading.get_executed_order_history()": spot.get_executed_order_history,
        "spot_trading.get_executed_order_history(market)": lambda: spot.get_executed_order_history(
            market="BTC_USDT"
        ),
        "spot_trading.get_order_history()": spot.get_order_history,
        "convert_history()": lambda: client.convert_history(
            from_=str(now - 20 * 86_400), to=str(now)
        ),
        "spot_trading.get_active_orders()": spot.get_active_orders,
        "spot_trading.create_limit_order()": lambda: spot.create_limit_order(
            market="BTC_USDT", side="buy", amount="0.01", price="9000", **blank
        ),
    }


if __name__ == "__main__":
    report(calls)
