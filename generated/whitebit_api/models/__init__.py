# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Models of requests and answers, each loaded when it is first asked for (PEP 562)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .api_key_deleted_response import ApiKeyDeletedResponse
    from .api_key_info import ApiKeyInfo
    from .api_key_info_response import ApiKeyInfoResponse
    from .code_exchange_request import CodeExchangeRequest
    from .converts_request import ConvertsRequest
    from .deals_request import DealsRequest
    from .main_balance_request import MainBalanceRequest
    from .order_status_filter import OrderStatusFilter
    from .orders_request import OrdersRequest
    from .permission_group import PermissionGroup
    from .permission_url import PermissionUrl
    from .server_time import ServerTime
    from .signed_converts_request import SignedConvertsRequest
    from .signed_deals_request import SignedDealsRequest
    from .signed_main_balance_request import SignedMainBalanceRequest
    from .signed_orders_request import SignedOrdersRequest
    from .signed_spot_balance_request import SignedSpotBalanceRequest
    from .signed_transactions_request import SignedTransactionsRequest
    from .spot_balance_request import SpotBalanceRequest
    from .token_refresh_request import TokenRefreshRequest
    from .transaction_method import TransactionMethod
    from .transactions_request import TransactionsRequest

__all__ = (
    "ApiKeyDeletedResponse",
    "ApiKeyInfo",
    "ApiKeyInfoResponse",
    "CodeExchangeRequest",
    "ConvertsRequest",
    "DealsRequest",
    "MainBalanceRequest",
    "OrdersRequest",
    "OrderStatusFilter",
    "PermissionGroup",
    "PermissionUrl",
    "ServerTime",
    "SignedConvertsRequest",
    "SignedDealsRequest",
    "SignedMainBalanceRequest",
    "SignedOrdersRequest",
    "SignedSpotBalanceRequest",
    "SignedTransactionsRequest",
    "SpotBalanceRequest",
    "TokenRefreshRequest",
    "TransactionMethod",
    "TransactionsRequest",
)

_MODULES: Final = {
    "ApiKeyDeletedResponse": ".api_key_deleted_response",
    "ApiKeyInfo": ".api_key_info",
    "ApiKeyInfoResponse": ".api_key_info_response",
    "CodeExchangeRequest": ".code_exchange_request",
    "ConvertsRequest": ".converts_request",
    "DealsRequest": ".deals_request",
    "MainBalanceRequest": ".main_balance_request",
    "OrderStatusFilter": ".order_status_filter",
    "OrdersRequest": ".orders_request",
    "PermissionGroup": ".permission_group",
    "PermissionUrl": ".permission_url",
    "ServerTime": ".server_time",
    "SignedConvertsRequest": ".signed_converts_request",
    "SignedDealsRequest": ".signed_deals_request",
    "SignedMainBalanceRequest": ".signed_main_balance_request",
    "SignedOrdersRequest": ".signed_orders_request",
    "SignedSpotBalanceRequest": ".signed_spot_balance_request",
    "SignedTransactionsRequest": ".signed_transactions_request",
    "SpotBalanceRequest": ".spot_balance_request",
    "TokenRefreshRequest": ".token_refresh_request",
    "TransactionMethod": ".transaction_method",
    "TransactionsRequest": ".transactions_request",
}


def __getattr__(name: str) -> Any:
    """Import the model of this name."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)


def __dir__() -> list[str]:
    """List the models."""
    return sorted({*globals(), *__all__})
