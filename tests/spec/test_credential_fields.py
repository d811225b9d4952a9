"""The fields of tokens, API keys and errors, compared with tables taken from the contract."""

from __future__ import annotations

from typing import Any

import pytest

ANY: dict[str, Any] = {}
BOOL = {"type": "boolean"}
INT: dict[str, Any] = {"type": "integer"}
STR: dict[str, Any] = {"type": "string"}
STRINGS = {"type": "array", "items": STR}
PASSWORD = STR | {"format": "password"}
SECRET = PASSWORD | {"minLength": 1}
UUID = {"pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}


def ref(name: str) -> dict[str, Any]:
    """Return a reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def form_messages(name: str) -> dict[str, Any]:
    """Return the schema of messages by field, which may be none and then a list (section 8)."""
    return {"oneOf": [ref(name), ref("EmptyList")]}


MESSAGES = form_messages("FieldErrors")


def array(name: str) -> dict[str, Any]:
    """Return the schema of an array of a named schema."""
    return {"type": "array", "items": ref(name)}


def known(kind: dict[str, Any], *values: str) -> dict[str, Any]:
    """Return the schema of an open enumeration with these known values."""
    return kind | {"x-known-values": set(values)}


FIELDS: dict[str, dict[str, dict[str, Any]]] = {
    "CodeExchangeRequest": {
        "client_id": STR | {"minLength": 1},
        "client_secret": SECRET,
        "code": SECRET,
        "code_verifier": PASSWORD
        | {"minLength": 43, "maxLength": 128, "pattern": "^[A-Za-z0-9._~-]{43,128}$"},
    },
    "TokenRefreshRequest": {
        "client_id": STR | {"minLength": 1},
        "client_secret": SECRET,
        "token": SECRET,
    },
    "TokenResponse": {"data": ref("TokenPair")},
    "TokenPair": {
        "access_token": SECRET,
        "expires_in": INT | {"minimum": 1},
        "refresh_token": PASSWORD | {"type": ["string", "null"]},
        "scope": STR,
        "token_type": known(STR, "Bearer"),
    },
    "ApiKeyInfoResponse": {"data": ref("ApiKeyInfo")},
    "ApiKeySecretResponse": {"data": ref("ApiKeySecret")},
    "ApiKeyDeletedResponse": {"data": ref("EmptyList")},
    "ApiKeyInfo": {
        "exists": BOOL,
        "isEnabled": BOOL,
        "externalId": UUID | {"type": ["string", "null"]},
        "permissions": array("PermissionGroup"),
    },
    "PermissionGroup": {
        "name": known(STR, "trading"),
        "title": STR,
        "urls": array("PermissionUrl"),
    },
    "PermissionUrl": {"url": STR, "enable": BOOL},
    "ApiKeySecret": {"apiSecret": SECRET},
    "ServerTime": {"time": INT},
    "MessageError": {"data": ref("ErrorMessages")},
    "RefreshTokenError": {"data": ref("RefreshTokenMessages")},
    "V4Error": {
        "code": known(INT, "0", "2", "4", "5", "9", "10", "30", "31"),
        "message": known(
            STR,
            # Published without a code or a status.
            "Too Many Attempts.",
            "Payload not provided.",
            "Nonce not provided.",
            "Request not provided.",
            "Invalid nonceWindow.",
            "Your nonce is more than 5 seconds lesser than the current nonce",
        ),
        "errors": MESSAGES,
    },
    "ErrorMessages": {"message": STRINGS},
    "RefreshTokenMessages": {"token": STRINGS},
    "TokenFormError": {"errors": form_messages("TokenFormMessages"), "notification": ANY},
    "TokenFormMessages": dict.fromkeys(
        ("client_id", "client_secret", "code", "code_verifier"), STRINGS
    ),
    "RefreshFormError": {"errors": form_messages("RefreshFormMessages"), "notification": ANY},
    "RefreshFormMessages": dict.fromkeys(("client_id", "client_secret", "token"), STRINGS),
    "EnvelopeError": {
        "response": ANY,
        "status": INT,
        "errors": MESSAGES,
        "notification": ANY,
        "warning": ANY,
        "_token": ANY,
    },
    "LegacyError": {"success": BOOL, "message": {"type": "array", "items": STRINGS}, "result": ANY},
}

# What an answer is nothing without, and what a request must have.
REQUIRED = {
    "CodeExchangeRequest": "client_id client_secret code",
    "TokenRefreshRequest": "client_id client_secret token",
    "TokenResponse": "data",
    "TokenPair": "access_token",
    "ApiKeyInfo": "exists isEnabled",
    "ApiKeySecret": "apiSecret",
    "V4Error": "code message",
    "EnvelopeError": "status errors",
    "LegacyError": "success message",
}


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, fields in FIELDS.items() for field in fields]
)
def test_field(document: Any, name: str, field: str) -> None:
    """A field has the type, range, default and known values of the contract."""
    assert document.bare_field(name, field) == FIELDS[name][field]


@pytest.mark.parametrize("name", FIELDS)
def test_fields_are_complete(document: Any, name: str) -> None:
    """A schema has exactly the fields of the contract, each with a description."""
    properties = document.schema(name)["properties"]
    assert set(properties) == set(FIELDS[name])
    for field, schema in properties.items():
        assert "$ref" in schema or schema["description"].endswith("."), field


@pytest.mark.parametrize("name", REQUIRED)
def test_required(document: Any, name: str) -> None:
    """A schema requires the fields without which it has no meaning."""
    assert document.schema(name)["required"] == REQUIRED[name].split()


def test_v4_errors_in_every_envelope(document: Any) -> None:
    """A V4 error has one of the three bodies that have been seen."""
    names = [item["$ref"].rpartition("/")[2] for item in document.schema("V4ErrorBody")["oneOf"]]
    assert names == ["V4Error", "EnvelopeError", "LegacyError"]
