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


def _key_operation(name: str, method: str, path: str, scope: str) -> Operation:
    # Served by the global server only (contract section 1).
    return Operation(name, method, f"/oauth2/api-key/{path}", "bearer", (scope,), ("global",))


def _bearer_read(name: str, path: str, content: str) -> Operation:
    scope = f"users.{content}.read"
    return Operation(name, "POST", f"/api/v4/accounts/{path}", "bearer", (scope,))


def _signed_read(name: str, path: str) -> Operation:
    return Operation(name, "POST", f"/api/v4/{path}", "signed")


OPERATIONS: Final[dict[str, Operation]] = {
    operation.name: operation
    for operation in (
        Operation("authorize", "GET", "/auth/login", "none"),
        Operation("exchange_code", "POST", "/oauth2/token", "client"),
        Operation("refresh_token", "POST", "/oauth2/refresh_token", "client"),
        _key_operation("get_api_key_info", "GET", "info", "apikeys.read"),
        _key_operation("get_api_key_secret", "GET", "{externalId}/secret", "apikeys.read"),
        _key_operation("delete_api_key", "DELETE", "{externalId}", "apikeys.delete"),
        _bearer_read("get_account_main_balance", "balances/main", "balances"),
        _bearer_read("get_account_spot_balance", "balances/spot", "balances"),
        _bearer_read("list_account_transactions", "transactions", "transactions"),
        _bearer_read("list_account_orders", "orders", "orders"),
        _bearer_read("list_account_deals", "deals", "deals"),
        _bearer_read("list_account_converts", "converts", "converts"),
        _signed_read("get_main_account_balance", "main-account/balance"),
        _signed_read("get_trade_account_balance", "trade-account/balance"),
        _signed_read("list_main_account_history", "main-account/history"),
        _signed_read("list_trade_account_order_history", "trade-account/order/history"),
        _signed_read("list_trade_account_executed_history", "trade-account/executed-history"),
        _signed_read("list_convert_history", "convert/history"),
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
