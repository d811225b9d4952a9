"""Token responses: only a bearer token with a usable lifetime is accepted."""

from __future__ import annotations

import math
from typing import Any

import pytest

from whitebit_ext import Secret
from whitebit_ext.custody.values import TokenPair
from whitebit_ext.errors import MalformedResponse
from whitebit_ext.oauth.protocol import read_pair

GOOD: dict[str, Any] = {
    "access_token": "YWNjZXNz+/=",
    "expires_in": 300,
    "refresh_token": "cmVmcmVzaA==",
    "scope": "apikeys.read,show.userinfo",
    "token_type": "Bearer",
}
ABSENT = object()


def read(**changes: Any) -> TokenPair:
    """Read a good answer with changes."""
    data = {key: value for key, value in (GOOD | changes).items() if value is not ABSENT}
    return read_pair(data, operation="exchange_code", now=1_000.0, login="login")


def test_token_response_is_read() -> None:
    """Every documented field is in the pair."""
    assert read() == TokenPair(
        access=Secret("YWNjZXNz+/="),
        refresh=Secret("cmVmcmVzaA=="),
        scopes=("apikeys.read", "show.userinfo"),
        obtained_at=1_000.0,
        lifetime=300.0,
        login="login",
    )


@pytest.mark.parametrize("field", ["access_token", "refresh_token"])
@pytest.mark.parametrize(
    "value", ["", " \n", "a\nb", "ключ", "\ud800", 7, True, [], {}, "x" * 5_000]
)
def test_invalid_token_is_refused(field: str, value: Any) -> None:
    """RFC 6749, appendix A.12: a token is visible ASCII of limited length."""
    with pytest.raises(MalformedResponse, match=field) as caught:
        read(**{field: value})
    assert caught.value.operation == "exchange_code"


@pytest.mark.parametrize("value", [ABSENT, None])
def test_response_without_a_token_is_refused(value: Any) -> None:
    """The access token is required."""
    with pytest.raises(MalformedResponse, match="access_token"):
        read(access_token=value)


@pytest.mark.parametrize("value", [ABSENT, None])
def test_refresh_token_is_optional(value: Any) -> None:
    """A pair without a refresh token is valid, and not refreshable."""
    pair = read(refresh_token=value, expires_in=14_400)
    assert pair.refresh is None
    assert not pair.refreshable(1_000.0)


@pytest.mark.parametrize(
    "value", [ABSENT, None, "", "mac", "Bearer ", "BearerToken", 7, ["Bearer"]]
)
def test_other_token_types_are_refused(value: Any) -> None:
    """RFC 6749, section 7.1: a token of an unknown type is not used."""
    with pytest.raises(MalformedResponse, match="token_type"):
        read(token_type=value)


@pytest.mark.parametrize("value", ["Bearer", "bearer", "BEARER"])
def test_token_type_ignores_case(value: str) -> None:
    """RFC 6749, section 5.1: the case of the type does not matter."""
    assert read(token_type=value).access == Secret("YWNjZXNz+/=")


@pytest.mark.parametrize(
    "value",
    [0, -1, 0.0, -0.5, 1e18, 31_536_001, 10**400, math.inf, -math.inf, math.nan, True, False,
     "", "abc", "-1", "0", "1.5", "1e3", "٣٠٠", "300 ", "9" * 400, [300], {"seconds": 300}],
)  # fmt: skip  # a table reads as one
def test_invalid_lifetime_is_refused(value: Any) -> None:
    """A token without a usable lifetime is not treated as valid forever."""
    with pytest.raises(MalformedResponse, match="expires_in"):
        read(expires_in=value)


@pytest.mark.parametrize(
    ("value", "lifetime"),
    [(1, 1.0), (300, 300.0), (14_400, 14_400.0), (299.5, 299.5), ("300", 300.0),
     (31_536_000, 31_536_000.0), (ABSENT, None), (None, None)],
)  # fmt: skip  # a table reads as one
def test_lifetime_is_read(value: Any, lifetime: float | None) -> None:
    """Seconds, also as text; without it the token is used until a 401."""
    pair = read(expires_in=value)
    assert pair.lifetime == lifetime
    assert pair.expired(1_000.0 + 1e9) is (lifetime is not None)


@pytest.mark.parametrize(
    ("value", "scopes"),
    [
        ("a,b", ("a", "b")),
        ("a, b", ("a", "b")),
        ("a b", ("a", "b")),
        ("a", ("a",)),
        ("", ()),
        (",", ()),
        (ABSENT, ()),
        (None, ()),
    ],
)
def test_scopes_are_separated_by_commas(value: Any, scopes: tuple[str, ...]) -> None:
    """Scopes are separated by commas, as WhiteBIT sends them, or by spaces, as in RFC 6749."""
    assert read(scope=value).scopes == scopes


@pytest.mark.parametrize("value", [7, True, {"a": 1}, ["a"]])
def test_scopes_that_are_not_text_are_refused(value: Any) -> None:
    """A scope field of another type is malformed."""
    with pytest.raises(MalformedResponse, match="scope"):
        read(scope=value)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"message": ["Invalid request"]},
        {"token": ["Invalid token."]},
        {"error": "invalid_grant", "error_description": "no"},
        {"access_token": "a", "error": "invalid_grant"},
    ],
)
def test_error_body_is_not_a_token(data: dict[str, Any]) -> None:
    """The content of `data` in an error response is not a pair."""
    with pytest.raises(MalformedResponse):
        read_pair(data, operation="refresh_token", now=0.0, login="login")


@pytest.mark.parametrize(
    ("lifetime", "margin"),
    [(300.0, 30.0), (150.0, 30.0), (60.0, 12.0), (5.0, 1.0), (14_400.0, 30.0)],
)
def test_pair_is_due_before_it_expires(lifetime: float, margin: float) -> None:
    """A pair is due `min(30 s, lifetime / 5)` before it expires."""
    pair = read(expires_in=lifetime)
    ends = 1_000.0 + lifetime
    assert not pair.due(ends - margin - 0.01)
    assert pair.due(ends - margin)
    assert not pair.expired(ends - 0.01)
    assert pair.expired(ends)


def test_refresh_token_is_valid_for_600_seconds() -> None:
    """The contract's lifetime counts from the request for the pair."""
    assert read().refreshable(1_599.9)
    assert not read().refreshable(1_600.0)


def test_tokens_are_not_printed() -> None:
    """A pair shows neither of its tokens."""
    assert "YWNjZXNz" not in repr(read())
    assert "cmVmcmVzaA" not in repr(read())
