"""The two forms of each account read: signed, and with an access token. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from whitebit_api.operations import Operation

from ..errors import InvalidArgument
from ..http.requests import READ_LIMIT, Send
from ..regions import operation
from .parameters import Query

if TYPE_CHECKING:
    from whitebit_api.records import MainBalance, SpotBalance

    from .records import Page

T = TypeVar("T")

NONCE = 0
"""A placeholder: ``SignedAuth`` sets the real nonce of every request."""


@attrs.frozen
class Forms(Generic[T]):
    """Both forms of a read."""

    signed: Send[T]
    bearer: Send[T]


def page_forms(query: Query, body: Mapping[str, Any]) -> Forms[Page[Any]]:
    """Return the request for one page of a history, in both forms.

    Args:
        query: Which history.
        body: The parameters, by the server's names.
    """
    return _forms(query.operation, body, lambda data, name: decode_page(query, data, name))


def main_balance_forms(ticker: str | None) -> Forms[Mapping[str, MainBalance]]:
    """Return the request for the main account's balances, in both forms."""
    from .balances import decode_main_balances

    return _forms(
        operation("get_account_main_balance"),
        _ticker(ticker),
        lambda data, name: decode_main_balances(data, name, ticker),
    )


def spot_balance_forms(ticker: str | None) -> Forms[Mapping[str, SpotBalance]]:
    """Return the request for the trade account's balances, in both forms."""
    from .balances import decode_spot_balances

    return _forms(
        operation("get_account_spot_balance"),
        _ticker(ticker),
        lambda data, name: decode_spot_balances(data, name, ticker),
    )


def _forms(
    bearer: Operation, body: Mapping[str, Any], decode: Callable[[bytes, str], T]
) -> Forms[T]:
    """Return both forms of a read; the Bearer operation names the signed one."""
    signed = operation(bearer.signed_operation or "")
    whole = {**body, "request": signed.path, "nonce": NONCE}
    return Forms(
        _form("signed_account", signed, whole, decode), _form("account", bearer, body, decode)
    )


def _form(
    group: str, row: Operation, body: Mapping[str, Any], decode: Callable[[bytes, str], T]
) -> Send[T]:
    # Endpoints and models are imported on first use.
    endpoint: Any = import_module(f"whitebit_api.api.{group}.{row.name}")

    def arguments() -> dict[str, Any]:
        model = getattr(import_module("whitebit_api.models"), row.request or "")
        return {"body": model.from_dict(body)}

    return Send(
        row.name, endpoint, lambda data: decode(data, row.name), arguments, limit=READ_LIMIT
    )


def decode_page(query: Query, body: bytes, name: str) -> Page[Any]:
    """Decode one page of a history; raises as ``decode_transactions`` does."""
    from .decode import decode_converts, decode_deals, decode_orders, decode_transactions

    if query.read == "transactions":
        return decode_transactions(body, name)
    if query.read == "converts":
        return decode_converts(body, name)
    if query.read == "orders":
        return decode_orders(body, name, query.market)
    return decode_deals(body, name, query.market)


def _ticker(ticker: object) -> dict[str, Any]:
    if ticker is None:
        return {}
    if not isinstance(ticker, str) or not ticker.strip():
        raise InvalidArgument("ticker", "expected a currency such as 'BTC', or None for all")
    return {"ticker": ticker}
