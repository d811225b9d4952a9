"""What an error reporter could show: an error's text and the locals of the library's frames."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any

_PLAIN = (type, ModuleType, int, float, type(None))


def shown(error: BaseException) -> bytes:
    """Return the text of an error and its causes, and all that the library's frames lead to.

    They begin at the public method: the frames above it are the caller's.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    while frames and "/whitebit_ext/" not in frames[0].f_code.co_filename:
        del frames[0]
    assert frames, "no frame of the library"
    held = [frame.f_locals for frame in frames if "/tests/" not in frame.f_code.co_filename]
    return b"\n".join([*_text(error), *_deep(held)])


def _text(error: BaseException) -> Iterator[bytes]:
    """Return the formatted traceback with the locals of the library's frames."""
    left, seen = [error], set[int]()
    while left:
        found = left.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        made = traceback.TracebackException.from_exception(found, capture_locals=True)
        for frame in made.stack:
            if "/tests/" not in frame.filename:
                yield repr(frame.locals).encode()
        yield f"{found!r} {found} {found.args!r}".encode()
        left += [one for one in (found.__cause__, found.__context__) if one is not None]
        left += found.exceptions if isinstance(found, BaseExceptionGroup) else ()


def _deep(root: object) -> Iterator[bytes]:
    """Return each text that an object leads to: by attributes, containers, closures and methods."""
    left, seen = [root], dict[int, object]()
    while left:
        thing: Any = left.pop()
        if id(thing) in seen or isinstance(thing, _PLAIN):
            continue
        seen[id(thing)] = thing
        if isinstance(thing, bytes):
            yield thing
        elif isinstance(thing, str):
            yield thing.encode("utf-8", "replace")
        elif isinstance(thing, Mapping):
            left += [*thing.keys(), *thing.values()]
        elif isinstance(thing, (list, tuple, set, frozenset)):
            left += thing
        elif isinstance(thing, MethodType):
            left.append(thing.__self__)
        elif isinstance(thing, FunctionType):
            for cell in thing.__closure__ or ():
                with contextlib.suppress(ValueError):  # an empty cell
                    left.append(cell.cell_contents)
        else:
            left += getattr(thing, "__dict__", {}).values()
            for kind in type(thing).__mro__:
                slots = kind.__dict__.get("__slots__", ())
                for slot in (slots,) if isinstance(slots, str) else slots:
                    name = f"_{kind.__name__.lstrip('_')}{slot}" if slot[:2] == "__" else slot
                    with contextlib.suppress(
                        AttributeError
                    ):  # empty, or the one of weak references
                        left.append(object.__getattribute__(thing, name))
