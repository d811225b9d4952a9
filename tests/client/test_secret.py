"""The type for values that must not be shown."""

from __future__ import annotations

import copy
import hmac
import json
import pickle
import traceback
from collections.abc import Callable

import pytest

from whitebit_ext import Secret

VALUE = "b3BhcXVl+secret/value=="


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        format,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r:>40}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031  # one of the ways to print
        lambda secret: f"{[secret]} { ({'key': secret}) }",
        ascii,
        dir,
    ],
)
def test_secret_is_not_printed(show: Callable[[Secret], object]) -> None:
    """Every conversion of an object to text gives a mask, or at least not the value."""
    assert VALUE not in str(show(Secret(VALUE)))


def test_mask_does_not_depend_on_the_value() -> None:
    """The mask is the same for every value of any length."""
    assert repr(Secret("")) == repr(Secret(VALUE)) == "Secret('**********')"


def test_traceback_with_locals_shows_the_mask() -> None:
    """The variables that error trackers collect from a frame show the mask."""

    def fail(secret: Secret) -> None:
        raise RuntimeError("failed")

    with pytest.raises(RuntimeError) as caught:
        fail(Secret(VALUE))
    text = "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )
    assert "secret = Secret(" in text
    frame = text[text.index("in fail") :]
    assert VALUE not in frame


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_secret_is_not_pickled(protocol: int) -> None:
    """No pickle protocol accepts it, and the error does not show it."""
    with pytest.raises(TypeError) as caught:
        pickle.dumps({"held": Secret(VALUE)}, protocol)
    assert VALUE not in str(caught.value)


def test_secret_is_not_json() -> None:
    """The json module refuses it."""
    with pytest.raises(TypeError) as caught:
        json.dumps({"secret": Secret(VALUE)})
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_copy_is_the_same_object(duplicate: Callable[[Secret], Secret]) -> None:
    """Copying creates no second copy of the value in memory."""
    secret = Secret(VALUE)
    assert duplicate(secret) is secret


def test_secret_compares_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equality uses `hmac.compare_digest`, and only with another secret."""
    compared = []
    digest = hmac.compare_digest

    def watch(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return digest(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watch)
    assert Secret(VALUE) == Secret(VALUE)
    assert Secret(VALUE) != Secret("other")
    assert len(compared) == 2
    assert Secret(VALUE).__eq__(VALUE) is NotImplemented


@pytest.mark.parametrize("value", ["ключ", "\ud800", ""])
def test_any_text_compares(value: str) -> None:
    """Text outside ASCII, even text that UTF-8 cannot encode, is compared without an error."""
    assert Secret(value) == Secret(value)
    assert Secret(value) != Secret(VALUE)


def test_secret_has_no_hash() -> None:
    """It cannot be a dictionary key, because a printed hash would reveal equal values."""
    with pytest.raises(TypeError):
        hash(Secret(VALUE))


def test_reveal_returns_the_value() -> None:
    """The value is returned only by `reveal`, and cannot be set."""
    secret = Secret(VALUE)
    assert secret.reveal() == VALUE
    with pytest.raises(AttributeError):
        secret.value = "x"  # type: ignore[attr-defined]  # what this test is about
    assert not hasattr(secret, "__dict__")
