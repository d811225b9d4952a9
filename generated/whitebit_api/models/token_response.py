# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `TokenResponse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.token_pair import TokenPair


@_attrs_define
class TokenResponse:
    """The envelope around a token pair.

    Attributes:
        data: An access token and, mostly, a refresh token that lives 600 s.
        additional_properties: Fields that are not in the document.
    """

    data: TokenPair
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
        from ..models.token_pair import TokenPair

        d = dict(src_dict)
        data = TokenPair.from_dict(d.pop("data"))

        token_response = cls(
            data=data,
        )
        token_response.additional_properties = d
        return token_response
