"""Bodies as the server writes them: published rows, and whole pages around rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from whitebit_api.records import Transaction
from whitebit_ext.account.decode import decode_transactions

from .server import transaction

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Live row of the flat form, as tables.md has it.
FLAT_DEAL = (
    b'{"id":1343815269,"clientOrderId":"","time":1641051917.532965,"side":"sell","role":2,'
    b'"amount":"9.986","price":"0.9995","deal":"9.981007","fee":"0.009981007",'
    b'"orderId":58166729555}'
)
CONVERT = (
    b'{"id":"1741105","path":[{"from":"USDT","to":"BTC","rate":"0.00001193"}],'
    b'"date":1741090757,"give":"4","receive":"0.00004772","rate":"0.00001193"}'
)


def envelope(*rows: Any, **other: Any) -> bytes:
    """Return a page of rows with a total."""
    content = {"limit": 50, "offset": 0, "total": len(rows), "records": list(rows)}
    return json.dumps(content | other).encode()


def one_transaction(**changes: Any) -> Transaction:
    """Return a transaction decoded from a row with these fields."""
    (record,) = decode_transactions(envelope(transaction(2, 1_593_437_922, **changes)), "read")
    return record
