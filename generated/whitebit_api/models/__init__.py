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
    from .api_key_secret import ApiKeySecret
    from .api_key_secret_response import ApiKeySecretResponse
    from .code_exchange_request import CodeExchangeRequest
    from .confirmations import Confirmations
    from .convert import Convert
    from .convert_page import ConvertPage
    from .convert_step import ConvertStep
    from .converts_request import ConvertsRequest
    from .deal import Deal
    from .deals_by_market import DealsByMarket
    from .deals_request import DealsRequest
    from .envelope_error import EnvelopeError
    from .error_messages import ErrorMessages
    from .field_errors import FieldErrors
    from .form_error import FormError
    from .legacy_error import LegacyError
    from .main_balance import MainBalance
    from .main_balance_request import MainBalanceRequest
    from .main_balances import MainBalances
    from .message_error import MessageError
    from .order import Order
    from .order_status_filter import OrderStatusFilter
    from .orders_by_market import OrdersByMarket
    from .orders_request import OrdersRequest
    from .partial_withdrawal import PartialWithdrawal
    from .permission_group import PermissionGroup
    from .permission_url import PermissionUrl
    from .refresh_token_error import RefreshTokenError
    from .refresh_token_messages import RefreshTokenMessages
    from .server_time import ServerTime
    from .signed_converts_request import SignedConvertsRequest
    from .signed_deals_request import SignedDealsRequest
    from .signed_fields import SignedFields
    from .signed_main_balance_request import SignedMainBalanceRequest
    from .signed_orders_request import SignedOrdersRequest
    from .signed_spot_balance_request import SignedSpotBalanceRequest
    from .signed_transactions_request import SignedTransactionsRequest
    from .spot_balance import SpotBalance
    from .spot_balance_request import SpotBalanceRequest
    from .spot_balances import SpotBalances
    from .token_pair import TokenPair
    from .token_refresh_request import TokenRefreshRequest
    from .token_response import TokenResponse
    from .transaction import Transaction
    from .transaction_details import TransactionDetails
    from .transaction_method import TransactionMethod
    from .transaction_page import TransactionPage
    from .transactions_request import TransactionsRequest
    from .v4_error import V4Error

__all__ = (
    "ApiKeyDeletedResponse",
    "ApiKeyInfo",
    "ApiKeyInfoResponse",
    "ApiKeySecret",
    "ApiKeySecretResponse",
    "CodeExchangeRequest",
    "Confirmations",
    "Convert",
    "ConvertPage",
    "ConvertsRequest",
    "ConvertStep",
    "Deal",
    "DealsByMarket",
    "DealsRequest",
    "EnvelopeError",
    "ErrorMessages",
    "FieldErrors",
    "FormError",
    "LegacyError",
    "MainBalance",
    "MainBalanceRequest",
    "MainBalances",
    "MessageError",
    "Order",
    "OrdersByMarket",
    "OrdersRequest",
    "OrderStatusFilter",
    "PartialWithdrawal",
    "PermissionGroup",
    "PermissionUrl",
    "RefreshTokenError",
    "RefreshTokenMessages",
    "ServerTime",
    "SignedConvertsRequest",
    "SignedDealsRequest",
    "SignedFields",
    "SignedMainBalanceRequest",
    "SignedOrdersRequest",
    "SignedSpotBalanceRequest",
    "SignedTransactionsRequest",
    "SpotBalance",
    "SpotBalanceRequest",
    "SpotBalances",
    "TokenPair",
    "TokenRefreshRequest",
    "TokenResponse",
    "Transaction",
    "TransactionDetails",
    "TransactionMethod",
    "TransactionPage",
    "TransactionsRequest",
    "V4Error",
)

_MODULES: Final = {
    "ApiKeyDeletedResponse": ".api_key_deleted_response",
    "ApiKeyInfo": ".api_key_info",
    "ApiKeyInfoResponse": ".api_key_info_response",
    "ApiKeySecret": ".api_key_secret",
    "ApiKeySecretResponse": ".api_key_secret_response",
    "CodeExchangeRequest": ".code_exchange_request",
    "Confirmations": ".confirmations",
    "Convert": ".convert",
    "ConvertPage": ".convert_page",
    "ConvertStep": ".convert_step",
    "ConvertsRequest": ".converts_request",
    "Deal": ".deal",
    "DealsByMarket": ".deals_by_market",
    "DealsRequest": ".deals_request",
    "EnvelopeError": ".envelope_error",
    "ErrorMessages": ".error_messages",
    "FieldErrors": ".field_errors",
    "FormError": ".form_error",
    "LegacyError": ".legacy_error",
    "MainBalance": ".main_balance",
    "MainBalanceRequest": ".main_balance_request",
    "MainBalances": ".main_balances",
    "MessageError": ".message_error",
    "Order": ".order",
    "OrderStatusFilter": ".order_status_filter",
    "OrdersByMarket": ".orders_by_market",
    "OrdersRequest": ".orders_request",
    "PartialWithdrawal": ".partial_withdrawal",
    "PermissionGroup": ".permission_group",
    "PermissionUrl": ".permission_url",
    "RefreshTokenError": ".refresh_token_error",
    "RefreshTokenMessages": ".refresh_token_messages",
    "ServerTime": ".server_time",
    "SignedConvertsRequest": ".signed_converts_request",
    "SignedDealsRequest": ".signed_deals_request",
    "SignedFields": ".signed_fields",
    "SignedMainBalanceRequest": ".signed_main_balance_request",
    "SignedOrdersRequest": ".signed_orders_request",
    "SignedSpotBalanceRequest": ".signed_spot_balance_request",
    "SignedTransactionsRequest": ".signed_transactions_request",
    "SpotBalance": ".spot_balance",
    "SpotBalanceRequest": ".spot_balance_request",
    "SpotBalances": ".spot_balances",
    "TokenPair": ".token_pair",
    "TokenRefreshRequest": ".token_refresh_request",
    "TokenResponse": ".token_response",
    "Transaction": ".transaction",
    "TransactionDetails": ".transaction_details",
    "TransactionMethod": ".transaction_method",
    "TransactionPage": ".transaction_page",
    "TransactionsRequest": ".transactions_request",
    "V4Error": ".v4_error",
}


def __getattr__(name: str) -> Any:
    """Import the model of this name."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)


def __dir__() -> list[str]:
    """List the models."""
    return sorted({*globals(), *__all__})
