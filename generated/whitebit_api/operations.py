# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""What the document says of each operation beside its request and its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

__all__ = ("OPERATIONS", "SERVERS", "Operation")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the document.

    Attributes:
        name: The `operationId`, which is also the name of the module under `api`.
        method: The HTTP method in capitals.
        path: The path, with a parameter in braces.
        regions: The regions that serve it, by the names in `SERVERS`.
        scopes: The scopes that a token needs for it; empty when it takes none.
        security: What proves the caller: nothing, client id and secret in the form, an access
            token, or a signature.
        deprecated: Whether WhiteBIT has announced its end.
        sunset: The ISO 8601 date of that end, if it is known.
        success: The documented success statuses (2xx); empty for a redirect.
    """

    name: str
    method: str
    path: str
    regions: tuple[str, ...]
    scopes: tuple[str, ...]
    security: Literal["none", "client", "bearer", "signed"]
    deprecated: bool
    sunset: str | None
    success: tuple[int, ...]


SERVERS: Final[Mapping[str, str]] = MappingProxyType(
    {"global": "https://whitebit.com", "eu": "https://whitebit.eu"}
)
"""Base URLs by region."""

OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "authorize": Operation(
            name="authorize",
            method="GET",
            path="/auth/login",
            regions=("global", "eu"),
            scopes=(),
            security="none",
            deprecated=False,
            sunset=None,
            success=(),
        ),
        "delete_api_key": Operation(
            name="delete_api_key",
            method="DELETE",
            path="/oauth2/api-key/{externalId}",
            regions=("global",),
            scopes=("apikeys.delete",),
            security="bearer",
            deprecated=False,
            sunset=None,
            success=(200,),
        ),
        "exchange_code": Operation(
            name="exchange_code",
            method="POST",
            path="/oauth2/token",
            regions=("global", "eu"),
            scopes=(),
            security="client",
            deprecated=False,
            sunset=None,
            success=(200,),
        ),
        "get_account_main_balance": Operation(
            name="get_account_main_balance",
            method="POST",
            path="/api/v4/accounts/balances/main",
            regions=("global", "eu"),
            scopes=("users.balances.read",),
            security="bearer",
            deprecated=True,
            sunset="2026-11-01",
            success=(200,),
        ),
        "get_account_spot_balance": Operation(
            name="get_account_spot_balance",
            method="POST",
            path="/api/v4/accounts/balances/spot",
            regions=("global", "eu"),
            scopes=("users.balances.read",),
            security="bearer",
            deprecated=True,
            sunset="2026-11-01",
            success=(200,),
        ),
        "get_api_key_info": Operation(
            name="get_api_key_info",
            method="GET",
            path="/oauth2/api-key/info",
            regions=("global",),
            scopes=("apikeys.read",),
            security="bearer",
            deprecated=False,
            sunset=None,
            success=(200,),
        ),
        "get_api_key_secret": Operation(
            name="get_api_key_secret",
            method="GET",
            path="/oauth2/api-key/{externalId}/secret",
            regions=("global",),
            scopes=("apikeys.read",),
            security="bearer",
            deprecated=False,
            sunset=None,
            success=(200,),
        ),
        "get_main_account_balance": Operation(
            name="get_main_account_balance",
            method="POST",
            path="/api/v4/main-account/balance",
            regions=("global", "eu"),
            scopes=(),
            security="signed",
            deprecated=False,
            sunset=None,
            success=(200,),
        ),
        "get_server_time": Operation(
            name="get_server_time",
            method="GET",
            path="/api/v4/public/time",
            regions=("global", "eu"),
            scopes=(),
            security="none",
            deprecated=False,
            sunset=None,
            success=(200,),
        ),
        "get_trade_account_balance": Operation(
            name="get_trade_account_balance",
            method="POST",
            path="/api/v4/trade-account/balance",
            regions=("global", "eu"),
            scopes=(),
            security="signed",
            deprecated=False,
            sunset=None,
            success=(200,),
        ),
        "list_account_converts": Operation(
            name="list_account_converts",
            method="POST",
            path="/api/v4/accounts/converts",
            regions=("global", "eu"),
            scopes=("users.converts.read",),
            security="bearer",
            deprecated=True,
            sunset="2026-11-01",
            success=(200,),
        ),
        "list_account_deals": Operation(
            name="list_account_deals",
            method="POST",
            path="/api/v4/accounts/deals",
            regions=("global", "eu"),
            scopes=("users.deals.read",),
            security="bearer",
            deprecated=True,
            sunset="2026-11-01",
            success=(200,),
        ),
        "list_account_orders": Operation(
            name="list_account_orders",
            method="POST",
            path="/api/v4/accounts/orders",
            regions=("global", "eu"),
            scopes=("users.orders.read",),
            security="bearer",
            deprecated=True,
            sunset="2026-11-01",
            success=(200,),
        ),
        "list_account_transactions": Operation(
            name="list_account_transactions",
            method="POST",
            path="/api/v4/accounts/transactions",
            regions=("global", "eu"),
            scopes=("users.transactions.read",),
            security="bearer",
            deprecated=True,
            sunset="2026-11-01",
            success=(200,),
        ),
        "list_convert_history": Operation(
            name="list_convert_history",
            method="POST",
            path="/api/v4/convert/history",
            regions=("global", "eu"),
            scopes=(),
            security="signed",
            deprecated=False,
            sunset=None,
            success=(200,),
        ),
        "list_main_account_history": Operation(
            name="list_main_account_history",
            method="POST",
            path="/api/v4/main-account/history",
            regions=("global", "eu"),
            scopes=(),
            security="signed",
            deprecated=False,
            sunset=None,
            success=(200, 201),
        ),
        "list_trade_account_executed_history": Operation(
            name="list_trade_account_executed_history",
            method="POST",
            path="/api/v4/trade-account/executed-history",
            regions=("global", "eu"),
            scopes=(),
            security="signed",
            deprecated=False,
            sunset=None,
            success=(200,),
        ),
        "list_trade_account_order_history": Operation(
            name="list_trade_account_order_history",
            method="POST",
            path="/api/v4/trade-account/order/history",
            regions=("global", "eu"),
            scopes=(),
            security="signed",
            deprecated=False,
            sunset=None,
            success=(200,),
        ),
        "refresh_token": Operation(
            name="refresh_token",
            method="POST",
            path="/oauth2/refresh_token",
            regions=("global", "eu"),
            scopes=(),
            security="client",
            deprecated=False,
            sunset=None,
            success=(200,),
        ),
    }
)
"""Operations by name."""
