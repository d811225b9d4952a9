"""The operations of the sandbox, from the contract (sections 2 to 6).

The client takes its paths from the OpenAPI document. The sandbox deliberately has its own table:
if it used the same document, it could not detect errors in it. The names equal the document's
`operationId`s.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import attrs

Region = Literal["global", "eu"]

REGIONS: Final[tuple[Region, ...]] = ("global", "eu")

Security = Literal["none", "client", "bearer", "signed"]


@attrs.frozen
class Operation:
    """A documented operation."""

    name: str
    method: str
    template: str
    security: Security
    scopes: tuple[str, ...] = ()
    regions: tuple[Region, ...] = REGIONS
    pattern: re.Pattern[str] = attrs.field(init=False, repr=False, eq=False)

    @pattern.default
    def _compile(self) -> re.Pattern[str]:
        # A placeholder of the template becomes a named group.
        return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.template)))

    @property
    def route(self) -> str:
        """The method and path template, such as `"POST /oauth2/token"`."""
        return f"{self.method} {self.template}"


_KEYS_SERVED_BY: Final[tuple[Region, ...]] = ("global",)  # contract section 1
_BALANCES: Final = ("users.balances.read",)

OPERATIONS: Final[dict[str, Operation]] = {
    operation.name: operation
    for operation in (
        Operation("authorize", "GET", "/auth/login", "none"),
        Operation("exchange_code", "POST", "/oauth2/token", "client"),
        Operation("refresh_token", "POST", "/oauth2/refresh_token", "client"),
        Operation(
            "get_api_key_info",
            "GET",
            "/oauth2/api-key/info",
            "bearer",
            ("apikeys.read",),
            _KEYS_SERVED_BY,
        ),
        Operation(
            "get_api_key_secret",
            "GET",
            "/oauth2/api-key/{externalId}/secret",
            "bearer",
            ("apikeys.read",),
            _KEYS_SERVED_BY,
        ),
        Operation(
            "delete_api_key",
            "DELETE",
            "/oauth2/api-key/{externalId}",
            "bearer",
            ("apikeys.delete",),
            _KEYS_SERVED_BY,
        ),
        Operation(
            "get_account_main_balance",
            "POST",
            "/api/v4/accounts/balances/main",
            "bearer",
            _BALANCES,
        ),
        Operation(
            "get_account_spot_balance",
            "POST",
            "/api/v4/accounts/balances/spot",
            "bearer",
            _BALANCES,
        ),
        Operation("get_main_account_balance", "POST", "/api/v4/main-account/balance", "signed"),
        Operation("get_trade_account_balance", "POST", "/api/v4/trade-account/balance", "signed"),
        Operation(
            "list_account_transactions",
            "POST",
            "/api/v4/accounts/transactions",
            "bearer",
            ("users.transactions.read",),
        ),
        Operation(
            "list_account_orders",
            "POST",
            "/api/v4/accounts/orders",
            "bearer",
            ("users.orders.read",),
        ),
        Operation(
            "list_account_deals",
            "POST",
            "/api/v4/accounts/deals",
            "bearer",
            ("users.deals.read",),
        ),
        Operation(
            "list_account_converts",
            "POST",
            "/api/v4/accounts/converts",
            "bearer",
            ("users.converts.read",),
        ),
        Operation("list_main_account_history", "POST", "/api/v4/main-account/history", "signed"),
        Operation(
            "list_trade_account_order_history",
            "POST",
            "/api/v4/trade-account/order/history",
            "signed",
        ),
        Operation(
            "list_trade_account_executed_history",
            "POST",
            "/api/v4/trade-account/executed-history",
            "signed",
        ),
        Operation("list_convert_history", "POST", "/api/v4/convert/history", "signed"),
        Operation("get_server_time", "GET", "/api/v4/public/time", "none"),
    )
}


def find(method: str, path: str, region: Region) -> tuple[Operation, dict[str, str]] | None:
    """Return the operation of a method and path in a region, with its path parameters.

    Returns:
        None if the region does not have the path.
    """
    for operation in OPERATIONS.values():
        if operation.method == method and region in operation.regions:
            match = operation.pattern.fullmatch(path)
            if match is not None:
                return operation, match.groupdict()
    return None


def methods_of(path: str, region: Region) -> tuple[str, ...]:
    """Return the methods of a path in a region; none if the region does not have the path."""
    return tuple(
        operation.method
        for operation in OPERATIONS.values()
        if region in operation.regions and operation.pattern.fullmatch(path)
    )


def named(route: str) -> Operation:
    """Return an operation by its name or by its route (`"POST /oauth2/token"`).

    Raises:
        ValueError: The operation does not exist.
    """
    for operation in OPERATIONS.values():
        if route in (operation.name, operation.route):
            return operation
    known = ", ".join(OPERATIONS)
    raise ValueError(f"route: no operation {route!r}; operations are {known}")
