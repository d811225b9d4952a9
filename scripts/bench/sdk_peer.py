"""WhiteBIT's own SDK, in a separate environment, since its requirements conflict with ours.

It no longer has the OAuth calls; here it parses the signed reads of the same content. It returns
amounts as text and times as numbers. This module is run by that environment's interpreter, so it
must not import this package.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .processes import Peer, serve


def _serve(folder: str) -> None:
    parse = importlib.import_module("whitebit.core.pydantic_utilities").parse_obj_as
    deposits = importlib.import_module(
        "whitebit.main_account.types.get_deposit_withdraw_history_response"
    )
    orders = importlib.import_module(
        "whitebit.spot_trading.types.get_order_history_response_value_item"
    )

    def batch(name: str, kind: Any) -> Callable[[int], float]:
        body = Path(folder, name).read_bytes()

        def times(count: int) -> float:
            begun = time.perf_counter()
            for _ in range(count):
                parse(kind, json.loads(body))
            return time.perf_counter() - begun

        return times

    by_market = dict[str, list[orders.GetOrderHistoryResponseValueItem]]  # type: ignore[name-defined]  # not installed here
    serve(
        {
            "transactions": batch("transactions", deposits.GetDepositWithdrawHistoryResponse),
            "orders": batch("orders", by_market),
        }
    )


class SDKPeer(Peer):
    """The process, for the duration of a block.

    Args:
        folder: Contains the pages, each in a file of its name.
        python: The interpreter of the SDK's environment.
    """

    def __init__(self, folder: Path, python: str) -> None:
        super().__init__("sdk_peer", str(folder), python)


if __name__ == "__main__":
    _serve(sys.argv[1])
