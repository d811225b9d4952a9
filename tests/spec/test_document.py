"""The document is valid, and so is every example in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

NAME = "urn:whitebit"


def validate(document: Any, pointer: str, value: object) -> None:
    """Raise if a value is not what the schema at a place of the document says."""
    registry: Registry[Any] = Registry().with_resource(
        NAME, DRAFT202012.create_resource(document.content)
    )
    Draft202012Validator(
        {"$ref": f"{NAME}#{pointer}"}, registry=registry, format_checker=FormatChecker()
    ).validate(value)


def walk(node: object, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of the document with its place."""
    if isinstance(node, dict):
        yield pointer, node
        for key, value in node.items():
            part = str(key).replace("~", "~0").replace("/", "~1")
            yield from walk(value, f"{pointer}/{part}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{pointer}/{index}")


def schemas(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema that has a type, with its place."""
    for pointer, node in walk(document.content):
        if "/examples/" not in pointer and isinstance(node.get("type"), str | list):
            yield pointer, node


def test_document_is_valid(document: Any) -> None:
    """The document is OpenAPI 3.1."""
    assert document.content["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document.content).validate()


def test_bodies_in_examples(document: Any) -> None:
    """Every example of a request or response is valid against its schema."""
    seen = 0
    for pointer, node in walk(document.content):
        if pointer.endswith(("/application~1json", "/application~1x-www-form-urlencoded")):
            for example in node.get("examples", {}).values():
                validate(document, f"{pointer}/schema", document.resolve(example)["value"])
                seen += 1
    assert seen > 70


def test_every_example_is_used(document: Any) -> None:
    """Every named example is used."""
    used = {
        node["$ref"].rpartition("/")[2]
        for _, node in walk(document.content)
        if str(node.get("$ref", "")).startswith("#/components/examples/")
    }
    assert used == set(document.content["components"]["examples"])


def test_values_in_schemas(document: Any) -> None:
    """Every example and default of a field is valid against the field's schema."""
    seen = 0
    for pointer, schema in schemas(document):
        for value in [
            *schema.get("examples", ()),
            *[schema[k] for k in ["default"] if k in schema],
        ]:
            validate(document, pointer, value)
            seen += 1
    assert seen > 50


def test_parameters_in_examples(document: Any) -> None:
    """Every example of a parameter is valid against its schema."""
    parameters = [
        (pointer, node) for pointer, node in walk(document.content) if {"in", "schema"} <= set(node)
    ]
    assert len(parameters) == 6
    for pointer, parameter in parameters:
        validate(document, f"{pointer}/schema", parameter["example"])


def test_decimals_in_examples(document: Any) -> None:
    """Every example of an amount is a decimal number."""
    values = [
        value
        for _, schema in schemas(document)
        if schema.get("format") == "decimal"
        for value in schema.get("examples", ())
    ]
    assert values
    assert all(Decimal(value).is_finite() for value in values)


def test_known_values_are_explained(document: Any) -> None:
    """Every known value of an open enumeration has a description."""
    meanings = [
        meaning
        for _, schema in schemas(document)
        for key, known in schema.items()
        if key.startswith("x-known-values")
        for meaning in known.values()
    ]
    assert len(meanings) > 60
    assert all(meanings)


def test_secrets_are_marked(document: Any) -> None:
    """Exactly the fields that contain a secret have `format: password`."""
    fields = {
        (name, field)
        for name, schema in document.content["components"]["schemas"].items()
        for field, content in schema.get("properties", {}).items()
        if content.get("format") == "password"
    }
    assert fields == {
        ("CodeExchangeRequest", "client_secret"),
        ("CodeExchangeRequest", "code"),
        ("CodeExchangeRequest", "code_verifier"),
        ("TokenRefreshRequest", "client_secret"),
        ("TokenRefreshRequest", "token"),
        ("TokenPair", "access_token"),
        ("TokenPair", "refresh_token"),
        ("ApiKeySecret", "apiSecret"),
    }


def test_operation_ids_are_module_names(document: Any) -> None:
    """Every `operationId` and tag is in snake case, because it becomes a module name."""
    for _, _, operation in document.operations():
        for name in (operation["operationId"], *operation["tags"]):
            assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)


def test_descriptions(document: Any) -> None:
    """Every operation, response, scheme and schema has a description."""
    for _, _, operation in document.operations():
        assert operation["summary"]
        assert operation["description"]
        assert all(
            document.resolve(answer)["description"] for answer in operation["responses"].values()
        )
    components = document.content["components"]
    for part in ("schemas", "responses", "securitySchemes"):
        assert all(item["description"] for item in components[part].values())
