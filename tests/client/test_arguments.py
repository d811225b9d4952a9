"""Wrong arguments are refused at the call, by name, before a request."""

from __future__ import annotations

from typing import Any

import pytest

from whitebit_ext.errors import InvalidArgument
from whitebit_ext.runtime.clock import SystemClock

from .faces import Face
from .stores import WatchedStore


@pytest.mark.parametrize("user_id", [None, 7, "", "  ", "a\nb", "x" * 256, "\ud800", b"alice"])
def test_invalid_user_id_is_refused(face: Face, user_id: Any) -> None:
    """Every call that accepts a user id names it if it is invalid, and sends nothing."""
    partner = face.partner()
    for call in (
        lambda: partner.authorize(user_id),
        lambda: partner.connect({"state": "s"}, binding="b", user_id=user_id),
        lambda: partner.user(user_id),
        lambda: partner.erase(user_id),
        lambda: partner.adopt(user_id, public_key="p", secret="s"),
    ):
        with pytest.raises(InvalidArgument) as caught:
            call()
        assert caught.value.argument == "user_id"
    assert list(face.store.scan("login")) == []


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("client_id", ""),
        ("client_id", None),
        ("client_id", "x" * 256),
        ("client_secret", ""),
        ("client_secret", "top\nsecret"),
        ("client_secret", 7),
        ("redirect_uri", "partner.example/callback"),
        ("redirect_uri", "https://"),
        ("redirect_uri", "https://partner.example:port/callback"),
        ("redirect_uri", "https://[partner.example/callback"),
        ("redirect_uri", "https://partner.example/callback#fragment"),
        ("redirect_uri", "https://partner.example/callback#"),
        ("redirect_uri", "myapp://callback"),
        ("store", None),
        ("store", {}),
        ("store", WatchedStore),
        ("encryption_keys", "key"),
        ("encryption_keys", []),
        ("timeout", 0),
        ("timeout", float("nan")),
        ("timeout", True),
        ("timeout", "10"),
        ("refresh_interval", -1),
        ("refresh_interval", float("inf")),
        ("egress", ""),
        ("login_lifetime", 59),
        ("login_lifetime", 86_401),
        ("login_lifetime", "600"),
        ("transport", object()),
        ("async_transport", object()),
        ("spill", 7),
        ("spill", b"spill"),
        ("spill", "/no/such/directory"),
        ("clock", object()),
        ("clock", 0),
        ("clock", SystemClock),
    ],
)
def test_wrong_argument_is_named(face: Face, argument: str, value: Any) -> None:
    """Creating a partner object with a wrong argument fails and shows no secret."""
    with pytest.raises(InvalidArgument) as caught:
        face.partner(**{argument: value})
    assert caught.value.argument == argument
    assert "secret\n" not in str(caught.value)
    assert "top" not in str(caught.value)
    assert face.sandbox.connections() == 0


@pytest.mark.parametrize(
    ("argument", "value"),
    [("binding", 7), ("binding", b"text"), ("binding", ["text"]), ("kind", "WEB"), ("kind", None)],
)
def test_wrong_argument_of_a_callback_is_named(face: Face, argument: str, value: Any) -> None:
    """A binding that is not text, and an unknown kind of login, are invalid arguments."""
    given = {"binding": "text", "kind": "web"} | {argument: value}
    with pytest.raises(InvalidArgument) as caught:
        face.partner().connect({"state": "s", "code": "c"}, user_id="alice", **given)
    assert caught.value.argument == argument


def test_repr_does_not_show_the_secret(face: Face) -> None:
    """The repr of the partner object names only the server."""
    partner = face.partner()
    assert face.client.client_secret not in repr(partner)
    assert "global" in repr(partner)
