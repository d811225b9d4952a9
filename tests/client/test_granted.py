"""The permissions that a key was granted, compared with those that the partner requires."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from whitebit_ext import KeyInfo, KeyState, PermissionGroup, PermissionUrl

from .faces import Face


def group(name: str, *urls: tuple[str, bool], title: str = "") -> PermissionGroup:
    """Return a permission group."""
    return PermissionGroup(name, title or name, tuple(PermissionUrl(*url) for url in urls))


def info(*groups: PermissionGroup) -> KeyInfo:
    """Return what the server says of an active key."""
    return KeyInfo(KeyState.ACTIVE, "id", groups)


def test_difference_by_name(face: Face) -> None:
    """Missing and additional permissions are compared by group name."""
    partner = face.partner()
    face.sandbox.add_user("alice")
    login = partner.authorize("alice")
    person = face.sandbox.person("alice")
    callback = person.approve(login.url, permissions=["trading"])
    user = partner.connect(callback, binding=login.binding, user_id="alice")
    user.api_key.issue()
    difference = user.api_key.info().difference({"trading", "main_account"})
    assert difference.missing == {"main_account"}
    assert difference.beyond == frozenset()
    assert user.api_key.info().difference([]).beyond == {"trading"}
    assert user.api_key.info().difference(["trading"]).missing == frozenset()


def test_difference_ignores_titles() -> None:
    """A title is translated, so it neither fulfils a requirement nor raises an alarm."""
    found = info(group("trading", ("/v2/order", True), title="Withdrawals"))
    difference = found.difference({"Withdrawals"})
    assert difference.missing == {"Withdrawals"}
    assert difference.beyond == {"trading"}
    assert difference.withdrawal == frozenset()


def test_offered_group_is_not_granted() -> None:
    """A group with nothing enabled is missing, and a group with a part enabled is granted."""
    found = info(
        group("none", ("/a", False)), group("part", ("/a", False), ("/b", True)), group("empty")
    )
    difference = found.difference({"none", "part", "empty"})
    assert difference.missing == {"none", "empty"}
    assert difference.beyond == frozenset()


@pytest.mark.parametrize(
    ("made", "alarms"),
    [
        (lambda: group("withdraw", ("/x", True)), True),
        (lambda: group("Withdrawals", ("/x", True)), True),
        (lambda: group("main_account", ("/api/v4/main-account/withdraw", True)), True),
        (lambda: group("main_account", ("/api/v4/main-account/WITHDRAW-pay", True)), True),
        (
            lambda: group(
                "main_account", ("/api/v4/main-account/withdraw", False), ("/balance", True)
            ),
            False,
        ),
        (lambda: group("withdraw", ("/x", False)), False),
        (lambda: group("trading", ("/v2/order", True)), False),
    ],
)
def test_withdrawal_groups_are_named(made: Callable[[], PermissionGroup], alarms: bool) -> None:
    """A granted group or path that mentions withdrawal is named, whether required or not."""
    found = made()
    for required in ((), (found.name,)):
        difference = info(found).difference(required)
        assert difference.withdrawal == ({found.name} if alarms else frozenset())
