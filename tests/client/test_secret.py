"""The type that holds what must not be shown."""

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
def test_no_way_of_printing_shows_it(show: Callable[[Secret], object]) -> None:
    """Every way from an object to text gives a mask, or at least not the value."""
    assert VALUE not in str(show(Secret(VALUE)))


def test_the_mask_tells_nothing_of_the_value() -> None:
    """The mask is the same for every value, of whatever length."""
    assert repr(Secret("")) == repr(Secret(VALUE)) == "Secret('**********')"


def test_a_traceback_with_locals_does_not_show_it() -> None:
    """What error trackers collect of a frame holds the mask."""

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
def test_it_is_not_pickled(protocol: int) -> None:
    """No protocol writes it, and the refusal does not name it."""
    with pytest.raises(TypeError) as caught:
        pickle.dumps({"held": Secret(VALUE)}, protocol)
    assert VALUE not in str(caught.value)


def test_it_is_not_json() -> None:
    """The json module refuses it."""
    with pytest.raises(TypeError) as caught:
        json.dumps({"secret": Secret(VALUE)})
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_copy_is_the_same_object(duplicate: Callable[[Secret], Secret]) -> None:
    """Copying makes no second place in memory where the value stands."""
    secret = Secret(VALUE)
    assert duplicate(secret) is secret


def test_it_compares_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equality goes through `hmac.compare_digest`, and only with another secret."""
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
    """Text outside of ASCII, even what UTF-8 cannot hold, compares without an error."""
    assert Secret(value) == Secret(value)
    assert Secret(value) != Secret(VALUE)


def test_it_has_no_hash() -> None:
    """It is no dictionary key: a hash would tell equal values apart in print."""
    with pytest.raises(TypeError):
        hash(Secret(VALUE))


def test_reveal_is_the_one_way_to_the_value() -> None:
    """The value comes out where it is asked for, and can be set nowhere else."""
    secret = Secret(VALUE)
    assert secret.reveal() == VALUE
    with pytest.raises(AttributeError):
        secret.value = "x"  # type: ignore[attr-defined]  # what this test is about
    assert not hasattr(secret, "__dict__")
