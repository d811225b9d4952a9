"""The error tree: its docstring, its hints, and pickling."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from typing import Any

import pytest

from whitebit_ext import Secret, errors
from whitebit_ext.errors import (
    Action,
    AuthorizationDenied,
    BadRequest,
    ClockSkew,
    HistoryTruncated,
    InvalidArgument,
    MalformedRecord,
    PermissionsMissing,
    SecretNotStored,
    TokenUnavailable,
    Unreached,
    WhiteBITError,
)

CLASSES = sorted(
    (
        found
        for _, found in inspect.getmembers(errors, inspect.isclass)
        if issubclass(found, WhiteBITError)
    ),
    key=lambda found: found.__name__,
)
STATE: dict[str, Any] = {
    "operation": "get_api_key_info",
    "status_code": 422,
    "code": 30,
    "errors": {"ticker": ("Currency was not found.",)},
    "hint": "Do this.",
    "retry_after": 2.5,
    "from_api": True,
}


def made(kind: type[WhiteBITError]) -> WhiteBITError:
    """Return an error of a class, with everything set that its constructor takes."""
    if issubclass(kind, InvalidArgument):
        return kind("ticker", "expected a str", hint="Do this.")
    if issubclass(kind, AuthorizationDenied):
        return kind("refused", error="access_denied", hint="Do this.")
    if issubclass(kind, SecretNotStored):
        return kind("not stored", secret=Secret("c2VjcmV0"), operation="get_api_key_secret")
    if issubclass(kind, MalformedRecord):
        raw = {"amount": "much"}
        return kind("no amount", operation="list_account_deals", field="amount", row=3, raw=raw)
    if issubclass(kind, HistoryTruncated):
        parts = [Unreached(1, "BTC", 3, 70)]
        return kind("not all", operation="a_read", reached=930, total=1000, unreached=parts)
    if issubclass(kind, ClockSkew):
        return kind("the clock is wrong", offset=20.5, **STATE)
    if issubclass(kind, PermissionsMissing):
        granted = frozenset({"reading"})
        return kind("not granted", missing=frozenset({"trading"}), granted=granted, **STATE)
    return kind("what happened", **STATE, action=Action.ALARM)


def attributes(error: WhiteBITError) -> dict[str, Any]:
    """Return what an error tells, but for the secret that one class holds."""
    told = {name: value for name, value in vars(error).items() if name != "secret"}
    return told | {"args": error.args, "text": str(error)}


def drawn() -> dict[str, str | None]:
    """Return class and base of every line of the tree in the docstring."""
    tree: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ((?:│   |    )*)(├── |└── )?([A-Z]\w+)", line)
        if found:
            depth = len(found[1]) // 4 + (1 if found[2] else 0)
            path[depth:] = [found[3]]
            tree[found[3]] = path[depth - 1] if depth else None
    return tree


def test_docstring_shows_the_tree() -> None:
    """The docstring shows every class under its real base, and nothing else."""
    real: dict[str, str | None] = {
        kind.__name__: None if kind is WhiteBITError else kind.__bases__[0].__name__
        for kind in CLASSES
    }
    assert drawn() == real


def test_every_class_is_public() -> None:
    """`__all__` names exactly the classes of the tree and the two values that they contain."""
    assert {kind.__name__ for kind in CLASSES} | {"Action", "Unreached"} == set(errors.__all__)


@pytest.mark.parametrize("action", Action)
def test_retryable_follows_from_the_action(action: Action) -> None:
    """`RETRY` and `WAIT` are retryable, whether a class or one response has them."""
    error = BadRequest("refused", action=action)
    assert error.retryable is (action in (Action.RETRY, Action.WAIT))
    assert BadRequest("refused").action is Action.FIX_CALL
    assert TokenUnavailable("not now").retryable


def test_of_accepts_attributes_of_the_class() -> None:
    """`of` accepts the attributes that only that class has."""
    error = ClockSkew.of(BadRequest("refused", **STATE), "the clock is wrong", offset=-7.5)
    assert (error.offset, error.code, error.from_api) == (-7.5, 30, True)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_says_what_to_do(kind: type[WhiteBITError]) -> None:
    """Each class has a hint of its own or of its base, and shows it in its text."""
    error = kind(*made(kind).args) if kind is WhiteBITError else made(kind)
    assert kind.default_hint.strip().endswith(".")
    assert error.hint in str(error)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", CLASSES)
def test_errors_are_picklable(kind: type[WhiteBITError], protocol: int) -> None:
    """An error that a process pool returns has all its attributes."""
    error = made(kind)
    back = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301  # our own bytes
    assert type(back) is kind
    assert attributes(back) == attributes(error)


@pytest.mark.parametrize("kind", CLASSES)
def test_copy_has_no_traceback(kind: type[WhiteBITError]) -> None:
    """A copy for another thread has all attributes and no traceback."""
    with pytest.raises(kind) as caught:
        raise made(kind)
    twin = copy.copy(caught.value)
    assert type(twin) is kind
    assert attributes(twin) == attributes(caught.value)
    assert twin.__traceback__ is None


def test_fields_of_an_error_are_read_only() -> None:
    """The server's messages are a read-only mapping, also after pickling."""
    error = BadRequest("refused", errors={"ticker": ("unknown",)})
    for one in (error, pickle.loads(pickle.dumps(error))):  # noqa: S301  # our own bytes
        with pytest.raises(TypeError):
            one.errors["ticker"] = ()  # type: ignore[index]  # what this test is about


def test_invalid_argument_is_a_value_error() -> None:
    """`InvalidArgument` is a `ValueError`, and names the argument."""
    error = made(InvalidArgument)
    assert isinstance(error, ValueError)
    assert isinstance(error, InvalidArgument)
    assert error.argument == "ticker"
    assert "ticker" in str(error)


def test_secret_not_stored_does_not_print_or_pickle() -> None:
    """The only error that contains a secret returns it in this process alone."""
    error = SecretNotStored("not stored", secret=Secret("c2VjcmV0"))
    assert error.secret == Secret("c2VjcmV0")
    assert copy.copy(error).secret == Secret("c2VjcmV0")
    pickled = pickle.dumps(error)
    for text in (str(error), repr(error), str(vars(error)), str(error.args), repr(pickled)):
        assert "c2VjcmV0" not in text
    assert pickle.loads(pickled).secret is None  # noqa: S301  # our own bytes


def test_of_keeps_the_response() -> None:
    """`of` keeps operation, status, code, fields and waiting time, and has its own hint."""
    error = TokenUnavailable.of(BadRequest("refused", **STATE), "not now")
    kept = {name: getattr(error, name) for name in STATE if name != "hint"}
    assert kept == {name: value for name, value in STATE.items() if name != "hint"}
    assert error.hint == TokenUnavailable.default_hint
