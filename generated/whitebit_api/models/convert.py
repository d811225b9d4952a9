# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `Convert`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.convert_step import ConvertStep


@_attrs_define
class Convert:
    """A conversion.

    Attributes:
        id: The conversion's id.
        date: Unix seconds.
        give: What was given, a decimal number.
        receive: What was received, a decimal number.
        rate: The rate, a decimal number.
        path: The steps from one currency to the other.
        additional_properties: Fields that are not in the document.
    """

    id: str
    date: int
    give: str
    receive: str
    rate: str
    path: list[ConvertStep] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        id = self.id

        date = self.date

        give = self.give

        receive = self.receive

        rate = self.rate

        path: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.path, Unset):
            path = []
            for convert_step_data in self.path:
                convert_step = convert_step_data.to_dict()
                path.append(convert_step)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["id"] = id
        field_dict["date"] = date
        field_dict["give"] = give
        field_dict["receive"] = receive
        field_dict["rate"] = rate
        if path is not UNSET:
            field_dict["path"] = path
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """
        from ..models.convert_step import ConvertStep

        d = dict(src_dict)
        id = d.pop("id")

        date = d.pop("date")

        give = d.pop("give")

        receive = d.pop("receive")

        rate = d.pop("rate")

        _path = d.pop("path", UNSET)
        path: list[ConvertStep] | Unset = UNSET
        if _path is not UNSET:
            path = []
            for convert_step_data in _path:
                convert_step = ConvertStep.from_dict(convert_step_data)

                path.append(convert_step)

        convert = cls(
            id=id,
            date=date,
            give=give,
            receive=receive,
            rate=rate,
            path=path,
        )
        convert.additional_properties = d
        return convert
