"""Balances: signed with the issued key, or with the access token; the same records.

Bodies are parsed from their bytes here rather than by the generated parser: one endpoint answers
in several shapes (contract, section 8), and amounts must survive to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, TypeVar

import attrs

from .access import Access
from .errors import InvalidArgument, MalformedResponse
from .http.answers import load_json
from .keys.records import MainBalance, SpotBalance
from .reading import NONCE, Reader, Request
from .steps import Steps

B = TypeVar("B", MainBalance, SpotBalance)


@attrs.frozen
class BalanceFlows:
    """Balances, as steps for both faces."""

    reader: Reader

    def main(
        self, user_id: str, access: Access, ticker: str | None
    ) -> Steps[Mapping[str, MainBalance]]:
        """Read the main account's balances, by ticker."""
        from whitebit_api.api.account import get_account_main_balance as bearer
        from whitebit_api.api.signed_account import get_main_account_balance as signed
        from whitebit_api.models.main_balance_request import MainBalanceRequest
        from whitebit_api.models.signed_main_balance_request import SignedMainBalanceRequest

        fields = _fields(ticker)

        def parse(name: str) -> Callable[[bytes], Mapping[str, MainBalance]]:
            return lambda body: _balances(body, name, ticker, "main_balance", _main_balance)

        return (
            yield from self.reader.read(
                user_id,
                access,
                Request(
                    "get_main_account_balance",
                    signed,
                    lambda: SignedMainBalanceRequest(NONCE, **fields),
                    parse("get_main_account_balance"),
                ),
                Request(
                    "get_account_main_balance",
                    bearer,
                    lambda: MainBalanceRequest(**fields),
                    parse("get_account_main_balance"),
                ),
            )
        )

    def spot(
        self, user_id: str, access: Access, ticker: str | None
    ) -> Steps[Mapping[str, SpotBalance]]:
        """Read the trade account's balances, by ticker."""
        from whitebit_api.api.account import get_account_spot_balance as bearer
        from whitebit_api.api.signed_account import get_trade_account_balance as signed
        from whitebit_api.models.signed_spot_balance_request import SignedSpotBalanceRequest
        from whitebit_api.models.spot_balance_request import SpotBalanceRequest

        fields = _fields(ticker)

        def parse(name: str) -> Callable[[bytes], Mapping[str, SpotBalance]]:
            return lambda body: _balances(body, name, ticker, "available", _spot_balance)

        return (
            yield from self.reader.read(
                user_id,
                access,
                Request(
                    "get_trade_account_balance",
                    signed,
                    lambda: SignedSpotBalanceRequest(NONCE, **fields),
                    parse("get_trade_account_balance"),
                ),
                Request(
                    "get_account_spot_balance",
                    bearer,
                    lambda: SpotBalanceRequest(**fields),
                    parse("get_account_spot_balance"),
                ),
            )
        )


def _fields(ticker: object) -> dict[str, Any]:
    if ticker is None:
        return {}
    if not isinstance(ticker, str) or not ticker.strip():
        raise InvalidArgument("ticker", "expected a currency such as 'BTC', or None for all")
    return {"ticker": ticker}


def _balances(
    body: bytes, name: str, ticker: str | None, field: str, make: Callable[[str, Any, str], B]
) -> Mapping[str, B]:
    """Read balances in any of the published shapes: a map, ``[]`` for none, or a single one."""
    parsed = load_json(body, name, strict=False)
    if parsed == []:  # an empty map, as PHP writes it (contract, section 8)
        parsed = {}
    if not isinstance(parsed, dict):
        raise MalformedResponse("the balances are not a map", operation=name)
    if ticker is not None and field in parsed and not isinstance(parsed[field], dict):
        return MappingProxyType({ticker: make(ticker, parsed, name)})
    return MappingProxyType({key: make(key, value, name) for key, value in parsed.items()})


def _main_balance(ticker: str, value: Any, name: str) -> MainBalance:
    return MainBalance(ticker, _amount(value, "main_balance", name))


def _spot_balance(ticker: str, value: Any, name: str) -> SpotBalance:
    return SpotBalance(ticker, _amount(value, "available", name), _amount(value, "freeze", name))


def _amount(value: Any, field: str, name: str) -> Decimal:
    found = value.get(field) if isinstance(value, dict) else None
    if isinstance(found, (str, int, Decimal)) and not isinstance(found, bool):
        try:
            amount = Decimal(found)
        except InvalidOperation:
            amount = Decimal("NaN")
        if amount.is_finite():
            return amount
    raise MalformedResponse(f"{field} is not an amount", operation=name)
