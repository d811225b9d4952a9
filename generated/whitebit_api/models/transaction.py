# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `Transaction`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.confirmations import Confirmations
    from ..models.transaction_details import TransactionDetails


@_attrs_define
class Transaction:
    """A deposit or a withdrawal.

    Attributes:
        created_at: Unix seconds of its creation.
        ticker: The ticker of the currency.
        method: 1 for a deposit, 2 for a withdrawal.
        amount: The amount, a decimal number.
        status: How far it is; the codes of deposits and withdrawals differ.
        address: Where the money went to or came in.
        unique_id: An id, unique for the user; the published name.
        uniqueId: An id, unique for the user; the name that is probably on the wire.
        currency: The name of the currency.
        fee: The fee, a decimal number.
        description: A text, perhaps empty.
        memo: The memo, perhaps empty.
        network: The network, for a currency that has several.
        transaction_hash: The hash on the chain; several rows may share one.
        transaction_id: A UUID, unique across WhiteBIT; the published name.
        transactionId: A UUID, unique across WhiteBIT; the name that is probably on the wire.
        details: What was processed of a partially successful withdrawal.
        confirmations: The confirmations on the chain.
        centralized: Whether no chain was involved; seen in older answers.
        additional_properties: Fields that are not in the document.
    """

    created_at: int
    ticker: str
    method: int
    amount: str
    status: int
    address: str | Unset = UNSET
    unique_id: None | str | Unset = UNSET
    uniqueId: None | str | Unset = UNSET
    currency: str | Unset = UNSET
    fee: str | Unset = UNSET
    description: str | Unset = UNSET
    memo: str | Unset = UNSET
    network: None | str | Unset = UNSET
    transaction_hash: str | Unset = UNSET
    transaction_id: str | Unset = UNSET
    transactionId: str | Unset = UNSET
    details: None | TransactionDetails | Unset = UNSET
    confirmations: Confirmations | None | Unset = UNSET
    centralized: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""
        from ..models.confirmations import Confirmations
        from ..models.transaction_details import TransactionDetails

        created_at = self.created_at

        ticker = self.ticker

        method = self.method

        amount = self.amount

        status = self.status

        address = self.address

        unique_id: None | str | Unset
        if isinstance(self.unique_id, Unset):
            unique_id = UNSET
        else:
            unique_id = self.unique_id

        uniqueId: None | str | Unset
        if isinstance(self.uniqueId, Unset):
            uniqueId = UNSET
        else:
            uniqueId = self.uniqueId

        currency = self.currency

        fee = self.fee

        description = self.description

        memo = self.memo

        network: None | str | Unset
        if isinstance(self.network, Unset):
            network = UNSET
        else:
            network = self.network

        transaction_hash = self.transaction_hash

        transaction_id = self.transaction_id

        transactionId = self.transactionId

        details: dict[str, Any] | None | Unset
        if isinstance(self.details, Unset):
            details = UNSET
        elif isinstance(self.details, TransactionDetails):
            details = self.details.to_dict()
        else:
            details = self.details

        confirmations: dict[str, Any] | None | Unset
        if isinstance(self.confirmations, Unset):
            confirmations = UNSET
        elif isinstance(self.confirmations, Confirmations):
            confirmations = self.confirmations.to_dict()
        else:
            confirmations = self.confirmations

        centralized = self.centralized

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["createdAt"] = created_at
        field_dict["ticker"] = ticker
        field_dict["method"] = method
        field_dict["amount"] = amount
        field_dict["status"] = status
        if address is not UNSET:
            field_dict["address"] = address
        if unique_id is not UNSET:
            field_dict["unique_id"] = unique_id
        if uniqueId is not UNSET:
            field_dict["uniqueId"] = uniqueId
        if currency is not UNSET:
            field_dict["currency"] = currency
        if fee is not UNSET:
            field_dict["fee"] = fee
        if description is not UNSET:
            field_dict["description"] = description
        if memo is not UNSET:
            field_dict["memo"] = memo
        if network is not UNSET:
            field_dict["network"] = network
        if transaction_hash is not UNSET:
            field_dict["transactionHash"] = transaction_hash
        if transaction_id is not UNSET:
            field_dict["transaction_id"] = transaction_id
        if transactionId is not UNSET:
            field_dict["transactionId"] = transactionId
        if details is not UNSET:
            field_dict["details"] = details
        if confirmations is not UNSET:
            field_dict["confirmations"] = confirmations
        if centralized is not UNSET:
            field_dict["centralized"] = centralized
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """
        from ..models.confirmations import Confirmations
        from ..models.transaction_details import TransactionDetails

        d = dict(src_dict)
        created_at = d.pop("createdAt")

        ticker = d.pop("ticker")

        method = d.pop("method")

        amount = d.pop("amount")

        status = d.pop("status")

        address = d.pop("address", UNSET)

        def _parse_unique_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        unique_id = _parse_unique_id(d.pop("unique_id", UNSET))

        def _parse_uniqueId(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        uniqueId = _parse_uniqueId(d.pop("uniqueId", UNSET))

        currency = d.pop("currency", UNSET)

        fee = d.pop("fee", UNSET)

        description = d.pop("description", UNSET)

        memo = d.pop("memo", UNSET)

        def _parse_network(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        network = _parse_network(d.pop("network", UNSET))

        transaction_hash = d.pop("transactionHash", UNSET)

        transaction_id = d.pop("transaction_id", UNSET)

        transactionId = d.pop("transactionId", UNSET)

        def _parse_details(data: object) -> None | TransactionDetails | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                transaction_details = TransactionDetails.from_dict(data)

                return transaction_details
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | TransactionDetails | Unset, data)

        details = _parse_details(d.pop("details", UNSET))

        def _parse_confirmations(data: object) -> Confirmations | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                confirmations = Confirmations.from_dict(data)

                return confirmations
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Confirmations | None | Unset, data)

        confirmations = _parse_confirmations(d.pop("confirmations", UNSET))

        centralized = d.pop("centralized", UNSET)

        transaction = cls(
            created_at=created_at,
            ticker=ticker,
            method=method,
            amount=amount,
            status=status,
            address=address,
            unique_id=unique_id,
            uniqueId=uniqueId,
            currency=currency,
            fee=fee,
            description=description,
            memo=memo,
            network=network,
            transaction_hash=transaction_hash,
            transaction_id=transaction_id,
            transactionId=transactionId,
            details=details,
            confirmations=confirmations,
            centralized=centralized,
        )
        transaction.additional_properties = d
        return transaction
