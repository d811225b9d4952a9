# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `FormError`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.field_errors import FieldErrors


@_attrs_define
class FormError:
    """What is wrong with the fields of a form.

    Attributes:
        errors: Messages by field.
        notification: Seen as null only.
        additional_properties: Fields that are not in the document.
    """

    errors: FieldErrors | list[None]
    notification: Any | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""
        from ..models.field_errors import FieldErrors

        errors: dict[str, Any] | list[None]
        if isinstance(self.errors, FieldErrors):
            errors = self.errors.to_dict()
        else:
            errors = self.errors

        notification = self.notification

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["errors"] = errors
        if notification is not UNSET:
            field_dict["notification"] = notification
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

        notification = d.pop("notification", UNSET)

        form_error = cls(
            errors=errors,
            notification=notification,
        )
        form_error.additional_properties = d
        return form_error
