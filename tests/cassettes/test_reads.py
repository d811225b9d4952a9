"""The account reads replay in both forms: each shape of an answer, and each documented error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from anyio.from_thread import BlockingPortal
from msgspec.structs import replace

from whitebit_ext import MainBalance, SpotBalance

from ..client.bad_answers import expected
from .history_rows import (
    CONVERT_RECORDS,
    DEAL_RECORDS,
    ORDER_RECORDS,
    TRANSACTION_RECORDS,
)
from .reads import (
    BY_OPERATION,
    GATEWAY,
    STATUSES,
    refusals,
    refusals_name,
    shapes,
    shapes_name,
)
from .replaying import ReplayStage, replay

HERE = Path(__file__).parent
SANDBOX = HERE / "sandbox"
DOCUMENT = HERE.parents[1] / "spec" / "openapi.yaml"
REPEATED = (429, 500, 503, GATEWAY)

MAIN = {
    "BTC": MainBalance("BTC", Decimal("0.0013929494020316")),
    # The sandbox lists every currency, as WhiteBIT does.
    **{ticker: MainBalance(ticker, Decimal(0)) for ticker in ("ETH", "EUR", "USDC", "USDT", "XLM")},
}
SPOT = {
    "BTC": SpotBalance("BTC", Decimal("0.123"), Decimal("0.01")),
    "USDT": SpotBalance("USDT", Decimal("0.00100000"), Decimal(0)),
}
MEANT: dict[str, dict[str, object]] = {
    "main": {"map": MAIN, "single": {"BTC": MAIN["BTC"]}},
    "spot": {"map": SPOT, "single": {"BTC": SPOT["BTC"]}, "empty map": {}, "empty list": {}},
    "transactions": {"page": TRANSACTION_RECORDS},
    "orders": {"by market": ORDER_RECORDS, "one market": ORDER_RECORDS[1:], "empty list": []},
    "deals": {
        "by market": DEAL_RECORDS,
        # The flat form has no `feeAsset`.
        "one market": [replace(DEAL_RECORDS[0], fee_asset=None)],
        "empty list": [],
    },
    "converts": {"page": CONVERT_RECORDS},
}
"""What each shape is to become, by the read and the shape's name."""


def documented() -> Iterator[tuple[str, str, set[int]]]:
    """Yield each read of the document with its path and its error statuses."""
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if {"account", "signed_account"} & set(operation.get("tags", ())):
                statuses = {
                    GATEWAY if status == "5XX" else int(status)
                    for status in operation["responses"]
                    # As in test_cassettes.py.
                    if not status.startswith("2") and status not in ("405", "4XX")
                }
                yield operation["operationId"], path, statuses


def answers(path: Path, of: str) -> list[tuple[int, str]]:
    """Return status and body of each answer in a cassette to requests of a path."""
    recorded = yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]
    return [
        (each["response"]["status"]["code"], each["response"]["body"]["string"])
        for each in recorded
        if urlsplit(each["request"]["uri"]).path == of
    ]


PATHS = {operation: path for operation, path, _ in documented()}


@pytest.mark.parametrize("operation", BY_OPERATION)
def test_each_shape_replays(operation: str, portal: BlockingPortal | None) -> None:
    """Each shape of each read becomes the same records, whatever it was authorized with."""
    got = replay(SANDBOX / shapes_name(operation), ReplayStage(portal), shapes(operation))
    assert got == MEANT[BY_OPERATION[operation][0].name]


@pytest.mark.parametrize("operation", BY_OPERATION)
def test_each_error_replays(operation: str, portal: BlockingPortal | None) -> None:
    """Each error status of each read ends in its typed error, and serves until the next one."""
    path = SANDBOX / refusals_name(operation)
    errors = replay(path, ReplayStage(portal), refusals(operation))
    assert list(errors) == list(STATUSES)
    for status, error in errors.items():
        assert type(error) is expected(operation, status)
        assert (error.operation, error.status_code) == (operation, status)
        assert error.hint


def test_every_documented_error_of_a_read_is_recorded() -> None:
    """The cassettes hold the document's error statuses of each read, and no other."""
    recorded = {
        (
            operation,
            path,
            frozenset(s for s, _ in answers(SANDBOX / refusals_name(operation), path)),
        )
        for operation, path, _ in documented()
    }
    assert recorded == {
        (operation, path, frozenset(statuses)) for operation, path, statuses in documented()
    }
    assert set(PATHS) == set(BY_OPERATION)


@pytest.mark.parametrize("operation", BY_OPERATION)
def test_what_may_pass_is_asked_again(operation: str) -> None:
    """A 429 and a 5xx were asked again, and so recorded more than once; a refusal was not."""
    statuses = [s for s, _ in answers(SANDBOX / refusals_name(operation), PATHS[operation])]
    counts = {status: statuses.count(status) for status in STATUSES}
    assert all(counts[status] >= 3 for status in REPEATED)
    # A Bearer 401 is asked once more with a renewed token.
    once = set(STATUSES) - {*REPEATED, 401}
    assert {counts[status] for status in once} == {1}
    assert counts[401] == (2 if BY_OPERATION[operation][1] == "bearer" else 1)


def shape_of(body: str) -> str:
    """Name the shape of an answer."""
    content: Any = json.loads(body)
    if not content:
        return body
    if isinstance(content, list):
        return "rows"
    if "records" in content:
        return "page"
    inner = next(iter(content.values()))
    if isinstance(inner, str):
        return "single"
    return "map" if isinstance(inner, dict) else "rows by market"


SHAPES = {
    "main": {"map", "single"},
    "spot": {"map", "single", "{}", "[]"},
    "transactions": {"page"},
    "orders": {"rows by market", "[]"},
    "deals": {"rows by market", "rows", "[]"},
    "converts": {"page"},
}


@pytest.mark.parametrize("operation", BY_OPERATION)
def test_every_published_shape_is_recorded(operation: str) -> None:
    """What the contract publishes of a read's answers stands in its cassette, in each shape."""
    got = answers(SANDBOX / shapes_name(operation), PATHS[operation])
    created = operation == "list_main_account_history"  # published with 201
    assert {status for status, _ in got} == {201 if created else 200}
    assert {shape_of(body) for _, body in got} == SHAPES[BY_OPERATION[operation][0].name]
