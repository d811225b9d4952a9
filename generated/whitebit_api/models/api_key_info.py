# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `ApiKeyInfo`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.permission_group import PermissionGroup


@_attrs_define
class ApiKeyInfo:
    """The user's key for this partner, if there is one.

    Attributes:
        exists: Whether there is a key that the user created through this partner.
        is_enabled: Whether the key works; false after 14 days without use.
        external_id: The id of the key, a UUID; null when there is no key.
        permissions: What the user granted; empty without a key, and with one if nothing was
            granted; an older guide has every group then, not enabled.
        additional_properties: Fields that are not in the document.
    """

    exists: bool
    is_enabled: bool
    external_id: None | str | Unset = UNSET
    permissions: list[PermissionGroup] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        exists = self.exists

        is_enabled = self.is_enabled

        external_id: None | str | Unset
        if isinstance(self.external_id, Unset):
            external_id = UNSET
        else:
            external_id = self.external_id

        permissions: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.permissions, Unset):
            permissions = []
            for permission_group_data in self.permissions:
                permission_group = permission_group_data.to_dict()
                permissions.append(permission_group)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["exists"] = exists
        field_dict["isEnabled"] = is_enabled
        if external_id is not UNSET:
            field_dict["externalId"] = external_id
        if permissions is not UNSET:
            field_dict["permissions"] = permissions
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """
        from ..models.permission_group import PermissionGroup

        d = dict(src_dict)
        exists = d.pop("exists")

        is_enabled = d.pop("isEnabled")

        def _parse_external_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        external_id = _parse_external_id(d.pop("externalId", UNSET))

        _permissions = d.pop("permissions", UNSET)
        permissions: list[PermissionGroup] | Unset = UNSET
        if _permissions is not UNSET:
            permissions = []
            for permission_group_data in _permissions:
                permission_group = PermissionGroup.from_dict(permission_group_data)

                permissions.append(permission_group)

        api_key_info = cls(
            exists=exists,
            is_enabled=is_enabled,
            external_id=external_id,
            permissions=permissions,
        )
        api_key_info.additional_properties = d
        return api_key_info
