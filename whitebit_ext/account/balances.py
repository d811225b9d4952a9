"""Decode balances from the body of a response, in any of its known shapes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar

from msgspec import defstruct
from msgspec.structs import astuple

from whitebit_api.records import MainBalance, SpotBalance, names

from ..errors import MalformedResponse
from ..http.answers import load_json
from .decode import FAST_ERRORS, Answer, Undocumented, decoder, read, set_origin
from .lenient_rows import read_record

B = TypeVar("B", MainBalance, SpotBalance)


def _by_ticker(kind: type[Any]) -> Any:
    """Return the decoder of a map of balances; the ticker is a balance's key there."""
    amounts: Any = defstruct(f"{kind.__name__}Amounts", [(name, Decimal) for name in names(kind)])
    return decoder(dict[str, amounts], strict=True)


_BY_TICKER = {kind: _by_ticker(kind) for kind in (MainBalance, SpotBalance)}


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
    with suppress(*FAST_ERRORS):
        return _documented(kind, body)
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


def _documented(kind: type[B], body: bytes) -> Mapping[str, B]:
    amounts = {name: astuple(row) for name, row in read(_BY_TICKER[kind], body).items()}
    if not all(amount.is_finite() for row in amounts.values() for amount in row):
        raise Undocumented("an amount is not finite")
    balances = {name: kind(name, *row) for name, row in amounts.items()}
    set_origin(balances.values(), Answer(body, lambda parsed: list(parsed.values())))
    return MappingProxyType(balances)


def _is_single(kind: type[B], parsed: Mapping[str, Any]) -> bool:
    """Return whether an object is one balance, as for one ticker, rather than a map of balances."""
    field = next(iter(names(kind)))
    return field in parsed and not isinstance(parsed[field], dict)
