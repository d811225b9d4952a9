# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `TransactionPage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.transaction import Transaction


@_attrs_define
class TransactionPage:
    """A page of deposits and withdrawals, newest first.

    Attributes:
        limit: How many rows were asked for.
        offset: How many rows were passed over.
        total: How many rows there are.
        records: The rows.
        additional_properties: Fields that are not in the document.
    """

    limit: int
    offset: int
    total: int
    records: list[Transaction]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        limit = self.limit

        offset = self.offset

        total = self.total

        records = []
        for transaction_data in self.records:
            transaction = transaction_data.to_dict()
            records.append(transaction)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["limit"] = limit
        field_dict["offset"] = offset
        field_dict["total"] = total
        field_dict["records"] = records
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """
        from ..models.transaction import Transaction

        d = dict(src_dict)
        limit = d.pop("limit")

        offset = d.pop("offset")

        total = d.pop("total")

        records = []
        _records = d.pop("records")
        for transaction_data in _records:
            transaction = Transaction.from_dict(transaction_data)

            records.append(transaction)

        transaction_page = cls(
            limit=limit,
            offset=offset,
            total=total,
            records=records,
        )
        transaction_page.additional_properties = d
        return transaction_page
