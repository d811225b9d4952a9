"""The library's httpx transports, over pools that enforce a request's deadline.

They are subclasses of httpx's, so that what replaces those in tests (vcrpy, respx, pytest-httpx)
replaces ours. httpx has no argument for httpcore's network backend, so the pool is replaced.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Protocol

import httpcore
import httpx

from .deadlines import AsyncDeadlineBackend, DeadlineBackend, remaining
from .network import Network

MAX_CONNECTIONS = 100
KEEPALIVE_SECONDS = 5.0
ASYNC_POOLS = 16
"""Pools of one async transport; `nox -s bench` measured 1, 8 and 16."""


class SyncTransport(httpx.HTTPTransport):
    """A transport over one connection pool.

    ``close`` returns immediately. Open requests end by themselves, at their deadline at the
    latest: if a socket is closed while a thread reads it, a new connection may get its number.

    Args:
        network: The connection settings.
        keepalive: Maximum number of idle connections.
    """

    def __init__(self, network: Network, *, keepalive: int) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=network.tls,
            proxy=network.httpcore_proxy(),
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=keepalive,
            keepalive_expiry=KEEPALIVE_SECONDS,
            network_backend=DeadlineBackend(),
        )
        self._lock = threading.Lock()
        self._active = 0
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response, whose body is not read yet."""
        with self._lock:
            if self._closed:
                raise httpx.ConnectError("the client was closed")
            self._active += 1
        try:
            _bound_the_wait_for_a_connection(request)
            response = super().handle_request(request)
        except BaseException:
            self._release()
            raise
        response.stream = _Body(response.stream, self._release)
        return response

    def _release(self) -> None:
        with self._lock:
            self._active -= 1
            last = self._closed and not self._active
        if last:
            super().close()

    def close(self) -> None:
        """Accept no more requests, and close the connections after the last open one."""
        with self._lock:
            self._closed = True
            idle = not self._active
        if idle:
            super().close()


class AsyncTransport(httpx.AsyncBaseTransport):
    """A transport that sends each request over the least busy of several pools.

    httpcore's pool iterates over all its connections at the start and the end of each request, and
    does not serve waiting requests in order: with many concurrent requests, several small pools
    are faster and fairer than a large one.

    Args:
        network: The connection settings.
        pools: Number of pools.
    """

    def __init__(self, network: Network, *, pools: int = ASYNC_POOLS) -> None:
        self._network = network
        self._each = -(-MAX_CONNECTIONS // pools)
        self._pools = [_SmallTransport(network, self._each) for _ in range(pools)]
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response, whose body is not read yet."""
        if self._closed:
            raise httpx.ConnectError("the client was closed")
        pool = min(self._pools, key=_activity)
        pool.active += 1
        try:
            _bound_the_wait_for_a_connection(request)
            response = await pool.handle_async_request(request)
        except BaseException as error:
            failure = error
        else:
            response.stream = _AsyncBody(response.stream, pool, self._release)
            return response
        await self._release(pool, failed=True)
        raise failure

    async def _release(self, pool: _SmallTransport, *, failed: bool) -> None:
        pool.active -= 1
        if failed and pool in self._pools and pool.has_lost_connections():
            self._pools[self._pools.index(pool)] = _SmallTransport(self._network, self._each)
        if not pool.active and (self._closed or pool not in self._pools):
            await pool.aclose()

    async def aclose(self) -> None:
        """Accept no more requests, and close all connections."""
        self._closed = True
        for pool in self._pools:
            await pool.aclose()


class _SmallTransport(httpx.AsyncHTTPTransport):
    """One of the pools, with the number of its open requests.

    A task that is cancelled right before it writes, or while it closes a response, leaves its
    connection in httpcore's pool, where it occupies a slot forever. Such a pool is replaced, and
    closed after its last request.
    """

    def __init__(self, network: Network, connections: int) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=network.tls,
            proxy=network.httpcore_proxy(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=KEEPALIVE_SECONDS,
            network_backend=AsyncDeadlineBackend(),
        )
        self.active = 0

    def has_lost_connections(self) -> bool:
        """Return whether more connections are in use than there are requests."""
        used = [one for one in self._pool.connections if not (one.is_idle() or one.is_closed())]
        return len(used) > self.active


_activity = operator.attrgetter("active")


class _Body(httpx.SyncByteStream):
    """The body of a response; closing it releases the connection."""

    def __init__(self, stream: Any, release: Callable[[], None]) -> None:
        self._stream = stream
        self._release: Callable[[], None] | None = release

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        release, self._release = self._release, None
        if release is not None:
            try:
                self._stream.close()
            finally:
                release()


class _AsyncBody(httpx.AsyncByteStream):
    """The async counterpart of ``_Body``."""

    def __init__(self, stream: Any, pool: _SmallTransport, release: _Release) -> None:
        self._stream = stream
        self._pool = pool
        self._release: _Release | None = release

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        release, self._release = self._release, None
        if release is not None:
            closed = False
            try:
                await self._stream.aclose()
                closed = True
            finally:
                await release(self._pool, failed=not closed)


class _Release(Protocol):
    async def __call__(self, pool: _SmallTransport, *, failed: bool) -> None: ...


def _bound_the_wait_for_a_connection(request: httpx.Request) -> None:
    """Limit the wait for a connection to the deadline as well; it bypasses the backend."""
    timeouts = dict(request.extensions.get("timeout", {}))
    timeouts["pool"] = remaining(timeouts.get("pool"), httpx.PoolTimeout)
    request.extensions = {**request.extensions, "timeout": timeouts}
