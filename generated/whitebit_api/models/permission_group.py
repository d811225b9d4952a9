# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `PermissionGroup`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.permission_url import PermissionUrl


@_attrs_define
class PermissionGroup:
    """A group of permissions that the user could tick.

    Attributes:
        name: The stable name of the group, to compare with.
        urls: The endpoints of the group.
        title: The name in the user's language, to show and not to compare with.
        additional_properties: Fields that are not in the document.
    """

    name: str
    urls: list[PermissionUrl]
    title: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        name = self.name

        urls = []
        for permission_url_data in self.urls:
            permission_url = permission_url_data.to_dict()
            urls.append(permission_url)

        title = self.title

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["name"] = name
        field_dict["urls"] = urls
        if title is not UNSET:
            field_dict["title"] = title
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """
        from ..models.permission_url import PermissionUrl

        d = dict(src_dict)
        name = d.pop("name")

        urls = []
        _urls = d.pop("urls")
        for permission_url_data in _urls:
            permission_url = PermissionUrl.from_dict(permission_url_data)

            urls.append(permission_url)

        title = d.pop("title", UNSET)

        permission_group = cls(
            name=name,
            urls=urls,
            title=title,
        )
        permission_group.additional_properties = d
        return permission_group
