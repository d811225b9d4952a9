"""The examples of docs/account-reads.md are run unchanged."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from whitebit_api.operations import OPERATIONS
from whitebit_ext import AsyncWhiteBIT

from .faces import Face
from .test_history_walks import ready

PAGE = (Path(__file__).parents[2] / "docs" / "account-reads.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SHOWN = [block for block in BLOCKS if "import pandas" in block]  # neither is a dependency
EXAMPLES = [block for block in BLOCKS if block not in SHOWN]


@pytest.mark.parametrize("face", ["sync"], indirect=True)
def test_examples_run(face: Face, capsys: pytest.CaptureFixture[str]) -> None:
    """All examples run in order against the sandbox, with the stated results."""
    assert (len(EXAMPLES), len(SHOWN)) == (5, 1)
    face.sandbox.add_user("alice", spot_balances={"BTC": ("0.10", "0")})
    user = ready(face, transactions=300, orders=300, deals=300, converts=300)
    names: dict[str, Any] = {"partner": face.partner()}
    for example in EXAMPLES:
        exec(compile(example, "account-reads.md", "exec"), names)  # noqa: S102  # our own page
    assert names["free"] == {"BTC": Decimal("0.10")}
    assert names["pending"]
    assert "orders, the last of them" in capsys.readouterr().out
    assert [*names["first"], *names["rest"]] == [deal.id for deal in user.account.deals()]
    assert names["table"]

    async def fees() -> Decimal:
        async with AsyncWhiteBIT(**face.arguments()) as partner:
            found: Decimal = await names["fees"](partner, "alice")
            return found

    assert asyncio.run(fees()) == sum(deal.fee for deal in user.account.deals())


def test_limits_are_those_of_the_code() -> None:
    """The document names each limit of the request budget."""
    (paragraph,) = re.findall(r"WhiteBIT counts requests.*?\n\n", PAGE, re.DOTALL)
    reads = [row for row in OPERATIONS.values() if row.security == "signed"]
    limits = {row.rate_limit.requests for row in reads}
    assert all(f"{limit:,}" in paragraph for limit in limits)
