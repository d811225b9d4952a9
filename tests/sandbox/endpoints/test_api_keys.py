"""The life of an API key: creation, info and deletion."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.judging import INFO, message
from whitebit_ext.sandbox import PERMISSION_GROUPS, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner
NO_KEY: dict[str, object] = {
    "exists": False,
    "isEnabled": False,
    "externalId": None,
    "permissions": [],
}
DAY = 86400


def test_key_appears_after_the_exchange_and_the_delay(partner: Partner, sandbox: Sandbox) -> None:
    """The key does not exist before the code exchange and the user's confirmation."""
    code = partner.code()
    sandbox.clock.advance(30)
    token = partner.post_token(code).json()["data"]["access_token"]
    assert partner.bearer("GET", INFO, token).json() == {"data": NO_KEY}
    sandbox.clock.advance(1)
    info = partner.bearer("GET", INFO, token).json()["data"]
    assert list(info) == ["exists", "isEnabled", "externalId", "permissions"]
    assert (info["exists"], info["isEnabled"]) == (True, True)
    assert str(uuid.UUID(info["externalId"])) == info["externalId"]
    assert sandbox.breaches == []


def test_code_that_is_never_exchanged_makes_no_key(partner: Partner, sandbox: Sandbox) -> None:
    """Approval alone creates nothing."""
    partner.code()
    sandbox.clock.advance(3600)
    assert sandbox.keys == []


def test_client_without_the_scope_makes_no_key(partner: Partner, sandbox: Sandbox) -> None:
    """A client without apikeys.create gets tokens and no key."""
    partner.client = sandbox.register_client(
        redirect_uris=partner.client.redirect_uris, scopes=["apikeys.read"]
    )
    token = partner.tokens()["access_token"]
    sandbox.clock.advance(60)
    assert partner.bearer("GET", INFO, token).json() == {"data": NO_KEY}


@pytest.mark.parametrize(
    ("ticked", "granted"),
    [
        (None, {"trading", "main_account", "convert"}),
        (["trading"], {"trading"}),
    ],
)
def test_info_shows_what_was_granted(
    partner: Partner, ticked: list[str] | None, granted: set[str]
) -> None:
    """Every group is listed, and the ticked ones are enabled."""
    token = partner.tokens(permissions=ticked)["access_token"]
    partner.key(token)
    permissions = partner.bearer("GET", INFO, token).json()["data"]["permissions"]
    assert [group["name"] for group in permissions] == [group.name for group in PERMISSION_GROUPS]
    enabled = {
        group["name"] for group in permissions if any(url["enable"] for url in group["urls"])
    }
    assert enabled == granted


def test_group_may_be_granted_in_part(partner: Partner, sandbox: Sandbox) -> None:
    """Single URLs of a group can be enabled."""
    token = partner.tokens()["access_token"]
    sandbox.grant(partner.key(token), {"trading": ["/v2/order"]})
    permissions = partner.bearer("GET", INFO, token).json()["data"]["permissions"]
    enabled = [url["url"] for group in permissions for url in group["urls"] if url["enable"]]
    assert enabled == ["/v2/order"]


def test_user_may_choose_for_minutes(partner: Partner, sandbox: Sandbox) -> None:
    """The key does not appear before a slow user confirms."""
    sandbox.users[0].choosing_time = float("inf")
    token = partner.tokens()["access_token"]
    sandbox.clock.advance(240)
    assert partner.bearer("GET", INFO, token).json() == {"data": NO_KEY}
    assert sandbox.finish_choosing("alice") == 1
    assert partner.bearer("GET", INFO, token).json()["data"]["exists"] is True


def test_one_key_per_user_and_client(partner: Partner, sandbox: Sandbox) -> None:
    """A second creation fails in silence: the partner never sees another key appear."""
    first, second = partner.code(), partner.code()
    partner.post_token(first)
    partner.post_token(second)
    sandbox.clock.advance(60)
    assert len(sandbox.keys) == 1
    with pytest.raises(ValueError, match="user"):
        sandbox.add_key("alice", partner.client)


def test_separate_public_key(partner: Partner, sandbox: Sandbox) -> None:
    """The older guide's reading: the external id is not what signs."""
    sandbox.settings.separate_public_key = True
    key = sandbox.add_key("alice", partner.client)
    path = "/api/v4/main-account/balance"
    assert partner.signed(path, key.external_id, key.secret).status_code == 401
    assert partner.signed(path, key.public_key, key.secret).status_code == 200


def test_delete_ends_the_key(partner: Partner, sandbox: Sandbox) -> None:
    """A deleted key is absent in info, and 404 for secret and delete."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    answer = partner.bearer("DELETE", f"/oauth2/api-key/{external_id}", token)
    assert answer.status_code == 200
    assert answer.json() == {"data": []}
    assert partner.bearer("GET", INFO, token).json() == {"data": NO_KEY}
    assert partner.secret(external_id, token).status_code == 404
    answer = partner.bearer("DELETE", f"/oauth2/api-key/{external_id}", token)
    assert answer.status_code == 404
    assert answer.json() == message("Key not found.")
    assert sandbox.keys[0].deleted == "partner"


@pytest.mark.parametrize("reason", ["user", "system"])
def test_key_deleted_by_others_is_404(partner: Partner, sandbox: Sandbox, reason: str) -> None:
    """A key that the user or the system deleted looks like one that the partner deleted."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    sandbox.delete_key(external_id, reason)  # type: ignore[arg-type]  # a str of the table above
    assert partner.bearer("GET", INFO, token).json() == {"data": NO_KEY}
    assert partner.secret(external_id, token).status_code == 404


def test_revoked_authorization_ends_tokens_and_key(partner: Partner, sandbox: Sandbox) -> None:
    """After the user withdrew the authorization the token is 401 and the key is gone."""
    token = partner.tokens()["access_token"]
    partner.key(token)
    sandbox.revoke_authorization("alice", partner.client)
    assert partner.bearer("GET", INFO, token).status_code == 401
    assert sandbox.key("alice", partner.client) is None


def test_revoked_authorization_stops_a_planned_key(partner: Partner, sandbox: Sandbox) -> None:
    """A key that was still to be made is not made after the withdrawal."""
    partner.tokens()
    sandbox.revoke_authorization("alice", partner.client)
    sandbox.clock.advance(60)
    assert sandbox.keys == []


def test_unused_key_is_disabled_after_14_days(partner: Partner, sandbox: Sandbox) -> None:
    """After 14 days without use the key exists and is off, and still shows its permissions."""
    partner.client = sandbox.register_client(
        redirect_uris=partner.client.redirect_uris, token_mode="single"
    )
    key = sandbox.add_key("alice", partner.client, ["trading"])
    sandbox.clock.advance(14 * DAY - 1)
    assert key is sandbox.key("alice", partner.client)
    assert key.enabled
    sandbox.clock.advance(1)
    found = sandbox.key("alice", partner.client)
    assert found is key
    assert not key.enabled


def test_used_key_stays_enabled(partner: Partner, sandbox: Sandbox) -> None:
    """A signed request restarts the 14 days."""
    key = sandbox.add_key("alice", partner.client)
    sandbox.clock.advance(10 * DAY)
    path = "/api/v4/main-account/balance"
    assert partner.signed(path, key.public_key, key.secret).status_code == 200
    sandbox.clock.advance(10 * DAY)
    assert partner.signed(path, key.public_key, key.secret).status_code == 200
