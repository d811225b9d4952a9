"""One user, two WhiteBIT accounts, two processes: nobody acts for the account that was left."""

from __future__ import annotations

import pytest

from whitebit_ext import User, WhiteBIT
from whitebit_ext.sandbox import PartnerClient, Sandbox

from .conftest import REDIRECT_URI, Start
from .processes import Process

POST = '"/api/v4/trade-account/balance"'
SIGNED = f"httpx.post(partner.base_url + {POST}, auth=kept['key'].auth()).json()"
UNCHECKED = f"httpx.post(partner.base_url + {POST}, auth=kept['key'].unchecked_auth()).status_code"
CHANGED = "ConnectionChanged"
SCOPES = (
    "apikeys.read",
    "apikeys.delete",
    "balances.read",
    "users.balances.read",
    "users.deals.read",
    "users.orders.read",
)


@pytest.fixture
def client(sandbox: Sandbox) -> PartnerClient:
    """Return a client whose users can connect again although their key lives."""
    return sandbox.register_client(redirect_uris=(REDIRECT_URI,), scopes=SCOPES)


@pytest.fixture(autouse=True)
def accounts(sandbox: Sandbox, client: PartnerClient) -> None:
    """Make two accounts, told apart by their balance and their history, each with a key."""
    for number, name in enumerate(("anna", "bert"), 1):
        sandbox.add_user(
            name,
            spot_balances={"BTC": (f"{number}.5", "0")},
            main_balances={"BTC": f"{number}.25"},
        )
        sandbox.add_key(name, client)


def connect(sandbox: Sandbox, partner: WhiteBIT, account: str) -> User:
    """Connect the partner's user to an account, in this process."""
    login = partner.authorize("alice")
    callback = sandbox.person(account).approve(login.url)
    return partner.connect(callback, binding=login.binding, user_id="alice")


def prepared(sandbox: Sandbox, partner: WhiteBIT, start: Start, **settings: float) -> Process:
    """Connect to the first account, and let the other process use everything once."""
    connect(sandbox, partner, "anna").api_key.issue()
    other = start(**settings)
    assert other.ask('keep("key", user.api_key.issue())') == "key"
    assert other.ask('user.account.balances.spot()["BTC"].available') == "1.5"
    assert other.ask('user.bearer.account.balances.main()["BTC"]').find("1.25") > 0
    assert other.ask(f"{SIGNED}['BTC']['available']") == "1.5"
    return other


def test_every_new_call_acts_for_the_new_account(
    sandbox: Sandbox, partner: WhiteBIT, start: Start
) -> None:
    """From the moment `connect` has returned here, calls there read the new account."""
    other = prepared(sandbox, partner, start)
    user = connect(sandbox, partner, "bert")
    assert other.ask('user.account.balances.spot()["BTC"].available') == "2.5"
    assert other.ask('user.bearer.account.balances.main()["BTC"]').find("2.25") > 0
    new = user.api_key.issue().external_id
    assert other.ask("user.api_key.info().external_id") == new
    assert other.ask("user.api_key.issue().external_id") == new
    assert other.ask('user.signed.account.balances.spot()["BTC"].available') == "2.5"


def test_what_began_before_ends_with_connection_changed(
    sandbox: Sandbox, partner: WhiteBIT, start: Start, client: PartnerClient
) -> None:
    """A walk in the middle and an auth object never go on with the other account."""
    for account in ("anna", "bert"):
        sandbox.seed_history(account, orders=5, deals=5)
    other = prepared(sandbox, partner, start)
    for read in ("user.account.orders(limit=1)", "user.bearer.account.deals(limit=1)"):
        assert other.ask(f'keep("walk", {read})') == "walk"
        assert other.ask('bool(next(kept["walk"]))') is True
        assert other.ask('keep("cursor", kept["walk"].cursor)') == "cursor"
        again = read.replace("limit=1", 'limit=1, cursor=kept["cursor"]')
        assert other.ask(f"bool(next({again}))") is True
        connect(sandbox, partner, "bert")
        assert [other.ask('next(kept["walk"])') for _ in range(2)] == [CHANGED] * 2
        assert other.ask(f"next({again})") == CHANGED
        assert other.ask(SIGNED) == CHANGED
        connect(sandbox, partner, "anna")
    assert other.ask(SIGNED) == CHANGED  # the same account, and another login
    assert other.ask('keep("key", user.api_key.issue())') == "key"
    assert other.ask(f"{SIGNED}['BTC']['available']") == "1.5"


def test_the_same_account_keeps_its_key(
    sandbox: Sandbox, partner: WhiteBIT, start: Start, client: PartnerClient
) -> None:
    """A key is never thrown away, nor called gone, by a token of another account."""
    other = prepared(sandbox, partner, start)
    key = partner.user("alice").api_key.issue()
    connect(sandbox, partner, "bert")
    assert other.ask("user.api_key.info().external_id") != key.external_id
    assert other.ask("user.account.balances.spot()['BTC'].available") == "2.5"
    connect(sandbox, partner, "anna")
    assert other.ask("user.account.balances.spot()['BTC'].available") == "1.5"
    assert other.ask("user.api_key.issue().external_id") == key.external_id
    assert sandbox.count("GET", "get_api_key_secret") == 1


def test_after_leaving_nothing_is_sent(
    sandbox: Sandbox, partner: WhiteBIT, start: Start, client: PartnerClient
) -> None:
    """`disconnect` here deletes the key there, and each call elsewhere is `NotConnected`."""
    other = prepared(sandbox, partner, start)
    key = partner.user("alice").api_key.issue()
    left = partner.user("alice").disconnect()
    assert (left.is_finished, left.deleted, left.left) == (True, (key.external_id,), ())
    assert sandbox.key("anna", client) is None
    sandbox.forget_requests()
    for call in (
        "user.account.balances.spot()",
        "user.bearer.account.balances.main()",
        "user.api_key.info()",
        "user.api_key.issue()",
        "user.api_key.delete()",
        SIGNED,
    ):
        assert other.ask(call) == "NotConnected", call
    assert other.ask("user.disconnect().is_finished") is True
    assert sandbox.requests == []
    assert other.ask(UNCHECKED) == 401


@pytest.mark.parametrize("named", [True, False])
def test_a_key_of_the_earlier_account_is_not_called_deleted(
    sandbox: Sandbox, partner: WhiteBIT, start: Start, client: PartnerClient, named: bool
) -> None:
    """WhiteBIT's 404 for another account's key is no deletion: the key is named as left."""
    other = start()
    old = connect(sandbox, partner, "anna").api_key.issue().external_id
    user = connect(sandbox, partner, "bert")
    if named:
        user.api_key.issue()
    found = sandbox.key("bert", client)
    assert found is not None
    gone = other.ask("user.disconnect()")
    assert f"deleted=('{found.external_id}',), left=('{old}',)" in str(gone)
    kept = sandbox.key("anna", client)
    assert kept is not None
    assert kept.external_id == old


def test_a_key_that_the_user_deleted_is_called_deleted(
    sandbox: Sandbox, partner: WhiteBIT, client: PartnerClient
) -> None:
    """A key of the connected account that the server no longer has is not left anywhere."""
    user = connect(sandbox, partner, "anna")
    key = user.api_key.issue().external_id
    sandbox.delete_key(key, "user")
    left = user.disconnect()
    assert (left.deleted, left.left) == ((key,), ())


def test_an_open_consent_is_watched(
    sandbox: Sandbox, partner: WhiteBIT, start: Start, client: PartnerClient
) -> None:
    """While a key may still appear, nobody is served, and `maintain` deletes what appears."""
    user = connect(sandbox, partner, "anna")
    made = sandbox.key("anna", client)
    if made is not None:
        sandbox.delete_key(made.external_id, "user")
    other = start()
    assert user.disconnect().is_finished is False
    assert other.ask("user.account.balances.spot()") == "NotConnected"
    late = sandbox.add_key("anna", client)
    assert other.ask("partner.maintain().finished") == 1
    assert late.deleted == "partner"


def test_cache_for_trades_that_for_speed(sandbox: Sandbox, partner: WhiteBIT, start: Start) -> None:
    """With `cache_for`, reads may be of the old account for so long; `info` and `issue` never."""
    other = prepared(sandbox, partner, start, cache_for=300)
    new = connect(sandbox, partner, "bert").api_key.issue().external_id
    assert other.ask('user.account.balances.spot()["BTC"].available') == "1.5"
    assert other.ask("user.api_key.info().external_id") == new
    assert other.ask('user.account.balances.spot()["BTC"].available') == "2.5"
