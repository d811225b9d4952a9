"""`issue(require=, forbid=)`: what the user granted, judged once and stored with the key."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

import pytest

from whitebit_ext import KeyInfo, KeyState, PermissionGroup, PermissionUrl, User
from whitebit_ext.errors import InvalidArgument, PermissionsMissing
from whitebit_ext.keys.permissions import Wanted, granted_by

from .faces import Face, connected

INFO = "get_api_key_info"


def granted(face: Face, permissions: Collection[str]) -> User:
    """Connect a user whose key has these permissions."""
    face.sandbox.add_user("alice").choosing_time = math.inf
    user = connected(face)
    face.sandbox.add_key("alice", face.client, permissions)
    return user


def test_what_is_required_and_granted(face: Face) -> None:
    """A key that suits is returned, and what was granted can be read from the store."""
    user = granted(face, ["trading", "convert"])
    key = user.api_key.issue(require={"trading"}, forbid={"withdrawal"})
    assert user.api_key.issue(timeout=0, require=["trading"], forbid=()) == key
    assert user.status().granted == frozenset({"trading", "convert"})
    assert face.sandbox.count("GET", INFO) == 1


def test_a_key_that_does_not_suit_stays_usable(face: Face) -> None:
    """The error names what lacks; the key is stored, signs, and is judged without a request."""
    user = granted(face, ["trading"])
    with pytest.raises(PermissionsMissing) as caught:
        user.api_key.issue(require={"trading", "main_account"}, forbid={"convert"})
    error = caught.value
    assert error.missing == {"main_account"}
    assert error.forbidden == frozenset()
    assert error.granted == frozenset({"trading"})
    assert user.signed.account.balances.spot() is not None
    face.clock.advance(3600)  # the tokens are dead
    face.sandbox.forget_requests()
    other = face.partner().user("alice")
    with pytest.raises(PermissionsMissing):
        other.api_key.issue(timeout=0, require={"main_account"})
    assert other.api_key.issue(timeout=0, require={"trading"}).user_id == "alice"
    assert other.status().granted == frozenset({"trading"})
    assert face.sandbox.requests == []


def test_what_is_forbidden(face: Face) -> None:
    """A group that was granted and is forbidden is named; one that was only offered is not."""
    user = granted(face, ["trading", "convert"])
    with pytest.raises(PermissionsMissing) as caught:
        user.api_key.issue(require={"trading"}, forbid={"convert", "main_account", "withdrawal"})
    assert caught.value.missing == frozenset()
    assert caught.value.forbidden == {"convert"}


def test_withdrawals_are_forbidden_under_any_name() -> None:
    """A granted path that withdraws counts, whatever its group is called.

    The sandbox offers no such group, so the judgement is called directly.
    """
    wanted = Wanted.of((), {"withdrawal"})
    paths = ("/v2/order", "/api/v4/main-account/withdraw")
    for enabled, found in ((True, {"main"}), (False, frozenset())):
        urls = (PermissionUrl(paths[0], True), PermissionUrl(paths[1], enabled))
        info = KeyInfo(KeyState.ACTIVE, "id", (PermissionGroup("main", "Main", urls),))
        assert wanted.forbidden(granted_by(info)) == found


def test_nothing_granted(face: Face) -> None:
    """A key without any permission is stored; everything required is missing."""
    user = granted(face, [])
    with pytest.raises(PermissionsMissing) as caught:
        user.api_key.issue(require={"trading"})
    assert caught.value.missing == {"trading"}
    assert caught.value.granted == frozenset()
    assert user.api_key.issue(timeout=0).user_id == "alice"


def test_a_key_whose_permissions_are_not_known(face: Face) -> None:
    """An adopted key is asked about once while there is a token; without one, it does not suit."""
    partner = face.partner()
    user = partner.adopt("bob", public_key="public", secret="secret")
    with pytest.raises(PermissionsMissing) as caught:
        user.api_key.issue(forbid={"withdrawal"})
    assert caught.value.granted is None
    assert "not known" in caught.value.message
    assert user.status(require={"trading"}).state == "insufficient"
    assert user.status().state == "connected"
    alice = granted(face, ["trading"])
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    id = made.external_id
    partner.adopt("alice", public_key=id, secret=made.secret, external_id=id)
    for _ in range(2):
        assert alice.api_key.issue(require={"trading"}).external_id == id
    assert face.sandbox.count("GET", INFO) == 1


@pytest.mark.parametrize("names", [{""}, "trading", {"Trading"}, {"a b"}, {1}, 5, [["trading"]]])
@pytest.mark.parametrize("argument", ["require", "forbid"])
def test_names_that_cannot_be_groups(face: Face, argument: str, names: Any) -> None:
    """A title, a bare text or an empty name is refused before anything is sent."""
    user = connected(face)
    face.sandbox.forget_requests()
    calls: tuple[Callable[..., object], ...] = (user.api_key.issue, user.status)
    for call in calls:
        with pytest.raises(InvalidArgument) as caught:
            call(**{argument: names})
        assert caught.value.argument == argument
    assert face.sandbox.requests == []


def test_what_is_required_cannot_be_forbidden(face: Face) -> None:
    """The same name in both arguments is a mistake of the caller."""
    with pytest.raises(InvalidArgument, match="trading"):
        connected(face).api_key.issue(require={"trading"}, forbid={"trading"})
