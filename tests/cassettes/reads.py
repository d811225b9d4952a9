"""The scenes of the account reads: each shape and each documented error, in both forms."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Literal

import attrs

from whitebit_ext.errors import WhiteBITError

from .history_rows import DEALS, OWNED, SINCE, UNTIL
from .scenes import ReadName, Stage, error_of

Form = Literal["bearer", "signed"]
FORMS: Final[tuple[Form, ...]] = ("bearer", "signed")
_DATES: Final = {"since": SINCE, "until": UNTIL}


@attrs.frozen
class Shape:
    """One shape of a read's answer.

    Attributes:
        name: What it is called.
        ask: Reads it, all pages of it.
        owned: What the user then owns or did, if it is not what ``OWNED`` says.
    """

    name: str
    ask: Callable[[Any], object]
    owned: Any = None


@attrs.frozen
class Read:
    """One read, under its two operations.

    Attributes:
        name: What is read.
        bearer: The operation that takes an access token.
        signed: The operation that takes a signature.
        shapes: The shapes of its answer.
        refused: Asks what the server answers with 422; ``None`` where the client asks nothing
            of the kind.
    """

    name: ReadName
    bearer: str
    signed: str
    shapes: tuple[Shape, ...]
    refused: Callable[[Any], object] | None = None

    def operation(self, form: Form) -> str:
        """Return the operation of one form."""
        return self.bearer if form == "bearer" else self.signed

    def first(self, account: Any) -> object:
        """Ask for the first page of the first shape."""
        return self.shapes[0].ask(account)


# Pages of two rows: a full one is followed by another, which begins with the last row again.
READS: Final[tuple[Read, ...]] = (
    Read(
        "main",
        "get_account_main_balance",
        "get_main_account_balance",
        (
            Shape("map", lambda account: account.balances.main()),
            Shape("single", lambda account: account.balances.main("BTC")),
        ),
    ),
    Read(
        "spot",
        "get_account_spot_balance",
        "get_trade_account_balance",
        (
            Shape("map", lambda account: account.balances.spot()),
            Shape("single", lambda account: account.balances.spot("BTC")),
            Shape("empty map", lambda account: account.balances.spot(), owned={}),
            Shape("empty list", lambda account: account.balances.spot(), owned=[]),
        ),
        refused=lambda account: account.balances.spot("NONE-SUCH"),
    ),
    Read(
        "transactions",
        "list_account_transactions",
        "list_main_account_history",
        (Shape("page", lambda account: list(account.transactions(limit=2))),),
        # A 422 is about the types of values in lists, which the client does not get wrong.
        refused=None,
    ),
    Read(
        "orders",
        "list_account_orders",
        "list_trade_account_order_history",
        (
            Shape("by market", lambda account: list(account.orders(limit=2, **_DATES))),
            Shape(
                "one market",
                lambda account: list(account.orders(market="ETH_USDT", limit=2, **_DATES)),
            ),
            Shape("empty list", lambda account: list(account.orders(limit=2, **_DATES)), owned=[]),
        ),
        refused=lambda account: next(account.orders(market="NONE_SUCH", limit=2, **_DATES)),
    ),
    Read(
        "deals",
        "list_account_deals",
        "list_trade_account_executed_history",
        (
            Shape("by market", lambda account: list(account.deals(limit=2, **_DATES))),
            Shape(
                "one market",
                lambda account: list(account.deals(market="USDC_USDT", limit=2, **_DATES)),
            ),
            Shape(
                "empty list",
                lambda account: list(account.deals(market="BTC_USDT", limit=2, **_DATES)),
                owned=DEALS[:1],
            ),
        ),
        refused=lambda account: next(account.deals(market="NONE_SUCH", limit=2, **_DATES)),
    ),
    Read(
        "converts",
        "list_account_converts",
        "list_convert_history",
        (Shape("page", lambda account: list(account.converts(limit=2, **_DATES))),),
    ),
)
BY_OPERATION: Final[Mapping[str, tuple[Read, Form]]] = {
    read.operation(form): (read, form) for read in READS for form in FORMS
}

GATEWAY = 502
"""Stands for the document's ``5XX``: a page of the gateway."""
# 401 comes last: a signed request is refused because the key was disabled, which it stays.
STATUSES: Final = (400, 403, 422, 429, 500, 503, GATEWAY, 401)

_INVALID = "Validation failed"
_EMPTY_ENVELOPE = {"errors": {"message": [""]}, "notification": None, "warning": None}
_BODIES: Final[Mapping[int, Mapping[str, Any]]] = {
    400: {"code": 9, "message": "Invalid payload.", "errors": {}},
    401: {"code": 0, "message": "This action is unauthorized.", "errors": []},
    403: {"code": 0, "message": "You don't have permission to use this endpoint."},
    429: {"code": 0, "message": "Too many requests.", "errors": []},
    500: {"message": [[""]], "result": [], "success": False},
    503: {"response": None, "status": 503, **_EMPTY_ENVELOPE, "_token": None},
}
_REFUSED_FIELDS: Final = {
    "main": (0, {"ticker": ["validation.string"]}),
    "transactions": (0, {"status.0": ["validation.integer"]}),
    "converts": (30, {"quoteId": ["validation.string"]}),
}


def read_body(operation: str, status: int) -> str:
    """Return the body that the contract has for an error status of a read (section 6)."""
    content: Mapping[str, Any]
    if status == 422:
        code, fields = _REFUSED_FIELDS[BY_OPERATION[operation][0].name]
        content = {"code": code, "message": _INVALID, "errors": fields}
    else:
        content = _BODIES[status]
    return json.dumps(content, separators=(",", ":"))


def shapes(operation: str) -> Callable[[Stage], dict[str, object]]:
    """Make the scene in which a read is answered in each of its shapes.

    The scene returns what the client made of each.
    """
    read, form = BY_OPERATION[operation]

    def scene(stage: Stage) -> dict[str, object]:
        account = _account(stage, form)
        found = {}
        for shape in read.shapes:
            stage.own(read.name, OWNED[read.name] if shape.owned is None else shape.owned)
            found[shape.name] = shape.ask(account)
        return found

    return scene


def refusals(operation: str) -> Callable[[Stage], dict[int, WhiteBITError]]:
    """Make the scene in which a read is answered with each documented error status.

    The scene returns the error that the client made of each.
    """
    read, form = BY_OPERATION[operation]

    def scene(stage: Stage) -> dict[int, WhiteBITError]:
        account = _account(stage, form)
        found = {}
        for status in STATUSES:
            stage.arrange(operation, status)
            ask = (read.refused if status == 422 else None) or read.first
            found[status] = error_of(partial(ask, account))
        return found

    return scene


def _account(stage: Stage, form: Form) -> Any:
    user = stage.connect()
    if form == "bearer":
        return user.bearer.account
    user.api_key.issue(timeout=60)
    return user.signed.account


def shapes_name(operation: str) -> str:
    """Return the file name of the cassette with the shapes of a read."""
    return f"{operation}.yaml"


def refusals_name(operation: str) -> str:
    """Return the file name of the cassette with the errors of a read."""
    return f"{operation}_errors.yaml"
