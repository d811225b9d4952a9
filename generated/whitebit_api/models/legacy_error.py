# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `LegacyError`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


@_attrs_define
class LegacyError:
    """An error in the oldest envelope.

    Attributes:
        success: False.
        message: Lists of messages.
        result: Empty.
        additional_properties: Fields that are not in the document.
    """

    success: bool
    message: list[list[str]]
    result: Any | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        success = self.success

        message = []
        for message_item_data in self.message:
            message_item = message_item_data

            message.append(message_item)

        result = self.result

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["success"] = success
        field_dict["message"] = message
        if result is not UNSET:
            field_dict["result"] = result
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """

        d = dict(src_dict)
        success = d.pop("success")

        message = []
        _message = d.pop("message")
        for message_item_data in _message:
            message_item = cast(list[str], message_item_data)

            message.append(message_item)

        result = d.pop("result", UNSET)

        legacy_error = cls(
            success=success,
            message=message,
            result=result,
        )
        legacy_error.additional_properties = d
        return legacy_error
