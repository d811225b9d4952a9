"""The operations that the sandbox serves, written down once more and on purpose.

The client reads its paths from the OpenAPI document. A sandbox that read the same document could
not tell when the document is wrong, so this table is made from the contract alone (sections 2 to
6). The names equal the document's `operationId`s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

Region = Literal["global", "eu"]

REGIONS: Final[tuple[Region, ...]] = ("global", "eu")

Security = Literal["none", "client", "bearer", "signed"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One documented operation: its name, method, path template and what it asks of a caller."""

    name: str
    method: str
    template: str
    security: Security
    scopes: tuple[str, ...] = ()
    regions: tuple[Region, ...] = REGIONS
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compile the template's placeholders to named groups."""
        expression = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.template))
        object.__setattr__(self, "pattern", re.compile(expression))

    @property
    def route(self) -> str:
        """Method and path template, as faults, holds and counts name an operation."""
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
    """Find the operation that a region serves under a method and a path.

    Returns:
        The operation and its path parameters, or None for a path that the region does not serve.
    """
    for operation in OPERATIONS.values():
        if operation.method == method and region in operation.regions:
            match = operation.pattern.fullmatch(path)
            if match is not None:
                return operation, match.groupdict()
    return None


def named(route: str) -> Operation:
    """Find an operation by its name or by its route (`"POST /oauth2/token"`).

    Raises:
        ValueError: No operation is called so.
    """
    for operation in OPERATIONS.values():
        if route in (operation.name, operation.route):
            return operation
    known = ", ".join(OPERATIONS)
    raise ValueError(f"route: no operation {route!r}; operations are {known}")
