# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `SpotBalance`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field


@_attrs_define
class SpotBalance:
    """The spot balance of one currency.

    Attributes:
        available: What can be traded with, a decimal number; trailing zeros are kept.
        freeze: What is bound in orders, a decimal number.
        additional_properties: Fields that are not in the document.
    """

    available: str
    freeze: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        available = self.available

        freeze = self.freeze

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["available"] = available
        field_dict["freeze"] = freeze
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """

        d = dict(src_dict)
        available = d.pop("available")

        freeze = d.pop("freeze")

        spot_balance = cls(
            available=available,
            freeze=freeze,
        )
        spot_balance.additional_properties = d
        return spot_balance
