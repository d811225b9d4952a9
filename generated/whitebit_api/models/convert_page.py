# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `ConvertPage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.convert import Convert


@_attrs_define
class ConvertPage:
    """A page of conversions, newest id first.

    Attributes:
        records: The rows.
        total: How many rows there are.
        limit: How many rows were asked for.
        offset: How many rows were passed over.
        additional_properties: Fields that are not in the document.
    """

    records: list[Convert]
    total: int
    limit: int
    offset: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        records = []
        for convert_data in self.records:
            convert = convert_data.to_dict()
            records.append(convert)

        total = self.total

        limit = self.limit

        offset = self.offset

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["records"] = records
        field_dict["total"] = total
        field_dict["limit"] = limit
        field_dict["offset"] = offset
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """
        from ..models.convert import Convert

        d = dict(src_dict)
        records = []
        _records = d.pop("records")
        for convert_data in _records:
            convert = Convert.from_dict(convert_data)

            records.append(convert)

        total = d.pop("total")

        limit = d.pop("limit")

        offset = d.pop("offset")

        convert_page = cls(
            records=records,
            total=total,
            limit=limit,
            offset=offset,
        )
        convert_page.additional_properties = d
        return convert_page
