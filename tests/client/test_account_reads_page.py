"""The limits that docs/account-reads.md names."""

from __future__ import annotations

import re
from pathlib import Path

from whitebit_api.operations import OPERATIONS

PAGE = (Path(__file__).parents[2] / "docs" / "account-reads.md").read_text(encoding="utf-8")


def test_limits_are_those_of_the_code() -> None:
    """The document names each limit of the request budget."""
    (paragraph,) = re.findall(r"WhiteBIT counts requests.*?\n\n", PAGE, re.DOTALL)
    reads = [row for row in OPERATIONS.values() if row.security == "signed"]
    limits = {row.rate_limit.requests for row in reads}
    assert all(f"{limit:,}" in paragraph for limit in limits)
