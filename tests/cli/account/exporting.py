"""Helpers of the tests of `whitebit-oauth account`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

from whitebit_ext.sandbox import HistoryName, Sandbox

from ..calling import Called, call

READS: tuple[HistoryName, ...] = get_args(HistoryName)
COUNT = 230
SAID: list[str] = []
"""The output of the commands of a test."""
PAGE = ("--page-size", "50")
OPERATIONS: Mapping[str, str] = {
    "transactions": "list_main_account_history",
    "orders": "list_trade_account_order_history",
    "deals": "list_trade_account_executed_history",
    "converts": "list_convert_history",
}


def run(*arguments: str, code: int = 0) -> Called:
    """Run a command for the user alice."""
    result = call("account", *arguments, "--user", "alice")
    assert result.exit_code == code, result.output
    SAID.append(result.output)
    return result


def name_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the identity of an exported row."""
    if "transaction_id" in row:
        return row["method"], row["transaction_id"]
    return row.get("market"), str(row["id"]), row.get("role")


def wire_names(sandbox: Sandbox, read: HistoryName) -> list[tuple[Any, ...]]:
    """Return the identities of the rows in the sandbox, newest first."""
    return [
        name_of({**row, "transaction_id": row["transactionId"]} if "method" in row else row)
        for row in sandbox.history("alice").rows(read)
    ]


def lines_of(text: str) -> list[dict[str, Any]]:
    """Return the objects of JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def fail(sandbox: Sandbox, read: str, nth: int, times: int = 1) -> None:
    """Refuse the nth page, which is not retried, and as many pages as given."""
    body = {"code": 4, "message": "This API Key is not authorized to perform this action."}
    sandbox.faults.add(
        OPERATIONS[read], kind="status", status=403, body=json.dumps(body), nth=nth, times=times
    )
