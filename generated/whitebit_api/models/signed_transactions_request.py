# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `SignedTransactionsRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.transaction_method import TransactionMethod, check_transaction_method
from ..types import UNSET, Unset


@_attrs_define
class SignedTransactionsRequest:
    """Which deposits and withdrawals to list, as a signed body.

    Attributes:
        nonce: A number that grows with every request of a key, best the unix time in
            milliseconds; WhiteBIT's own samples send it as a decimal string.
        request: The path of the operation.
        transaction_method: 1 for deposits, 2 for withdrawals.
        ticker: A currency.
        address: An address.
        addresses: Several addresses.
        memo: A memo.
        unique_id: A transaction's `uniqueId`; published as `unique_id`, so that both may
            be sent.
        status: Status codes; only those of the method are valid.
        limit: How many rows at most; above 100 is discouraged, and the server may send
            fewer.
        offset: How many rows to pass over; `offset` plus `limit` is 10000 at most, or
            less than 10000, as the message of the refusal says.
        nonce_window: Whether the nonce need only be unique and within 5 s of the server's
            clock, in milliseconds, instead of growing; for callers that share a
            key.
        additional_properties: Fields that are not in the document.
    """

    nonce: int | str
    request: Literal["/api/v4/main-account/history"] = "/api/v4/main-account/history"
    transaction_method: TransactionMethod | Unset = UNSET
    ticker: str | Unset = UNSET
    address: str | Unset = UNSET
    addresses: list[str] | Unset = UNSET
    memo: str | Unset = UNSET
    unique_id: str | Unset = UNSET
    status: list[int] | Unset = UNSET
    limit: int | Unset = 50
    offset: int | Unset = 0
    nonce_window: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        nonce: int | str
        nonce = self.nonce

        request = self.request

        transaction_method: int | Unset = UNSET
        if not isinstance(self.transaction_method, Unset):
            transaction_method = self.transaction_method

        ticker = self.ticker

        address = self.address

        addresses: list[str] | Unset = UNSET
        if not isinstance(self.addresses, Unset):
            addresses = self.addresses

        memo = self.memo

        unique_id = self.unique_id

        status: list[int] | Unset = UNSET
        if not isinstance(self.status, Unset):
            status = self.status

        limit = self.limit

        offset = self.offset

        nonce_window = self.nonce_window

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["nonce"] = nonce
        field_dict["request"] = request
        if transaction_method is not UNSET:
            field_dict["transactionMethod"] = transaction_method
        if ticker is not UNSET:
            field_dict["ticker"] = ticker
        if address is not UNSET:
            field_dict["address"] = address
        if addresses is not UNSET:
            field_dict["addresses"] = addresses
        if memo is not UNSET:
            field_dict["memo"] = memo
        if unique_id is not UNSET:
            field_dict["uniqueId"] = unique_id
        if status is not UNSET:
            field_dict["status"] = status
        if limit is not UNSET:
            field_dict["limit"] = limit
        if offset is not UNSET:
            field_dict["offset"] = offset
        if nonce_window is not UNSET:
            field_dict["nonceWindow"] = nonce_window
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """

        d = dict(src_dict)

        def _parse_nonce(data: object) -> int | str:
            return cast(int | str, data)

        nonce = _parse_nonce(d.pop("nonce"))

        request = cast(Literal["/api/v4/main-account/history"], d.pop("request"))
        if request != "/api/v4/main-account/history":
            raise ValueError(
                f"request must match const '/api/v4/main-account/history', got '{request}'"
            )

        _transaction_method = d.pop("transactionMethod", UNSET)
        transaction_method: TransactionMethod | Unset
        if isinstance(_transaction_method, Unset):
            transaction_method = UNSET
        else:
            transaction_method = check_transaction_method(_transaction_method)

        ticker = d.pop("ticker", UNSET)

        address = d.pop("address", UNSET)

        addresses = cast(list[str], d.pop("addresses", UNSET))

        memo = d.pop("memo", UNSET)

        unique_id = d.pop("uniqueId", UNSET)

        status = cast(list[int], d.pop("status", UNSET))

        limit = d.pop("limit", UNSET)

        offset = d.pop("offset", UNSET)

        nonce_window = d.pop("nonceWindow", UNSET)

        signed_transactions_request = cls(
            nonce=nonce,
            request=request,
            transaction_method=transaction_method,
            ticker=ticker,
            address=address,
            addresses=addresses,
            memo=memo,
            unique_id=unique_id,
            status=status,
            limit=limit,
            offset=offset,
            nonce_window=nonce_window,
        )
        signed_transactions_request.additional_properties = d
        return signed_transactions_request
