"""The first tests of a project that has just installed the sandbox."""

from decimal import Decimal
from typing import Any

import pytest

from whitebit_ext import WhiteBIT
from whitebit_ext.errors import AuthorizationDenied, SecretLost
from whitebit_ext.pytest_plugin.wiring import Connect, SandboxClock
from whitebit_ext.sandbox import Sandbox


def test_balance(whitebit_connect: Connect, whitebit_sandbox: Sandbox) -> None:
    """A user who connects is shown the balance, and the secret was asked for once."""
    whitebit_sandbox.add_user("alice", spot_balances={"BTC": ("0.123", "0.01")})
    user = whitebit_connect("alice")
    user.api_key.issue()
    assert user.account.balances.spot()["BTC"].available == Decimal("0.123")
    assert whitebit_sandbox.count(None, "get_api_key_secret") == 1


def test_refusal(whitebit: WhiteBIT, whitebit_sandbox: Sandbox) -> None:
    """A user who refuses comes back with an error that says so."""
    whitebit_sandbox.add_user("bob")
    login = whitebit.authorize("bob")
    callback = whitebit_sandbox.person("bob").refuse(login.url)
    assert callback is not None
    with pytest.raises(AuthorizationDenied):
        whitebit.connect(callback, binding=login.binding, user_id="bob")


def test_lost_answer(whitebit_connect: Connect, whitebit_sandbox: Sandbox) -> None:
    """A secret that is sent and never arrives is an error, not a second attempt's luck."""
    user = whitebit_connect("alice")
    fault = whitebit_sandbox.faults.add("get_api_key_secret", kind="drop_after")
    with pytest.raises(SecretLost):
        user.api_key.issue()
    assert fault.fired == 1


def test_own_object(
    whitebit_arguments: dict[str, Any], whitebit_sandbox: Sandbox, whitebit_clock: SandboxClock
) -> None:
    """An application that makes its own client object is tested with that."""
    whitebit_sandbox.add_user("carol")
    with WhiteBIT(**whitebit_arguments) as partner:
        login = partner.authorize("carol")
        whitebit_clock.advance(60)
        callback = whitebit_sandbox.person("carol").approve(login.url, ["trading"])
        user = partner.connect(callback, binding=login.binding, user_id="carol")
        assert user.api_key.issue().user_id == "carol"
