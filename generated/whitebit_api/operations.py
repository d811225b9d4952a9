# Made by scripts/regenerate.py from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""What the document says of each operation beside its request and its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

__all__ = ("OPERATIONS", "SERVERS", "Dates", "Operation", "RateLimit")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many requests of one address the server takes.

    Attributes:
        requests: How many.
        seconds: In how many seconds.
        paths: The beginning of the paths whose requests count together.
    """

    requests: int
    seconds: int
    paths: str


@dataclass(frozen=True, slots=True)
class Dates:
    """How an operation takes a range of time, in unix seconds.

    Attributes:
        start: Name of the field with the earliest time.
        end: Name of the field with the latest time.
        as_text: Whether the seconds are sent as text.
        max_window: Seconds between the two at most, if there is such a bound.
        max_age_months: How many months back the earliest time may be, if there is such a bound.
    """

    start: str
    end: str
    as_text: bool
    max_window: int | None
    max_age_months: int | None


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
        signed_operation: The operation with a signature that has the same content, if there is one.
        success: The documented success statuses (2xx).
        rate_limit: How many requests the server takes.
        request: The model of the body under `models`, if there is a body.
        maxima: The greatest number, or the most items, that a field of the body takes.
        defaults: What the server takes for a field that is left out.
        max_reach: The greatest sum of `offset` and `limit`, if there is such a bound.
        dates: How a range of time is asked for, if one is.
    """

    name: str
    method: str
    path: str
    regions: tuple[str, ...]
    scopes: tuple[str, ...]
    security: Literal["none", "client", "bearer", "signed"]
    deprecated: bool
    sunset: str | None
    signed_operation: str | None
    success: tuple[int, ...]
    rate_limit: RateLimit
    request: str | None
    maxima: Mapping[str, int]
    defaults: Mapping[str, int | str]
    max_reach: int | None
    dates: Dates | None


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
            signed_operation=None,
            success=(200,),
            rate_limit=RateLimit(requests=10000, seconds=10, paths="/"),
            request=None,
            maxima=MappingProxyType({}),
            defaults=MappingProxyType({}),
            max_reach=None,
            dates=None,
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
            signed_operation=None,
            success=(200,),
            rate_limit=RateLimit(requests=10000, seconds=10, paths="/"),
            request=None,
            maxima=MappingProxyType({}),
            defaults=MappingProxyType({}),
            max_reach=None,
            dates=None,
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
            signed_operation=None,
            success=(200,),
            rate_limit=RateLimit(requests=10000, seconds=10, paths="/"),
            request="CodeExchangeRequest",
            maxima=MappingProxyType({}),
            defaults=MappingProxyType({}),
            max_reach=None,
            dates=None,
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
            signed_operation="get_main_account_balance",
            success=(200,),
            rate_limit=RateLimit(requests=10000, seconds=10, paths="/"),
            request="MainBalanceRequest",
            maxima=MappingProxyType({}),
            defaults=MappingProxyType({}),
            max_reach=None,
            dates=None,
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
            signed_operation="get_trade_account_balance",
            success=(200,),
            rate_limit=RateLimit(requests=10000, seconds=10, paths="/"),
            request="SpotBalanceRequest",
            maxima=MappingProxyType({}),
            defaults=MappingProxyType({}),
            max_reach=None,
            dates=None,
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
            signed_operation=None,
            success=(200,),
            rate_limit=RateLimit(requests=10000, seconds=10, paths="/"),
            request=None,
            maxima=MappingProxyType({}),
            defaults=MappingProxyType({}),
            max_reach=None,
            dates=None,
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
            signed_operation=None,
            success=(200,),
            rate_limit=RateLimit(requests=10000, seconds=10, paths="/"),
            request=None,
            maxima=MappingProxyType({}),
            defaults=MappingProxyType({}),
            max_reach=None,
            dates=None,
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
            signed_operation=None,
            success=(200,),
            rate_limit=RateLimit(requests=1000, seconds=10, paths="/api/v4/main-account/"),
            request="SignedMainBalanceRequest",
            maxima=MappingProxyType({}),
            defaults=MappingProxyType({}),
            max_reach=None,
            dates=None,
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
            signed_operation=None,
            success=(200,),
            rate_limit=RateLimit(requests=20000, seconds=10, paths="/api/v4/public/"),
            request=None,
            maxima=MappingProxyType({}),
            defaults=MappingProxyType({}),
            max_reach=None,
            dates=None,
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
            signed_operation=None,
            success=(200,),
            rate_limit=RateLimit(requests=12000, seconds=10, paths="/api/v4/trade-account/"),
            request="SignedSpotBalanceRequest",
            maxima=MappingProxyType({}),
            defaults=MappingProxyType({}),
            max_reach=None,
            dates=None,
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
            signed_operation="list_convert_history",
            success=(200,),
            rate_limit=RateLimit(requests=10000, seconds=10, paths="/"),
            request="ConvertsRequest",
            maxima=MappingProxyType({"limit": 100}),
            defaults=MappingProxyType({"limit": 100, "offset": 0}),
            max_reach=None,
            dates=Dates(start="from", end="to", as_text=True, max_window=2592000, max_age_months=6),
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
            signed_operation="list_trade_account_executed_history",
            success=(200,),
            rate_limit=RateLimit(requests=10000, seconds=10, paths="/"),
            request="DealsRequest",
            maxima=MappingProxyType({"limit": 500}),
            defaults=MappingProxyType({"limit": 50, "offset": 0}),
            max_reach=None,
            dates=Dates(
                start="startDate", end="endDate", as_text=False, max_window=None, max_age_months=6
            ),
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
            signed_operation="list_trade_account_order_history",
            success=(200,),
            rate_limit=RateLimit(requests=10000, seconds=10, paths="/"),
            request="OrdersRequest",
            maxima=MappingProxyType({"limit": 500}),
            defaults=MappingProxyType({"status": "ALL", "limit": 50, "offset": 0}),
            max_reach=None,
            dates=Dates(
                start="startDate",
                end="endDate",
                as_text=False,
                max_window=2678400,
                max_age_months=6,
            ),
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
            signed_operation="list_main_account_history",
            success=(200,),
            rate_limit=RateLimit(requests=10000, seconds=10, paths="/"),
            request="TransactionsRequest",
            maxima=MappingProxyType({"addresses": 20, "limit": 500, "offset": 10000}),
            defaults=MappingProxyType({"limit": 50, "offset": 0}),
            max_reach=10000,
            dates=None,
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
            signed_operation=None,
            success=(200,),
            rate_limit=RateLimit(requests=10000, seconds=10, paths="/"),
            request="SignedConvertsRequest",
            maxima=MappingProxyType({"limit": 100}),
            defaults=MappingProxyType({"limit": 100, "offset": 0}),
            max_reach=None,
            dates=Dates(start="from", end="to", as_text=True, max_window=2592000, max_age_months=6),
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
            signed_operation=None,
            success=(200, 201),
            rate_limit=RateLimit(requests=200, seconds=10, paths="/api/v4/main-account/history"),
            request="SignedTransactionsRequest",
            maxima=MappingProxyType({"addresses": 20, "limit": 500, "offset": 10000}),
            defaults=MappingProxyType({"limit": 50, "offset": 0}),
            max_reach=10000,
            dates=None,
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
            signed_operation=None,
            success=(200,),
            rate_limit=RateLimit(requests=12000, seconds=10, paths="/api/v4/trade-account/"),
            request="SignedDealsRequest",
            maxima=MappingProxyType({"limit": 500}),
            defaults=MappingProxyType({"limit": 50, "offset": 0}),
            max_reach=None,
            dates=Dates(
                start="startDate", end="endDate", as_text=False, max_window=None, max_age_months=6
            ),
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
            signed_operation=None,
            success=(200,),
            rate_limit=RateLimit(requests=12000, seconds=10, paths="/api/v4/trade-account/"),
            request="SignedOrdersRequest",
            maxima=MappingProxyType({"limit": 500}),
            defaults=MappingProxyType({"status": "ALL", "limit": 50, "offset": 0}),
            max_reach=None,
            dates=Dates(
                start="startDate",
                end="endDate",
                as_text=False,
                max_window=2678400,
                max_age_months=6,
            ),
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
            signed_operation=None,
            success=(200,),
            rate_limit=RateLimit(requests=1, seconds=1, paths="/oauth2/refresh_token"),
            request="TokenRefreshRequest",
            maxima=MappingProxyType({}),
            defaults=MappingProxyType({}),
            max_reach=None,
            dates=None,
        ),
    }
)
"""Operations by name."""
