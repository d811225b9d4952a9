"""The rim: what every error passes on its way to the caller.

The frames that an error passed held requests, tokens and secrets in their locals, and an error
reporter may show them. So the rim clears the locals of all frames below it, and drops the
exceptions behind ours; the path of the calls stays readable. A test finds public methods without
it.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from ..errors import WhiteBITError

P = ParamSpec("P")
T = TypeVar("T")


def rim(method: Callable[P, T]) -> Callable[P, T]:
    """Let a method's errors leave without anything confidential in their frames."""

    @functools.wraps(method)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except BaseException as error:
            clean(error)
            raise
        finally:
            del args, kwargs

    guarded.__rim__ = True  # type: ignore[attr-defined]  # what the test looks for
    return guarded


def async_rim(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Do what ``rim`` does for a coroutine function."""

    @functools.wraps(method)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await method(*args, **kwargs)
        except BaseException as error:
            clean(error)
            raise
        finally:
            del args, kwargs

    guarded.__rim__ = True  # type: ignore[attr-defined]  # what the test looks for
    return guarded


def clean(error: BaseException) -> None:
    """Clear the finished frames of an error and of all exceptions behind it."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        found = left.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        traceback.clear_frames(found.__traceback__)  # frames that still run are passed over
        left += (found.__cause__, found.__context__)
        if isinstance(found, BaseExceptionGroup):
            left += found.exceptions
        if isinstance(found, WhiteBITError):
            found.__cause__ = found.__context__ = None
