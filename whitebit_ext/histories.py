"""Walks through a user's histories, each page a read over either credential."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import attrs

from .access import Access
from .balances import BalanceFlows
from .reading import NONCE, PATIENT, Reader, Request
from .regions import operation
from .steps import Steps

if TYPE_CHECKING:
    from .account import Page, Query, Walk


@attrs.frozen
class Forms:
    """The two operations behind one history, and what the generated models of its body are called.

    Attributes:
        bearer: The operation that takes an access token.
        signed: The operation that takes a signature.
        model: The model of the first; the other's has ``Signed`` before it.
    """

    bearer: str
    signed: str
    model: str


FORMS: Mapping[str, Forms] = {
    "transactions": Forms(
        "list_account_transactions", "list_main_account_history", "TransactionsRequest"
    ),
    "orders": Forms("list_account_orders", "list_trade_account_order_history", "OrdersRequest"),
    "deals": Forms("list_account_deals", "list_trade_account_executed_history", "DealsRequest"),
    "converts": Forms("list_account_converts", "list_convert_history", "ConvertsRequest"),
}


@attrs.frozen
class HistoryFlows:
    """Histories, as walks for both faces.

    Attributes:
        reader: Sends the reads.
        balances: Know the currencies that there are.
    """

    reader: Reader
    balances: BalanceFlows

    def walk(self, user_id: str, access: Access, query: Query, cursor: str | None) -> Walk[Any]:
        """Return a walk; nothing is sent before it is advanced.

        Raises:
            InvalidArgument: the cursor is none, or belongs to other arguments.
        """
        from .account import decode_page, walk

        forms = FORMS[query.read]

        def parsed(name: str) -> Callable[[bytes], Page[Any]]:
            return lambda body: decode_page(query, body, name)

        def fetch(body: Mapping[str, Any]) -> Steps[Page[Any]]:
            return self.reader.read(
                user_id,
                access,
                _signed(forms, body, parsed(forms.signed)),
                _bearer(forms, body, parsed(forms.bearer)),
                PATIENT,
            )

        def tickers() -> Steps[Iterable[str]]:
            return (yield from self.balances.main(user_id, access, None)).keys()

        return walk(query, fetch, self.reader.clock, cursor, tickers)


def _bearer(
    forms: Forms, body: Mapping[str, Any], parse: Callable[[bytes], Page[Any]]
) -> Request[Page[Any]]:
    return Request(
        forms.bearer,
        _endpoint(f"account.{forms.bearer}"),
        lambda: _model(forms.model).from_dict(body),
        parse,
    )


def _signed(
    forms: Forms, body: Mapping[str, Any], parse: Callable[[bytes], Page[Any]]
) -> Request[Page[Any]]:
    whole = {**body, "request": operation(forms.signed).path, "nonce": NONCE}
    return Request(
        forms.signed,
        _endpoint(f"signed_account.{forms.signed}"),
        lambda: _model(f"Signed{forms.model}").from_dict(whole),
        parse,
    )


def _endpoint(name: str) -> Any:
    """Return a generated module; each loads when it is first used."""
    return import_module(f"whitebit_api.api.{name}")


def _model(name: str) -> Any:
    return getattr(import_module("whitebit_api.models"), name)
