"""The rim: a decorator of public methods that removes confidential data from errors.

Frames of a traceback contain requests, tokens and secrets in their locals, which an error
reporter may show. So the rim clears the locals of all frames below it and drops causes and
contexts; the call stack remains readable. A test finds public methods without it.
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
    """Remove confidential data from the frames of all exceptions that a method raises."""

    @functools.wraps(method)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except BaseException as error:
            clean(error)
            raise
        finally:
            del args, kwargs

    guarded.__rim__ = True  # type: ignore[attr-defined]  # checked by the test
    return guarded


def async_rim(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Wrap a coroutine function like ``rim``."""

    @functools.wraps(method)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await method(*args, **kwargs)
        except BaseException as error:
            clean(error)
            raise
        finally:
            del args, kwargs

    guarded.__rim__ = True  # type: ignore[attr-defined]  # checked by the test
    return guarded


def clean(error: BaseException) -> None:
    """Clear the finished frames of an error and of its causes and contexts."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        found = left.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        traceback.clear_frames(found.__traceback__)  # skips running frames
        left += (found.__cause__, found.__context__)
        if isinstance(found, BaseExceptionGroup):
            left += found.exceptions
        if isinstance(found, WhiteBITError):
            found.__cause__ = found.__context__ = None
