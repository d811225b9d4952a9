"""Pools end with their event loop, close at once, and distribute concurrent requests."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
import weakref
from typing import Any

import httpx
import pytest

from whitebit_ext import Region
from whitebit_ext.errors import ClientClosed, InvalidArgument
from whitebit_ext.http.pools import Pools
from whitebit_ext.regions import Server

from .raw_server import Face, RawServer, good, silent


def test_pools_of_ended_loops_are_freed() -> None:
    """Many calls of `asyncio.run` with one object leave no socket open and keep no loop alive."""
    face = Face("async")
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def main() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        assert await face.aget(pools) == b"{}"

    with RawServer(good) as server:
        pools = face.pools(server.url)
        asyncio.run(main())
        before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
        for _ in range(200):
            asyncio.run(main())
        if before:
            assert len(os.listdir("/proc/self/fd")) <= before + 5
        assert server.connections == 201
        begun = time.monotonic()
        while server.open and time.monotonic() - begun < 5:
            time.sleep(0.05)
        assert server.open == 0
        gc.collect()
        assert [loop for loop in loops if loop()] == []
    face.close()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_loop_closed_by_hand_is_released() -> None:
    """A loop that was closed without the cleanup of `asyncio.run` is released later."""
    face = Face("async")
    with RawServer(good) as server:
        pools = face.pools(server.url)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(face.aget(pools))
        loop.close()
        ended = weakref.ref(loop)
        del loop
        asyncio.run(face.aget(pools))
        gc.collect()
        assert ended() is None
    face.close()


def test_each_loop_has_one_client() -> None:
    """Each loop has its own client, and none after `aclose`."""
    face = Face("async")
    pools = face.pools("http://127.0.0.1:9")

    async def one() -> httpx.AsyncClient:
        assert pools.async_client() is pools.async_client()
        return pools.async_client()

    first = face.runner.run(one())
    assert asyncio.run(one()) is not first
    assert face.runner.run(one()) is first
    face.runner.run(pools.aclose())
    face.runner.run(pools.aclose())
    with pytest.raises(ClientClosed):
        face.runner.run(one())
    face.close()


def test_concurrent_requests_keep_their_connections() -> None:
    """50 concurrent requests reuse the same 50 connections; sequential ones use a single one."""
    face = Face("async")
    with RawServer(good) as server:
        pools = face.pools(server.url)

        async def main() -> None:
            for _ in range(5):
                await face.aget(pools)
            assert server.connections == 1
            for _ in range(3):
                await asyncio.gather(*[face.aget(pools) for _ in range(50)])
            assert server.connections <= 50

        face.runner.run(main())
    face.close()


def test_close_does_not_wait_for_the_server() -> None:
    """`close` returns at once; a running request ends at its deadline and closes its socket."""
    face = Face("sync")
    ended: list[BaseException] = []

    def call() -> None:
        with pytest.raises(httpx.TimeoutException) as caught:
            face.get(pools, 2.0)
        ended.append(caught.value)

    with RawServer(silent) as server:
        pools = face.pools(server.url)
        client = pools.client(alone=False)
        thread = threading.Thread(target=call)
        thread.start()
        while not server.heads:
            time.sleep(0.01)
        pools.close()
        assert ended == []
        with pytest.raises(httpx.ConnectError):  # whoever holds the client sends nothing either
            client.get("/x")
        with pytest.raises(ClientClosed):
            pools.client(alone=False)
        thread.join()
        assert ended
        begun = time.monotonic()
        while server.open and time.monotonic() - begun < 20:
            time.sleep(0.05)
        assert server.open == 0
    face.close()


def test_separate_connections_are_used_once() -> None:
    """The pool of separate connections keeps no connection."""
    face = Face("sync")
    with RawServer(good) as server:
        client = face.pools(server.url).client(alone=True)
        for _ in range(3):
            client.get("/x")
        assert server.connections == 3
    face.close()


def test_transport_of_the_partner_is_used_directly(face: Face) -> None:
    """A transport of the partner is used directly, without a layer of the library."""
    mock = httpx.MockTransport(
        lambda request: httpx.Response(200, stream=httpx.ByteStream(b"mock"))
    )
    pools = face.pools(
        "https://server.example", sync_transport=lambda: mock, async_transport=lambda: mock
    )
    assert face.get(pools) == b"mock"


@pytest.mark.parametrize("factory", [lambda: 1 / 0, lambda: None, lambda: httpx.Client])
def test_transport_that_cannot_be_created_is_an_error(face: Face, factory: Any) -> None:
    """A sync transport fails at once, an async one when its loop first needs it."""

    def make() -> None:
        if face.name == "sync":
            Pools(Server.of(Region.GLOBAL), timeout=1, sync_transport=factory)
        else:
            face.get(face.pools("https://server.example", async_transport=factory))

    with pytest.raises(InvalidArgument) as caught:
        make()
    assert caught.value.argument in ("transport", "async_transport")
    assert caught.value.__context__ is None
