"""What a caller sees of an error: the path of the calls, and none of their values."""

from __future__ import annotations

import asyncio
import traceback

import pytest

from whitebit_ext.errors import ServerError
from whitebit_ext.runtime.rim import async_rim, clean, rim

from .faces import Face

SECRET = "c2VjcmV0LW9mLWEtZnJhbWU"


def locals_of(error: BaseException) -> str:
    """Return what a reporter that captures locals would show, exceptions behind it included."""
    made = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(
        f"{frame.name} {frame.locals}" for frame in made.stack if frame.name != "raised"
    ) + "".join(made.format(chain=True))


def test_traceback_shows_the_calls(face: Face) -> None:
    """From the public method to the transport, each call has its line with its own name."""
    face.sandbox.faults.add("get_trade_account_balance", kind="status", status=500, times=None)
    user = face.partner().adopt("bob", public_key="known", secret=SECRET)
    with pytest.raises(ServerError) as caught:
        user.account.balances.spot()
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    expected = ["spot", "read", "_read", "_signed", "send"]
    assert list(dict.fromkeys(name for name in names if name in expected)) == expected
    assert SECRET not in locals_of(caught.value)


class Held:
    """A value in a frame that prints."""

    def __repr__(self) -> str:
        return SECRET


def raised(kind: type[BaseException], held: object) -> None:
    """Raise with an exception behind, from a frame that holds something."""
    kept = held
    try:
        raise ValueError(repr(kept))
    except ValueError as error:
        raise kind("typed") from error


@pytest.mark.parametrize("face", ["sync", "async"])
def test_frames_are_cleared_and_causes_removed(face: str) -> None:
    """Neither local variables nor causes leave, because a cause's text may show a value."""

    @rim
    def fail(held: object) -> None:
        raised(ServerError, held)

    @async_rim
    async def afail(held: object) -> None:
        raised(ServerError, held)

    with pytest.raises(ServerError) as caught:
        fail(Held()) if face == "sync" else asyncio.run(afail(Held()))
    assert SECRET not in locals_of(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_context_of_the_caller_is_not_attached() -> None:
    """A call inside the caller's `except` raises only the library's error."""

    @rim
    def fail() -> None:
        raise ServerError("typed")

    try:
        raise KeyError(SECRET)
    except KeyError:
        with pytest.raises(ServerError) as caught:
            fail()
    assert caught.value.__context__ is None


def test_groups_are_cleared_completely() -> None:
    """An exception group is cleared with all its members."""

    def member() -> Exception:
        try:
            raised(ServerError, Held())
        except ServerError as error:
            return error
        raise AssertionError

    group = ExceptionGroup("both", [member(), member()])
    clean(group)
    assert all(SECRET not in locals_of(error) for error in group.exceptions)
