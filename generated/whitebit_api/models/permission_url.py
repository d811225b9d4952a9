# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `PermissionUrl`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


@_attrs_define
class PermissionUrl:
    """An endpoint of a group and whether the user granted it.

    Attributes:
        url: The endpoint as WhiteBIT names it; need not be a V4 path.
        enable: Whether it was granted.
        additional_properties: Fields that are not in the document.
    """

    url: str
    enable: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        url = self.url

        enable = self.enable

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["url"] = url
        if enable is not UNSET:
            field_dict["enable"] = enable
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """

        d = dict(src_dict)
        url = d.pop("url")

        enable = d.pop("enable", UNSET)

        permission_url = cls(
            url=url,
            enable=enable,
        )
        permission_url.additional_properties = d
        return permission_url
