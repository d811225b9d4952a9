"""The records of the account reads and their enumerations, from `spec/openapi.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scripts.spec_document import SCHEMAS, Document, SpecError

PLAIN = {"integer": "int", "boolean": "bool", "string": "str"}
FORMATS = {"decimal": "Decimal", "unix-time": "Time"}


def enumerations_of(document: Document) -> list[dict[str, Any]]:
    """Return each enumeration once, with its members, sorted by name."""
    found: dict[str, dict[str, Any]] = {}
    for schema in document.schemas.values():
        for field in (schema, *schema.get("properties", {}).values()):
            if "x-enumeration" not in field:
                continue
            known = field.get("x-known-values") or dict.fromkeys(field.get("enum", ()), "")
            row = {
                "name": field["x-enumeration"],
                "description": field["description"],
                "base": "StrEnum" if "enum" in field else f"Open{_kind(field)}",
                "members": _members(known, number=_kind(field) == "Number"),
            }
            first = found.setdefault(row["name"], row)
            if first["members"] != row["members"]:
                raise SpecError(f"{row['name']} has different values in two places")
    return [found[name] for name in sorted(found)]


def outcomes_of(document: Document) -> dict[str, Any]:
    """Return the meanings of the status codes of transactions."""
    status = document.schemas["Transaction"]["properties"]["status"]
    return {
        "members": _members(
            {_snake(name): meaning for name, meaning in status["x-outcomes"].items()}
        ),
        "tables": {
            method: {
                int(code): _member(_snake(name), "")
                for code, name in status[f"x-known-values-of-{method.lower()}s"].items()
            }
            for method in ("DEPOSIT", "WITHDRAWAL")
        },
    }


def _kind(field: Mapping[str, Any]) -> str:
    return "Number" if field["type"] == "integer" else "Text"


def _members(known: Mapping[str, str], *, number: bool = False) -> list[dict[str, Any]]:
    return [
        {
            "name": _member(value, meaning),
            "value": int(value) if number else value,
            "meaning": _sentence(meaning),
        }
        for value, meaning in known.items()
    ]


def _member(value: str, meaning: str) -> str:
    """Return a member's name: its value, or its meaning if the value is not a word."""
    return re.sub(r"\W+", "_", value if value[0].isalpha() else meaning).upper()


def _sentence(text: str) -> str:
    return text and text[0].upper() + text[1:].removesuffix(".") + "."


def records_of(document: Document) -> list[dict[str, Any]]:
    """Return the records, nested ones before those that contain them."""
    found: dict[str, dict[str, Any]] = {}

    def add(name: str) -> None:
        if name in found:
            return
        row = _record(document, name)
        for nested in row["nested"]:
            add(nested)
        for field in row["fields"]:
            # A nested record without checks needs no check.
            if field["nested"] and not found[field["nested"]]["checks"]:
                field["check"] = None
        row["checks"] = [field["check"] for field in row["fields"] if field["check"]]
        if row["key"] and not row["keywords_only"]:
            row["checks"] = []  # msgspec cannot build it without the key
        found[name] = row

    for name, schema in document.schemas.items():
        if "x-record" in schema:
            add(name)
    return list(found.values())


def _record(document: Document, name: str) -> dict[str, Any]:
    schema = document.schemas[name]
    own = schema.get("x-record")
    key = (own or {}).get("key")
    properties: Mapping[str, Any] = schema["properties"]
    fields = [_field(document, wire, field, schema) for wire, field in properties.items()]
    if key:
        # The key can be required only if every field is: msgspec builds records without the key.
        default = None if all(field["required"] for field in fields) else '""'
        fields.insert(0, _key(key, own["description"], default))
    return {
        "name": name,
        "function": f"sound_{_snake(name)}",
        "description": schema["description"],
        "is_row": own is not None,
        "key": key,
        "fields": fields,
        "keywords_only": any(not field["required"] for field in fields),
        "aliases": {alias: field["name"] for field in fields for alias in field["aliases"]},
        "nested": [field["nested"] for field in fields if field["nested"]],
        "outcome": next((field["name"] for field in fields if field["outcome"]), None),
    }


def _key(name: str, description: str, default: str | None) -> dict[str, Any]:
    return {
        "name": name,
        "annotation": "str",
        "default": default,
        "required": default is None,
        "description": description,
        "aliases": (),
        "nested": None,
        "outcome": False,
        "check": None,
    }


def _field(
    document: Document, wire: str, field: Mapping[str, Any], schema: Mapping[str, Any]
) -> dict[str, Any]:
    name = field.get("x-python-name") or _snake(wire)
    required = wire in schema.get("required", ())
    kind, nested, several = _type(field)
    annotation = f"tuple[{kind}, ...]" if several else kind
    default = None if required else "()" if several else "None"
    if default == "None" and kind != "Any":
        annotation += " | None"
    arguments = [f"default={default}"] if default else []
    if wire != name:
        arguments.append(f'name="{wire}"')
    described = field if "description" in field else document.resolve(field)
    return {
        "name": name,
        "annotation": annotation,
        "default": f"field({', '.join(arguments)})" if wire != name else default,
        "required": required,
        "description": described["description"],
        "aliases": field.get("x-aliases", ()),
        "nested": nested,
        "outcome": "x-outcomes" in field,
        "check": _check(f"row.{name}", kind, nested, several, required),
    }


def _type(field: Mapping[str, Any]) -> tuple[str, str | None, bool]:
    """Return a field's type, its record if it has one, and whether it is a list of records."""
    options = [option for option in field.get("oneOf", (field,)) if option.get("type") != "null"]
    (option,) = options
    if "$ref" in option:
        name = option["$ref"].removeprefix(SCHEMAS)
        return name, name, False
    if option.get("type") == "array":
        name = option["items"]["$ref"].removeprefix(SCHEMAS)
        return name, name, True
    if "x-enumeration" in option:
        return option["x-enumeration"], None, False
    if option.get("format") in FORMATS:
        return FORMATS[option["format"]], None, False
    types = option.get("type", "any")
    first = types if isinstance(types, str) else next(t for t in types if t != "null")
    return PLAIN.get(first, "Any"), None, False


def _check(value: str, kind: str, nested: str | None, several: bool, required: bool) -> str | None:
    """Return the expression that checks a value, or None if every value is valid."""
    if nested is not None:
        function = f"sound_{_snake(nested)}"
        found = f"{function}({value})" if several else f"{function}(({value},))"
    elif kind == "Decimal":
        found = f"{value}.is_finite()"
    elif kind == "Time":
        found = f"{value}.tzinfo is UTC"
    else:
        return None
    return found if required or several else f"({value} is None or {found})"


def _snake(text: str) -> str:
    """Return a name in camel case or of several words in snake case."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).replace(" ", "_").lower()
