"""Interrupted walks: a cancelled row, a second reader, an event loop that ended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from whitebit_ext import AsyncRows, Page, Rows
from whitebit_ext._async.account import walk_through as async_walk_through
from whitebit_ext._sync.account import walk_through
from whitebit_ext.errors import InvalidArgument

from .server import History, name_of
from .walking import QUERIES, READS


class SlowHistory:
    """A history whose answers wait until they may go."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()

    async def fetch(self, body: Mapping[str, Any], /) -> Page[Any]:
        """Answer when told to: before the wait, as a server does that is quick."""
        page = self.history.fetch(body)
        self.asked.set()
        await self.go_on.wait()
        return page


@READS
@pytest.mark.parametrize("count", [30, 130])
def test_cancelled_row_is_read_again(read: str, count: int) -> None:
    """After `anext` is cancelled at any point, iteration returns each row once and in order."""
    history = History.of(read, count, step=1.0)

    async def main() -> list[str]:
        slow = SlowHistory(history)
        query = QUERIES[read](limit=20)
        rows = AsyncRows(async_walk_through(query, slow.fetch, history.clock))
        found: list[str] = []
        while True:
            slow.asked.clear()
            slow.go_on.clear()
            waiting = asyncio.ensure_future(anext(rows))
            asking = asyncio.ensure_future(slow.asked.wait())
            await asyncio.wait({waiting, asking}, return_when=asyncio.FIRST_COMPLETED)
            asking.cancel()
            if not waiting.done():  # a page is under way: give up on it, then ask again
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
                slow.go_on.set()
                waiting = asyncio.ensure_future(anext(rows))
            try:
                found.append(name_of(await waiting))
            except StopAsyncIteration:
                return found

    assert asyncio.run(main()) == history.names()


def test_second_task_is_refused() -> None:
    """Two tasks on one walk would each get half of it, so the second raises an error."""
    history = History.of("deals", 10)

    async def main() -> None:
        slow = SlowHistory(history)
        rows = AsyncRows(async_walk_through(QUERIES["deals"](), slow.fetch, history.clock))
        first = asyncio.ensure_future(anext(rows))
        await slow.asked.wait()
        with pytest.raises(InvalidArgument, match="another task or thread"):
            await anext(rows)
        slow.go_on.set()
        assert name_of(await first) == history.names()[0]

    asyncio.run(main())


def test_second_thread_is_refused() -> None:
    """Two threads on one walk are refused in the same way."""
    history = History.of("deals", 10)
    asked, go_on = threading.Event(), threading.Event()

    def fetch(body: Mapping[str, Any], /) -> Page[Any]:
        asked.set()
        go_on.wait(5)
        return history.fetch(body)

    rows = Rows(walk_through(QUERIES["deals"](), fetch, history.clock))
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(next(rows)))
    thread.start()
    asked.wait(5)
    with pytest.raises(InvalidArgument, match="another task or thread"):
        next(rows)
    go_on.set()
    thread.join(5)
    assert [name_of(row) for row in found] == history.names()[:1]


def test_walk_continues_in_another_loop() -> None:
    """A walk that was started in one event loop can be finished in another."""
    history = History.of("orders", 50)
    rows = history.awalk(QUERIES["orders"](limit=20))

    async def some(most: int) -> list[str]:
        found: list[str] = []
        async for row in rows:
            found.append(name_of(row))
            if len(found) == most:
                break
        return found

    assert asyncio.run(some(25)) + asyncio.run(some(100)) == history.names()
