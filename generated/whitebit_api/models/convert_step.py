# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `ConvertStep`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field


@_attrs_define
class ConvertStep:
    """A step of a conversion.

    Attributes:
        from_: The currency given.
        to: The currency received.
        rate: The rate, a decimal number.
        additional_properties: Fields that are not in the document.
    """

    from_: str
    to: str
    rate: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        from_ = self.from_

        to = self.to

        rate = self.rate

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["from"] = from_
        field_dict["to"] = to
        field_dict["rate"] = rate
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """

        d = dict(src_dict)
        from_ = d.pop("from")

        to = d.pop("to")

        rate = d.pop("rate")

        convert_step = cls(
            from_=from_,
            to=to,
            rate=rate,
        )
        convert_step.additional_properties = d
        return convert_step
