# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `CodeExchangeRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


@_attrs_define
class CodeExchangeRequest:
    """What is sent to exchange an authorization code.

    Attributes:
        client_id: The partner's client id.
        client_secret: The partner's client secret.
        code: The code of the callback; good for one use.
        code_verifier: The verifier behind the challenge (RFC 7636, 4.1), when there was one.
        additional_properties: Fields that are not in the document.
    """

    client_id: str
    client_secret: str = _attrs_field(repr=False)
    code: str = _attrs_field(repr=False)
    code_verifier: str | Unset = _attrs_field(default=UNSET, repr=False)
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        client_id = self.client_id

        client_secret = self.client_secret

        code = self.code

        code_verifier = self.code_verifier

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["client_id"] = client_id
        field_dict["client_secret"] = client_secret
        field_dict["code"] = code
        if code_verifier is not UNSET:
            field_dict["code_verifier"] = code_verifier
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

        code = d.pop("code")

        code_verifier = d.pop("code_verifier", UNSET)

        code_exchange_request = cls(
            client_id=client_id,
            client_secret=client_secret,
            code=code,
            code_verifier=code_verifier,
        )
        code_exchange_request.additional_properties = d
        return code_exchange_request
