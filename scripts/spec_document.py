"""The contents of `spec/openapi.yaml`, as values for the templates of `scripts/regenerate.py`.

The extensions used here are described in `spec/README.md`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SCHEMAS: Final = "#/components/schemas/"
DAY: Final = 86_400


class SpecError(Exception):
    """A value in the document that the templates do not support."""


# Their repr is written to `operations.py`, which has classes of the same names and fields.


@dataclass(frozen=True)
class RateLimit:
    """The number of requests that a server accepts."""

    requests: int
    seconds: int
    paths: str


@dataclass(frozen=True)
class Dates:
    """The parameters of an operation's time range."""

    start: str
    end: str
    as_text: bool
    max_window: int | None
    max_age_months: int | None


class Fixed(dict[str, Any]):
    """A mapping whose repr is that of an immutable mapping."""

    def __repr__(self) -> str:
        return f"MappingProxyType({super().__repr__()})"


class Document:
    """The OpenAPI document, with resolved references."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self.schemas: Mapping[str, Any] = content["components"]["schemas"]

    def resolve(self, node: Any) -> Any:
        """Resolve a reference within the document; return any other node unchanged."""
        while isinstance(node, dict) and "$ref" in node:
            target: Any = self.content
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def operations(self) -> Iterator[tuple[str, str, Any]]:
        """Yield the path, method and content of every operation."""
        for path, item in self.content["paths"].items():
            yield from ((path, method, item[method]) for method in METHODS if method in item)

    def named(self, node: Any) -> Iterator[str]:
        """Yield the name of each schema that a part of the document references, once."""
        seen: set[str] = set()
        waiting = [*_references(node)]
        while waiting:
            if (name := waiting.pop(0)) not in seen:
                seen.add(name)
                yield name
                waiting += _references(self.schemas[name])

    def merged(self, schema: Any) -> Any:
        """Return an object schema with the fields of all parts of its ``allOf``."""
        schema = self.resolve(schema)
        if "properties" in schema or "allOf" not in schema:
            return schema
        whole = {key: value for key, value in schema.items() if key != "allOf"}
        whole |= {"type": "object", "required": [], "properties": {}}
        for part in map(self.merged, schema["allOf"]):
            own = {"required", "properties", "type", "description"}
            whole |= {key: value for key, value in part.items() if key not in own}
            whole["required"] += part.get("required", ())
            whole["properties"] |= part["properties"]
        return whole


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if str(node.get("$ref", "")).startswith(SCHEMAS):
            yield node["$ref"].removeprefix(SCHEMAS)
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def reachable(document: Document) -> dict[str, Any]:
    """Return the part of the document from which models and functions are generated.

    Responses other than successes are omitted, since no model parses them, and so are those
    that consist of records, which `records.py` defines, and those that contain a credential. Then
    unused schemas are removed.
    """
    content: dict[str, Any] = copy.deepcopy(dict(document.content))
    paths = content["paths"]
    for path, method, operation in document.operations():
        paths[path][method]["responses"] = {
            code: _success(document, answer)
            for code, answer in operation["responses"].items()
            if code[0] in "23"
        }
    components = content["components"]
    for part in ("responses", "examples"):
        components.pop(part, None)
    whole = {name: document.merged(schema) for name, schema in document.schemas.items()}
    needed = set(Document({**content, "components": {"schemas": whole}}).named(paths))
    components["schemas"] = {name: schema for name, schema in whole.items() if name in needed}
    return content


def _success(document: Document, node: Any) -> dict[str, Any]:
    answer: dict[str, Any] = dict(document.resolve(node))
    content = answer.pop("content", {})
    schemas = [document.schemas[name] for name in document.named(content)]
    # The library itself looks for a credential, in whatever came: it comes once.
    fields = [field for schema in schemas for field in schema.get("properties", {}).values()]
    found = any("x-record" in schema for schema in schemas) or any(
        field.get("format") == "password" for field in fields
    )
    if "application/json" in content and not found:
        answer["content"] = content
    return answer


def servers_of(holder: Mapping[str, Any]) -> dict[str, str]:
    """Return base URLs by region."""
    return {server["x-region"]: server["url"] for server in holder["servers"]}


def operations_of(document: Document) -> Iterator[dict[str, object]]:
    """Yield the fields of `Operation` for every operation of the document."""
    for path, method, operation in document.operations():
        security = operation.get("security", document.content["security"])
        limit = operation["x-rate-limit"]
        request, body = _request_of(document, operation)
        fields = {name: document.resolve(f) for name, f in body.get("properties", {}).items()}
        most = {name: f.get("maximum", f.get("maxItems")) for name, f in fields.items()}
        yield {
            "name": operation["operationId"],
            "method": method.upper(),
            "path": path,
            "regions": tuple(servers_of({"servers": document.content["servers"], **operation})),
            "scopes": tuple(
                scope for requirement in security for scope in requirement.get("oauth2", ())
            ),
            "security": security_of(document, operation, security),
            "deprecated": operation.get("deprecated", False),
            "sunset": operation.get("x-sunset"),
            "signed_operation": operation.get("x-signed-operation"),
            "success": tuple(int(code) for code in operation["responses"] if code[0] == "2"),
            "rate_limit": RateLimit(limit["requests"], limit["seconds"], limit["paths"]),
            "request": request,
            "maxima": Fixed({name: value for name, value in most.items() if value is not None}),
            "defaults": Fixed(
                {n: f["default"] for n, f in fields.items() if "default" in f and "const" not in f}
            ),
            "max_reach": fields.get("offset", {}).get("x-max-with-limit"),
            "dates": _dates(body, fields),
        }


def _request_of(document: Document, operation: Mapping[str, Any]) -> tuple[str | None, Any]:
    for media in operation.get("requestBody", {}).get("content", {}).values():
        schema = media["schema"]
        return schema["$ref"].removeprefix(SCHEMAS), document.merged(schema)
    return None, {}


def _dates(body: Mapping[str, Any], fields: Mapping[str, Any]) -> Dates | None:
    times = [name for name, field in fields.items() if field.get("format") == "unix-time"]
    if not times:
        return None
    start, end = times
    return Dates(
        start,
        end,
        fields[start]["type"] == "string",
        _duration(body, "x-max-window", "D", DAY),
        _duration(body, "x-max-age", "M", 1),
    )


def _duration(body: Mapping[str, Any], key: str, unit: str, size: int) -> int | None:
    """Parse an ISO 8601 duration of whole days or months."""
    if key not in body:
        return None
    found = re.fullmatch(f"P([0-9]+){unit}", body[key])
    if found is None:
        raise SpecError(f"{key} is {body[key]}, not a duration such as P1{unit}")
    return int(found[1]) * size


def security_of(
    document: Document, operation: Mapping[str, Any], security: Sequence[Mapping[str, Any]]
) -> str:
    """Return the kind of authentication of an operation."""
    schemes = {scheme for requirement in security for scheme in requirement}
    if "oauth2" in schemes:
        return "bearer"
    if "signature" in schemes:
        return "signed"
    # OpenAPI has no scheme for a client secret in a form: it is recognized by the form's field.
    _, body = _request_of(document, operation)
    return "client" if "client_secret" in body.get("properties", ()) else "none"
