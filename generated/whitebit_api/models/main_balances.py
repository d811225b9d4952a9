# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `MainBalances`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.main_balance import MainBalance


@_attrs_define
class MainBalances:
    """Main balances by ticker.

    Attributes:
        additional_properties: The entries.
    """

    additional_properties: dict[str, MainBalance] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        field_dict: dict[str, Any] = {}
        for prop_name, prop in self.additional_properties.items():
            field_dict[prop_name] = prop.to_dict()
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """
        from ..models.main_balance import MainBalance

        d = dict(src_dict)
        main_balances = cls()
        additional_properties = {}
        for prop_name, prop_dict in d.items():
            additional_property = MainBalance.from_dict(prop_dict)

            additional_properties[prop_name] = additional_property
        main_balances.additional_properties = additional_properties
        return main_balances
