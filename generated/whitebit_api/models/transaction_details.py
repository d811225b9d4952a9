# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `TransactionDetails`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.partial_withdrawal import PartialWithdrawal


@_attrs_define
class TransactionDetails:
    """Details of a transaction.

    Attributes:
        partial: How much of a withdrawal was processed.
        additional_properties: Fields that are not in the document.
    """

    partial: PartialWithdrawal | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        partial: dict[str, Any] | Unset = UNSET
        if not isinstance(self.partial, Unset):
            partial = self.partial.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        if partial is not UNSET:
            field_dict["partial"] = partial
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """
        from ..models.partial_withdrawal import PartialWithdrawal

        d = dict(src_dict)
        _partial = d.pop("partial", UNSET)
        partial: PartialWithdrawal | Unset
        if isinstance(_partial, Unset):
            partial = UNSET
        else:
            partial = PartialWithdrawal.from_dict(_partial)

        transaction_details = cls(
            partial=partial,
        )
        transaction_details.additional_properties = d
        return transaction_details
