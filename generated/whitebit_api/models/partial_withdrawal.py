# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `PartialWithdrawal`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


@_attrs_define
class PartialWithdrawal:
    """How much of a withdrawal was processed.

    Attributes:
        request_amount: The amount that was asked for, a decimal number.
        processed_amount: The amount that went out, a decimal number.
        processed_fee: The fee of that, a decimal number.
        normalize_transaction: The transaction that settles the rest; its type is not published.
        additional_properties: Fields that are not in the document.
    """

    request_amount: str | Unset = UNSET
    processed_amount: str | Unset = UNSET
    processed_fee: str | Unset = UNSET
    normalize_transaction: Any | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        request_amount = self.request_amount

        processed_amount = self.processed_amount

        processed_fee = self.processed_fee

        normalize_transaction = self.normalize_transaction

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        if request_amount is not UNSET:
            field_dict["requestAmount"] = request_amount
        if processed_amount is not UNSET:
            field_dict["processedAmount"] = processed_amount
        if processed_fee is not UNSET:
            field_dict["processedFee"] = processed_fee
        if normalize_transaction is not UNSET:
            field_dict["normalizeTransaction"] = normalize_transaction
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """

        d = dict(src_dict)
        request_amount = d.pop("requestAmount", UNSET)

        processed_amount = d.pop("processedAmount", UNSET)

        processed_fee = d.pop("processedFee", UNSET)

        normalize_transaction = d.pop("normalizeTransaction", UNSET)

        partial_withdrawal = cls(
            request_amount=request_amount,
            processed_amount=processed_amount,
            processed_fee=processed_fee,
            normalize_transaction=normalize_transaction,
        )
        partial_withdrawal.additional_properties = d
        return partial_withdrawal
