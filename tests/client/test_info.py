"""`api_key.info()`: the states of a key, the permission groups, and malformed bodies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from whitebit_ext import KeyState
from whitebit_ext.errors import (
    BadRequest,
    Forbidden,
    MalformedResponse,
    NotConnected,
    NotFound,
    Unauthorized,
    WhiteBITError,
)

from .faces import Face, connected

INFO = "get_api_key_info"
GROUP = {"name": "trading", "title": "Trading", "urls": [{"url": "/v2/order", "enable": True}]}


def body(**fields: Any) -> str:
    """Write an info answer of an active key, with some fields replaced."""
    key = {"exists": True, "isEnabled": True, "externalId": "id-1", "permissions": [GROUP]}
    return json.dumps({"data": key | fields})


def test_no_key(face: Face) -> None:
    """If there is no key, the result has no id and no permissions."""
    info = connected(face).api_key.info()
    assert (info.state, info.external_id, info.permissions) == (KeyState.ABSENT, None, ())
    assert info.offered == info.granted == frozenset()


@pytest.mark.parametrize(
    ("disabled", "state"), [(False, KeyState.ACTIVE), (True, KeyState.DISABLED)]
)
def test_key(face: Face, state: KeyState, *, disabled: bool) -> None:
    """An active and a disabled key have different states, and both show what was granted."""
    user = connected(face)
    made = face.sandbox.add_key("alice", face.client, {"trading": ["/v2/order"], "convert": []})
    if disabled:
        face.sandbox.disable_key(made.external_id)
    info = user.api_key.info()
    assert (info.state, info.external_id) == (state, made.external_id)
    assert info.offered == {"trading", "main_account", "convert"}
    assert info.granted == {"trading"}
    trading = next(group for group in info.permissions if group.name == "trading")
    assert trading.title == "Trading"
    assert {url.url: url.enabled for url in trading.urls}["/v2/order"] is True
    assert {url.enabled for url in trading.urls} == {True, False}


@pytest.mark.parametrize(
    ("content", "state"),
    [
        ({"exists": False, "isEnabled": False}, KeyState.ABSENT),
        ({"exists": True, "isEnabled": True, "externalId": "id-1"}, KeyState.ACTIVE),
        (
            {"exists": True, "isEnabled": False, "externalId": "id-1", "permissions": None},
            KeyState.DISABLED,
        ),
        (
            {"exists": True, "isEnabled": True, "externalId": "id-1", "permissions": {}},
            KeyState.ACTIVE,
        ),
    ],
)
def test_permissions_may_be_missing(face: Face, content: object, state: KeyState) -> None:
    """Permissions that are missing, null or an empty map are none, and the key is readable."""
    face.sandbox.faults.add(INFO, kind="body", body=json.dumps({"data": content}))
    info = connected(face).api_key.info()
    assert (info.state, info.permissions) == (state, ())


@pytest.mark.parametrize("empty", [False, True])
def test_key_without_permissions(face: Face, *, empty: bool) -> None:
    """A key without permissions is no error, whether the groups are listed or not."""
    user = connected(face)
    face.sandbox.add_key("alice", face.client, [])
    face.sandbox.traps.disabled_permissions = not empty
    info = user.api_key.info()
    assert info.state is KeyState.ACTIVE
    assert info.granted == frozenset()
    assert len(info.offered) == (0 if empty else 3)


def test_groups_are_compared_by_name(face: Face) -> None:
    """A translated title changes only the displayed text."""
    user = connected(face)
    face.sandbox.add_key("alice", face.client)
    before = user.api_key.info()
    face.sandbox.traps.translated_titles = True
    after = user.api_key.info()
    assert after.granted == before.granted
    assert {group.title for group in after.permissions} != {
        group.title for group in before.permissions
    }


@pytest.mark.parametrize("trap", ["unknown_fields", "escaped_slashes", "null_fields", "set_cookie"])
def test_irregular_response_is_readable(face: Face, trap: str) -> None:
    """New fields, escaped slashes, a null title and a cookie leave the key readable."""
    user = connected(face)
    made = face.sandbox.add_key("alice", face.client)
    setattr(face.sandbox.traps, trap, True)
    info = user.api_key.info()
    assert info.external_id == made.external_id
    assert "/v2/order" in {url.url for group in info.permissions for url in group.urls}


@pytest.mark.parametrize(
    "fields",
    [
        {"externalId": None, "exists": False, "isEnabled": False, "permissions": []},
        {"externalId": "left-over", "exists": False, "isEnabled": True},
    ],
)
def test_missing_key_has_no_id(face: Face, fields: dict[str, Any]) -> None:
    """`exists: false` means that there is no key, whatever the other fields say."""
    face.sandbox.faults.add(INFO, kind="body", body=body(**fields))
    info = connected(face).api_key.info()
    assert (info.state, info.external_id) == (KeyState.ABSENT, None)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<!DOCTYPE html><title>Blocked</title>",
        "null",
        "[]",
        "{}",
        '{"data": null}',
        '{"data": []}',
        '{"data": "exists"}',
        body()[:-3],
        body(exists="true"),
        body(exists=1),
        body(exists=None),
        body(isEnabled="yes"),
        body(externalId=None),
        body(externalId=""),
        body(externalId=7),
        body(externalId="../token"),
        body(externalId="a\r\nb"),
        body(externalId="é"),
        body(externalId="x" * 2000),
        body(permissions="trading"),
        body(permissions=["trading"]),
        body(permissions=[GROUP | {"name": None}]),
        body(permissions=[GROUP | {"name": ["trading"]}]),
        body(permissions=[GROUP | {"urls": None}]),
        body(permissions=[GROUP | {"urls": [{"url": 5, "enable": True}]}]),
        '{"data": {"exists": true, "exists": false, "isEnabled": true}}',
        body(limit=float("nan")),
        '{"data": 1e99999999999999999999}',
        '{"data": ' + "9" * 5000 + "}",
        "[" * 100_000,
    ],
)
def test_malformed_info_is_a_typed_error(face: Face, content: str) -> None:
    """A 200 that does not follow the contract never becomes a result."""
    user = connected(face)
    face.sandbox.faults.add(INFO, kind="body", body=content)
    with pytest.raises(MalformedResponse) as caught:
        user.api_key.info()
    assert caught.value.operation == INFO
    assert caught.value.hint
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert user.api_key.info().state is KeyState.ABSENT


@pytest.mark.parametrize("enable", ["true", 1, None, []])
def test_only_true_is_granted(face: Face, enable: Any) -> None:
    """A permission counts as granted only if its value is `true`."""
    group = GROUP | {"urls": [{"url": "/v2/order", "enable": enable}]}
    face.sandbox.faults.add(INFO, kind="body", body=body(permissions=[group]))
    info = connected(face).api_key.info()
    assert info.offered == {"trading"}
    assert info.granted == frozenset()


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, Unauthorized), (403, Forbidden), (404, NotFound), (400, BadRequest), (422, BadRequest)],
)
@pytest.mark.parametrize("operation", ["get_api_key_info", "delete_api_key"])
def test_refusal_has_type_and_hint(
    face: Face, operation: str, status: int, error: type[WhiteBITError]
) -> None:
    """Every error status of the older and the newer guide has a type, a name and a hint."""
    user = connected(face)
    face.sandbox.add_key("alice", face.client)
    face.sandbox.faults.add(operation, kind="status", status=status, times=None)
    call = user.api_key.info if operation == INFO else user.api_key.delete
    with pytest.raises(error, match="Sandbox fault") as caught:
        call()
    assert (caught.value.status_code, caught.value.operation) == (status, operation)
    assert caught.value.errors["message"] == ("Sandbox fault.",)
    assert len(caught.value.hint) > 20


def test_missing_scope_is_in_the_hint(face: Face) -> None:
    """The hint of a 401 names the required scope, the granted scopes and the allowlist."""
    client = face.sandbox.register_client(
        redirect_uris=face.client.redirect_uris, scopes=("users.balances.read",)
    )
    user = connected(face, partner=face.partner(client=client))
    with pytest.raises(Unauthorized) as caught:
        user.api_key.info()
    assert "apikeys.read" in caught.value.hint
    assert "users.balances.read" in caught.value.hint
    assert "allowlist" in caught.value.hint


def test_info_needs_tokens(face: Face) -> None:
    """Without tokens nothing is sent."""
    with pytest.raises(NotConnected):
        face.partner().user("nobody").api_key.info()
    assert face.sandbox.requests == []
