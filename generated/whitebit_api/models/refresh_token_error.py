# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `RefreshTokenError`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.refresh_token_messages import RefreshTokenMessages


@_attrs_define
class RefreshTokenError:
    """The refusal of a refresh token.

    Attributes:
        data: What is wrong with the refresh token, as text.
        additional_properties: Fields that are not in the document.
    """

    data: RefreshTokenMessages
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        data = self.data.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["data"] = data
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """
        from ..models.refresh_token_messages import RefreshTokenMessages

        d = dict(src_dict)
        data = RefreshTokenMessages.from_dict(d.pop("data"))

        refresh_token_error = cls(
            data=data,
        )
        refresh_token_error.additional_properties = d
        return refresh_token_error
