"""Decode balances from the body of a response, in any of its known shapes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from whitebit_api.records import MainBalance, SpotBalance, names

from ..errors import MalformedResponse
from ..http.answers import load_json
from .decode import Answer, set_origin
from .lenient_rows import read_record

B = TypeVar("B", MainBalance, SpotBalance)


def decode_main_balances(
    body: bytes, operation: str, ticker: str | None = None
) -> Mapping[str, MainBalance]:
    """Decode the balances of the main account, by ticker.

    Args:
        body: The whole body.
        operation: The ``operationId``, for errors.
        ticker: The requested currency, if there is one.

    Raises:
        MalformedResponse: the body holds no balances; ``MalformedRecord`` if one is unreadable.
    """
    return _decode(MainBalance, body, operation, ticker)


def decode_spot_balances(
    body: bytes, operation: str, ticker: str | None = None
) -> Mapping[str, SpotBalance]:
    """Decode the balances of the trade account, like ``decode_main_balances``."""
    return _decode(SpotBalance, body, operation, ticker)


def _decode(kind: type[B], body: bytes, operation: str, ticker: str | None) -> Mapping[str, B]:
    parsed = load_json(body, operation, strict=False)
    if parsed == []:  # an empty map, as PHP writes it (contract, section 8)
        parsed = {}
    if not isinstance(parsed, dict):
        raise MalformedResponse("the balances are not a map", operation=operation)
    if ticker is not None and _is_single(kind, parsed):
        parsed = {ticker: parsed}
    balances = {
        name: read_record(kind, raw, operation=operation, row=row, given={"ticker": name})
        for row, (name, raw) in enumerate(parsed.items())
    }
    set_origin(balances.values(), Answer(body, list(parsed.values())))
    return MappingProxyType(balances)


def _is_single(kind: type[B], parsed: Mapping[str, Any]) -> bool:
    """Return whether an object is one balance, as for one ticker, rather than a map of balances."""
    field = next(iter(names(kind)))
    return field in parsed and not isinstance(parsed[field], dict)
