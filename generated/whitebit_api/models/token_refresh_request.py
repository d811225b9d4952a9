# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `TokenRefreshRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field


@_attrs_define
class TokenRefreshRequest:
    """What is sent to renew a token pair.

    Attributes:
        client_id: The partner's client id.
        client_secret: The partner's client secret.
        token: The refresh token.
        additional_properties: Fields that are not in the document.
    """

    client_id: str
    client_secret: str = _attrs_field(repr=False)
    token: str = _attrs_field(repr=False)
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        client_id = self.client_id

        client_secret = self.client_secret

        token = self.token

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["client_id"] = client_id
        field_dict["client_secret"] = client_secret
        field_dict["token"] = token
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """

        d = dict(src_dict)
        client_id = d.pop("client_id")

        client_secret = d.pop("client_secret")

        token = d.pop("token")

        token_refresh_request = cls(
            client_id=client_id,
            client_secret=client_secret,
            token=token,
        )
        token_refresh_request.additional_properties = d
        return token_refresh_request
