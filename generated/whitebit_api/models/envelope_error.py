# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `EnvelopeError`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.field_errors import FieldErrors


@_attrs_define
class EnvelopeError:
    """An error in an older envelope, seen with 422 and 503.

    Attributes:
        status: The HTTP status again.
        errors: Messages by field, mostly under `message`.
        response: Seen as null only.
        notification: Seen as null only.
        warning: Seen as null only.
        field_token: Seen as null only.
        additional_properties: Fields that are not in the document.
    """

    status: int
    errors: FieldErrors | list[None]
    response: Any | Unset = UNSET
    notification: Any | Unset = UNSET
    warning: Any | Unset = UNSET
    field_token: Any | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""
        from ..models.field_errors import FieldErrors

        status = self.status

        errors: dict[str, Any] | list[None]
        if isinstance(self.errors, FieldErrors):
            errors = self.errors.to_dict()
        else:
            errors = self.errors

        response = self.response

        notification = self.notification

        warning = self.warning

        field_token = self.field_token

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["status"] = status
        field_dict["errors"] = errors
        if response is not UNSET:
            field_dict["response"] = response
        if notification is not UNSET:
            field_dict["notification"] = notification
        if warning is not UNSET:
            field_dict["warning"] = warning
        if field_token is not UNSET:
            field_dict["_token"] = field_token
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """
        from ..models.field_errors import FieldErrors

        d = dict(src_dict)
        status = d.pop("status")

        def _parse_errors(data: object) -> FieldErrors | list[None]:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                field_errors = FieldErrors.from_dict(data)

                return field_errors
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, list):
                raise TypeError()
            errors_type_1 = cast(list[None], data)

            return errors_type_1

        errors = _parse_errors(d.pop("errors"))

        response = d.pop("response", UNSET)

        notification = d.pop("notification", UNSET)

        warning = d.pop("warning", UNSET)

        field_token = d.pop("_token", UNSET)

        envelope_error = cls(
            status=status,
            errors=errors,
            response=response,
            notification=notification,
            warning=warning,
            field_token=field_token,
        )
        envelope_error.additional_properties = d
        return envelope_error
