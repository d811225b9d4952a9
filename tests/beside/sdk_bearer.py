"""Bearer reads of WhiteBIT's SDK 1.1.12, the last one with them, and its token requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
from whitebit import WhitebitApi
from whitebit.environment import WhitebitApiEnvironment
from whitebit.hmac_transport import HmacTransport

from tests.beside.reporting import report


def calls(facts: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Return the calls by name."""
    base_url = facts["base_url"]

    def sdk(token: str, transport: httpx.BaseTransport) -> Any:
        return WhitebitApi(
            environment=WhitebitApiEnvironment(base=base_url, production=base_url, eu=base_url),
            txc_apikey="",
            token=token,
            httpx_client=httpx.Client(transport=transport),
        )

    credentials = {"client_id": facts["client_id"], "client_secret": facts["client_secret"]}
    now = int(time.time())

    # Its own transport drops the header of an empty token.
    sign_in = sdk("", HmacTransport("", httpx.HTTPTransport())).authentication
    reads = sdk(facts["access_token"], httpx.HTTPTransport()).account_endpoints
    return {
        "authentication.get_access_token()": lambda: sign_in.get_access_token(
            code=facts["code"], **credentials
        ),
        "authentication.refresh_token()": lambda: sign_in.refresh_token(
            token=facts["refresh_token"], **credentials
        ),
        "get_account_transactions()": lambda: reads.get_account_transactions(request={}),
        "get_account_transactions(filter)": lambda: reads.get_account_transactions(
            request={"limit": "20", "transactionMethod": "2"}
        ),
        "get_currency_conversions()": lambda: reads.get_currency_conversions(
            request={"from": now - 20 * 86_400, "to": now}
        ),
        "get_orders_history()": lambda: reads.get_orders_history(request={}),
        "get_executed_deals()": lambda: reads.get_executed_deals(request={}),
        "get_main_account_balance()": lambda: reads.get_main_account_balance(request={}),
        "get_spot_account_balance()": lambda: reads.get_spot_account_balance(request={}),
    }


if __name__ == "__main__":
    report(calls)
