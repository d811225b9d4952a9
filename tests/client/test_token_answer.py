"""Token answers, which come once: what can be used of one is used, and nothing else is."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from whitebit_ext import Secret
from whitebit_ext.custody.values import Answer, TokenPair
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
    return read_body(json.dumps({"data": data}).encode())


def read_body(body: bytes) -> TokenPair:
    """Read a body."""
    return read_pair(body, Answer.of(body, sent_at=1_000.0))


def test_a_token_answer_is_read() -> None:
    """Every documented field ends in the pair."""
    assert read() == TokenPair(
        access=Secret("YWNjZXNz+/="),
        refresh=Secret("cmVmcmVzaA=="),
        scopes=("apikeys.read", "show.userinfo"),
        obtained_at=1_000.0,
        lifetime=300.0,
        login="",
    )


NO_TOKENS = ["", " \n", "a\nb", "ключ", "\ud800", 7, True, [], {}, "x" * 5_000]


@pytest.mark.parametrize("value", [ABSENT, None, *NO_TOKENS])
def test_what_is_no_token_never_becomes_one(value: Any) -> None:
    """RFC 6749, appendix A.12: visible ASCII, and not without end."""
    with pytest.raises(MalformedResponse, match="no token"):
        read(access_token=value)


@pytest.mark.parametrize("value", NO_TOKENS)
def test_an_odd_refresh_token_does_not_cost_the_access_token(value: Any) -> None:
    """The pair is kept, and is not refreshable."""
    pair = read(refresh_token=value)
    assert (pair.access, pair.refresh) == (Secret("YWNjZXNz+/="), None)


@pytest.mark.parametrize("before", ["", "\ufeff", "Notice {1} {}\n", "<p>", "\n\n"])
@pytest.mark.parametrize("after", ["", "<!-- cached -->", "{", "\x00"])
def test_a_token_is_found_in_noise(before: str, after: str) -> None:
    """A notice before, a comment after, a byte-order mark, and no envelope."""
    for content in ({"data": GOOD}, GOOD, {"success": True, "data": {"token": GOOD}}):
        pair = read_body((before + json.dumps(content) + after).encode())
        assert pair == read()
    cut = before + json.dumps({"data": GOOD})[:-1]
    assert read_body(cut.encode()) == read()
    spelled = json.dumps({"accessToken": "YWNjZXNz+/=", "expiresIn": 300})
    assert read_body((before + spelled).encode()).lifetime == 300.0


@pytest.mark.parametrize(
    "body", [b"", b"{" * 100_000, b"[" * 100_000, b'{"a":' * 5_000, b"\xff" * 100, b"null"]
)
def test_nonsense_is_no_token(body: bytes) -> None:
    """However deep or long: it ends typed, and soon."""
    with pytest.raises(MalformedResponse):
        read_body(body)


@pytest.mark.parametrize("value", [ABSENT, None])
def test_no_refresh_token_is_a_normal_case(value: Any) -> None:
    """A pair without one is a pair, and not refreshable."""
    pair = read(refresh_token=value, expires_in=14_400)
    assert pair.refresh is None
    assert not pair.refreshable(1_000.0)


@pytest.mark.parametrize("value", [ABSENT, None, "", "mac", "bearer", 7, ["Bearer"]])
def test_the_token_type_does_not_matter(value: Any) -> None:
    """It is sent as a Bearer token in any case: there is no other use for it."""
    assert read(token_type=value) == read()


@pytest.mark.parametrize(
    "value",
    [0, -1, 0.0, -0.5, 1e18, 31_536_001, 10**400, math.inf, -math.inf, math.nan, True, False,
     "", "abc", "-1", "0", "1.5", "1e3", "٣٠٠", "300 ", "9" * 400, [300], {"seconds": 300}],
)  # fmt: skip  # a table reads as one
def test_an_absurd_lifetime_never_becomes_one(value: Any) -> None:
    """It is taken as not said: such a token serves until it is answered 401."""
    assert read(expires_in=value).lifetime is None


@pytest.mark.parametrize(
    ("value", "lifetime"),
    [(1, 1.0), (300, 300.0), (14_400, 14_400.0), (299.5, 299.5), ("300", 300.0),
     (31_536_000, 31_536_000.0), (ABSENT, None), (None, None)],
)  # fmt: skip  # a table reads as one
def test_a_lifetime_is_read(value: Any, lifetime: float | None) -> None:
    """Seconds, also as a numeric string; without it the token serves until a 401."""
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
        (7, ()),
        ({"a": 1}, ()),
        (["a", "b"], ("a", "b")),
    ],
)
def test_scopes_are_separated_by_commas(value: Any, scopes: tuple[str, ...]) -> None:
    """Commas as WhiteBIT sends them, spaces as RFC 6749 would."""
    assert read(scope=value).scopes == scopes


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
def test_an_error_body_never_becomes_a_token(data: dict[str, Any]) -> None:
    """What stands under `data` of an error answer is no pair."""
    with pytest.raises(MalformedResponse):
        read_body(json.dumps({"data": data}).encode())


@pytest.mark.parametrize(
    ("lifetime", "margin"),
    [(300.0, 30.0), (150.0, 30.0), (60.0, 12.0), (5.0, 1.0), (14_400.0, 30.0)],
)
def test_a_pair_is_due_a_margin_before_its_end(lifetime: float, margin: float) -> None:
    """`min(30 s, lifetime / 5)` before the end it is due; at the end it has expired."""
    pair = read(expires_in=lifetime)
    ends = 1_000.0 + lifetime
    assert not pair.due(ends - margin - 0.01)
    assert pair.due(ends - margin)
    assert not pair.expired(ends - 0.01)
    assert pair.expired(ends)


def test_a_refresh_token_lives_600_seconds() -> None:
    """The contract's lifetime, from when the pair was asked for."""
    assert read().refreshable(1_599.9)
    assert not read().refreshable(1_600.0)


def test_no_token_prints() -> None:
    """A pair shows neither of its tokens."""
    assert "YWNjZXNz" not in repr(read())
    assert "cmVmcmVzaA" not in repr(read())
