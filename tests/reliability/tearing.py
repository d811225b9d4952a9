"""Rows that are rewritten while others read them: is a half-written one ever seen."""

from __future__ import annotations

import contextlib
import multiprocessing
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from .children import Serve
from .wiring import World

_ROWS = 8
_BATCH = 500


@dataclass
class Torn:
    """What concurrent reads came to.

    Attributes:
        reads: Reads that were made.
        writes: Writes that took place meanwhile.
        torn: Reads of a value that nobody wrote.
        seconds: How long all took.
    """

    reads: int = 0
    writes: int = 0
    torn: int = 0
    seconds: float = 0.0


def tear(
    world: World,
    reads: int,
    *,
    readers: int = 4,
    writers: int = 2,
    tick: Callable[[int], None] = lambda _: None,
) -> Torn:
    """Read sealed rows in some processes while others rewrite them without a pause.

    Args:
        world: Where.
        reads: In all.
        readers, writers: Processes.
        tick: Is called with the number of reads since its last call.
    """
    stop = multiprocessing.get_context("fork").Event()

    def write() -> Serve:
        custody = world.custody(world.store())

        def serve(_: object) -> int:
            written = 0
            while not stop.is_set():
                subject = (f"row-{written % _ROWS}",)
                custody.update("use", subject, lambda _: _value())
                written += 1
            return written

        return serve

    def read() -> Serve:
        custody = world.custody(world.store())

        def serve(many: int) -> int:
            torn = 0
            for number in range(many):
                held = custody.read("use", f"row-{number % _ROWS}")
                torn += held is None or not _whole(held.value)
            return torn

        return serve

    found = Torn()
    with world.store() as store:
        custody = world.custody(store)
        for number in range(_ROWS):
            custody.update("use", (f"row-{number}",), lambda _: _value())
    with contextlib.ExitStack() as stack:
        writing = [stack.enter_context(world.child(write)) for _ in range(writers)]
        reading = [stack.enter_context(world.child(read)) for _ in range(readers)]
        began = time.monotonic()
        for child in writing:
            child.tell(None)
        while found.reads < reads:
            for child in reading:
                child.tell(_BATCH)
            found.torn += sum(child.answer() for child in reading)
            found.reads += _BATCH * readers
            tick(_BATCH * readers)
        stop.set()
        found.writes = sum(child.answer() for child in writing)
        found.seconds = time.monotonic() - began
    return found


def _value() -> dict[str, str]:
    """Make a value of several pages of a database, whose halves must agree."""
    mark = secrets.token_hex(8)
    return {"first": mark, "between": mark * 500, "last": mark}


def _whole(value: dict[str, str]) -> bool:
    mark = value["first"]
    return value == {"first": mark, "between": mark * 500, "last": mark}
