"""Irregularities of a PHP server behind a CDN, as switches (contract section 8).

They change the format of responses, never what the sandbox does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final, Literal

import attrs

from ..operations import Operation
from . import row_traps

TwoNames = Literal["camel", "snake", "both"]

V4Envelope = Literal["plain", "notification", "older"]

_DECIMAL: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")

# Marks a string to write as a bare number; no response contains this character.
_BARE: Final = "\ue000"

_OPTIONAL: Final = ("title", "scope", "freeze", *row_traps.OPTIONAL)


@attrs.define
class Traps:
    r"""Switches for irregular responses, all off by default.

    Attributes:
        empty_map_as_list: Send an empty map as `[]`.
        numbers_as_strings: Send numbers (`expires_in`, `time`, ids) as strings.
        decimals_as_numbers: Send amounts as bare numbers with all their digits.
        null_fields: Send optional fields (`title`, `scope`, `freeze`, a missing refresh token,
            optional fields of history rows) as null.
        missing_fields: Omit these fields.
        unknown_fields: Add an undocumented field to every object that is not a map.
        ticker_as_map: Send the balance of one ticker as a map with one entry.
        disabled_permissions: Send the permissions of a key without any as disabled groups, as in
            the older guide, instead of `[]`.
        translated_titles: Send the titles of permission groups in Ukrainian.
        escaped_slashes: Send slashes in strings as `\/`, as PHP does.
        html_errors: Send 403, 429 and 5xx as HTML pages.
        set_cookie: Set a cookie, which an API client must not send back.
        two_names: The names of fields with two names: `uniqueId` and `transactionId` (camel),
            `unique_id` and `transaction_id` (snake), or both at once.
        unknown_values: Send undocumented values in every enumeration of history rows.
        frozen_as_31: Send frozen deposits with status 31.
        older_fields: Add the fields of older responses to rows.
        empty_orders_as_map: Send an empty order history as `{}` instead of `[]`.
        v4_envelope: The format of V4 errors: documented, or one of two others that were seen.
    """

    empty_map_as_list: bool = False
    numbers_as_strings: bool = False
    decimals_as_numbers: bool = False
    null_fields: bool = False
    missing_fields: bool = False
    unknown_fields: bool = False
    ticker_as_map: bool = False
    disabled_permissions: bool = False
    translated_titles: bool = False
    escaped_slashes: bool = False
    html_errors: bool = False
    set_cookie: bool = False
    two_names: TwoNames = "camel"
    unknown_values: bool = False
    frozen_as_31: bool = False
    older_fields: bool = False
    empty_orders_as_map: bool = False
    v4_envelope: V4Envelope = "plain"

    def rewrite(self, body: bytes, status: int, operation: Operation) -> bytes:
        """Return a JSON body with the changes of the active switches."""
        if self == Traps():
            return body
        content = json.loads(body)
        if status >= 400:
            content = self._error(content, status)
        else:
            if self.null_fields and operation.security == "client":
                content["data"].setdefault("refresh_token", None)
            for change in self._changes(operation):
                content = _everywhere(content, change)
        text = json.dumps(content, separators=(",", ":"))
        text = re.sub(r'"\\ue000([^"]*)"', r"\1", text)
        if self.escaped_slashes:
            text = text.replace("/", "\\/")
        return text.encode("ascii")

    def _changes(self, operation: Operation) -> list[Callable[[Any], Any]]:
        amounts = operation.template.startswith("/api/")
        switched = (
            (self.frozen_as_31, row_traps.frozen_as_31),
            (self.unknown_values and amounts, row_traps.with_unknown_values),
            (self.older_fields, row_traps.with_older_fields),
            (self.two_names == "snake", row_traps.with_other_names),
            (self.two_names == "both", row_traps.with_both_names),
            (self.missing_fields, _without_optional),
            (self.null_fields, _with_null_optional),
            (self.unknown_fields, _with_unknown),
            (self.decimals_as_numbers and amounts, _decimal_to_number),
            (self.numbers_as_strings, _number_to_string),
            (self.empty_map_as_list, _empty_map_to_list),
        )
        return [change for on, change in switched if on]

    def _error(self, content: Any, status: int) -> Any:
        if not isinstance(content, dict) or "code" not in content:
            return content
        text = content["message"]
        if self.v4_envelope == "older":
            return {"message": [[text]], "result": [], "success": False}
        if self.v4_envelope == "notification":
            return {
                "response": None,
                "status": status,
                "errors": {"message": [text]},
                "notification": None,
                "warning": None,
                "_token": None,
            }
        if self.empty_map_as_list and content.get("errors") == {}:
            content["errors"] = []
        return content


def _everywhere(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a change to a value and all its parts, innermost first."""
    if isinstance(value, dict):
        value = {key: _everywhere(item, change) for key, item in value.items()}
    elif isinstance(value, list):
        value = [_everywhere(item, change) for item in value]
    return change(value)


def _without_optional(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if key not in _OPTIONAL}
    return value


def _with_null_optional(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: None if key in _OPTIONAL else item for key, item in value.items()}
    return value


def _with_unknown(value: Any) -> Any:
    if isinstance(value, dict) and not _is_map(value):
        return {**value, "new_field": {"version": 2, "hint": None}}
    return value


def _is_map(value: dict[str, Any]) -> bool:
    # The values of a map are objects or rows, so a new key would be a new row, not a new field.
    return all(isinstance(item, (dict, list)) for item in value.values())


def _number_to_string(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _decimal_to_number(value: Any) -> Any:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return _BARE + value
    return value


def _empty_map_to_list(value: Any) -> Any:
    return [] if value == {} and isinstance(value, dict) else value
