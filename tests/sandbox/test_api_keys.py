from __future__ import annotations

import concurrent.futures
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from whitebit_ext.sandbox import PERMISSION_GROUPS, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner

INFO = "/oauth2/api-key/info"
NO_KEY: dict[str, object] = {
    "exists": False,
    "isEnabled": False,
    "externalId": None,
    "permissions": [],
}
DAY = 86400


def message(text: str) -> object:
    """Return the documented error body of a text."""
    return {"data": {"message": [text]}}


def rules(sandbox: Sandbox) -> list[str]:
    """Return the rules that were broken, in order."""
    return [breach.rule for breach in sandbox.breaches]


def test_key_appears_after_the_exchange_and_the_delay(partner: Partner, sandbox: Sandbox) -> None:
    """There is no key until the code was exchanged and the user's choosing has taken its time."""
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
        ([], set()),
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
    """A user who takes long keeps the poll waiting until confirming."""
    sandbox.users[0].choosing_time = float("inf")
    token = partner.tokens()["access_token"]
    sandbox.clock.advance(240)
    assert partner.bearer("GET", INFO, token).json() == {"data": NO_KEY}
    assert sandbox.finish_choosing("alice") == 1
    assert partner.bearer("GET", INFO, token).json()["data"]["exists"] is True


def test_secret_is_handed_out_once_for_ever(partner: Partner, sandbox: Sandbox) -> None:
    """The first retrieval is 200 and not to be stored by caches, every later one 409."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    answer = partner.secret(external_id, token)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().keys() == {"data"}
    assert answer.json()["data"].keys() == {"apiSecret"}
    assert answer.json()["data"]["apiSecret"] in sandbox.issued_values("api_secret")
    for _ in range(2):
        again = partner.secret(external_id, token)
        assert again.status_code == 409
        assert again.json() == message("Secret already retrieved.")


def test_parallel_retrievals_give_one_secret(partner: Partner, sandbox: Sandbox) -> None:
    """Of many retrievals at once one has the secret, and the others are locked out or too late."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: partner.secret(external_id, token), range(16)))
    assert sorted(answer.status_code for answer in answers).count(200) == 1
    assert {answer.status_code for answer in answers} <= {200, 409, 423}


def test_retrieval_meets_423_while_another_runs(partner: Partner, sandbox: Sandbox) -> None:
    """While one retrieval is being served, another is told to come back, without Retry-After."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with sandbox.hold("get_api_key_secret") as held:
            first = pool.submit(partner.secret, external_id, token)
            held.wait()
            second = partner.secret(external_id, token)
        assert second.status_code == 423
        assert second.json() == message("Temporary lock, retry shortly.")
        assert "retry-after" not in second.headers
        assert first.result().status_code == 200
    assert partner.secret(external_id, token).status_code == 409


def test_slow_retrieval_takes_sandbox_time(partner: Partner, sandbox: Sandbox) -> None:
    """A retrieval with a duration ends when the clock has moved so far."""
    sandbox.settings.secret_time = 20
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(partner.secret, external_id, token)
        give_up = time.monotonic() + 5
        while not sandbox.keys[0].retrieval_running and time.monotonic() < give_up:
            time.sleep(0.001)
        assert partner.secret(external_id, token).status_code == 423
        sandbox.clock.advance(20)
        assert first.result().status_code == 200


def test_pretended_lock_ends(partner: Partner, sandbox: Sandbox) -> None:
    """A lock by a retrieval elsewhere that comes to nothing leaves the secret where it was."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    sandbox.lock_secret(external_id, 15)
    assert partner.secret(external_id, token).status_code == 423
    sandbox.clock.advance(15)
    assert partner.secret(external_id, token).status_code == 200


def test_retrieval_goes_on_without_its_caller(partner: Partner, sandbox: Sandbox) -> None:
    """A connection that is dropped after the effect loses the secret for ever."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    sandbox.faults.add("get_api_key_secret", kind="drop_after")
    with pytest.raises(Exception, match="disconnected"):
        partner.secret(external_id, token)
    assert partner.secret(external_id, token).status_code == 409


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
    """A signed request starts the 14 days anew."""
    key = sandbox.add_key("alice", partner.client)
    sandbox.clock.advance(10 * DAY)
    path = "/api/v4/main-account/balance"
    assert partner.signed(path, key.public_key, key.secret).status_code == 200
    sandbox.clock.advance(10 * DAY)
    assert partner.signed(path, key.public_key, key.secret).status_code == 200


def test_disabled_key_in_the_matrix(partner: Partner, sandbox: Sandbox) -> None:
    """A disabled key is reported with its permissions, gives no secret and cannot be deleted."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    sandbox.disable_key(external_id)
    info = partner.bearer("GET", INFO, token).json()["data"]
    assert (info["exists"], info["isEnabled"]) == (True, False)
    assert info["externalId"] == external_id
    assert info["permissions"]
    answer = partner.secret(external_id, token)
    assert answer.status_code == 403
    assert answer.json() == message("Forbidden.")
    answer = partner.bearer("DELETE", f"/oauth2/api-key/{external_id}", token)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", INFO),
        ("GET", "/oauth2/api-key/{}/secret"),
        ("DELETE", "/oauth2/api-key/{}"),
    ],
)
@pytest.mark.parametrize("token", ["", "Bearer nonsense", "refresh", "Basic eDp5", "two"])
def test_without_a_good_token_it_is_401(
    partner: Partner, method: str, path: str, token: str
) -> None:
    """Every key operation answers 401 to a missing, unknown or wrong kind of token."""
    pair = partner.tokens()
    path = path.format(partner.key(pair["access_token"]))
    header = {
        "refresh": [("Authorization", f"Bearer {pair['refresh_token']}")],
        "two": [("Authorization", f"Bearer {pair['access_token']}")] * 2,
        "": [],
    }.get(token, [("Authorization", token)])
    answer = partner.http.request(method, partner.base + path, headers=header)
    assert answer.status_code == 401
    assert answer.json() == message("Unauthorized.")


@pytest.mark.parametrize(
    ("missing", "method", "path"),
    [
        ("apikeys.read", "GET", INFO),
        ("apikeys.read", "GET", "/oauth2/api-key/{}/secret"),
        ("apikeys.delete", "DELETE", "/oauth2/api-key/{}"),
    ],
)
def test_missing_scope_is_401(
    partner: Partner, sandbox: Sandbox, missing: str, method: str, path: str
) -> None:
    """A token without the operation's scope is unauthorized, not forbidden."""
    scopes = {"apikeys.create", "apikeys.read", "apikeys.delete"} - {missing}
    partner.client = sandbox.register_client(
        redirect_uris=partner.client.redirect_uris, scopes=sorted(scopes)
    )
    token = partner.tokens()["access_token"]
    sandbox.clock.advance(2)
    answer = partner.bearer(method, path.format(sandbox.keys[0].external_id), token)
    assert answer.status_code == 401
    assert answer.json() == message("Unauthorized.")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_key_that_is_not_the_callers(partner: Partner, sandbox: Sandbox, method: str) -> None:
    """Another user's key is 404, the same user's key of another client 403, nonsense 404."""
    token = partner.tokens()["access_token"]
    other = sandbox.register_client()
    end = "/secret" if method == "GET" else ""
    for external_id, status, text in (
        (sandbox.add_key("bob", partner.client).external_id, 404, "Key not found."),
        (sandbox.add_key("alice", other).external_id, 403, "Forbidden."),
        (str(uuid.uuid4()), 404, "Key not found."),
        ("nonsense", 404, "Key not found."),
    ):
        answer = partner.bearer(method, f"/oauth2/api-key/{external_id}{end}", token)
        assert answer.status_code == status
        assert answer.json() == message(text)


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


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", INFO),
        ("GET", f"/oauth2/api-key/{uuid.uuid4()}/secret"),
        ("DELETE", f"/oauth2/api-key/{uuid.uuid4()}"),
        ("GET", "/no/such/path"),
        ("GET", "/oauth2/token"),
    ],
)
def test_eu_server_knows_no_api_keys(
    partner: Partner, sandbox: Sandbox, method: str, path: str
) -> None:
    """The EU server answers to key paths as to any unknown path: an HTML 404, and a breach."""
    answer = partner.http.request(method, sandbox.eu_url + path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert rules(sandbox) == ["unknown-path"]
