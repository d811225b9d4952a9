"""Every documented response of a read becomes records with the same content."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from whitebit_api.operations import OPERATIONS
from whitebit_ext.account.balances import decode_main_balances, decode_spot_balances
from whitebit_ext.account.decode import (
    decode_converts,
    decode_deals,
    decode_orders,
    decode_transactions,
)

DECODE: dict[str, Any] = {
    "list_main_account_history": decode_transactions,
    "get_main_account_balance": decode_main_balances,
    "get_trade_account_balance": decode_spot_balances,
    "list_trade_account_order_history": decode_orders,
    "list_trade_account_executed_history": decode_deals,
    "list_convert_history": decode_converts,
}


def rows_of(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows of an answer in any of its shapes."""
    if isinstance(value, dict) and "records" in value:
        value = value["records"]
    for item in value.values() if isinstance(value, dict) else value:
        yield from item if isinstance(item, list) else [item]


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_become_records(document: Any, name: str) -> None:
    """Every row of every documented success becomes a record with that row as its `raw`."""
    decode = DECODE.get(OPERATIONS[name].signed_operation or name)
    if decode is None:
        return  # no read
    for status in OPERATIONS[name].success:
        for example in document.answer(name, str(status))["content"]["application/json"][
            "examples"
        ].values():
            value = document.resolve(example)["value"]
            single = isinstance(value, dict) and {"main_balance", "available"} & set(value)
            body = json.dumps(value).encode()
            found = decode(body, name, *(["BTC"] if single or isinstance(value, list) else []))
            records = list(found.values() if hasattr(found, "values") else found)
            assert all(dict(record.unknown) == {} for record in records)
            meant = [value] if single else list(rows_of(value))
            assert [json.loads(json.dumps(dict(r.raw), default=float)) for r in records] == meant
