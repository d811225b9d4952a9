"""One deadline per request: each step that waits may use the remaining time."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import httpcore

_AT_ONCE = 0.01
"""Seconds that a read waits after the deadline, for bytes that have already arrived."""

_PIECE = 16 * 1024
"""Bytes per write; a request is usually much shorter."""


class _Deadline:
    """The time of a deadline, and how long received bytes are still read after it."""

    __slots__ = ("at", "drain", "until")

    def __init__(self, at: float, drain: float) -> None:
        self.at = at
        self.drain = drain
        self.until: float | None = None  # set by the first check after the deadline


_current: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float, *, drain: float = 0.0) -> Iterator[None]:
    """Limit every request that is sent and read within the block to one deadline.

    Waiting for a connection, connecting, TLS, writing, the head of the response (interim responses
    included) and its body end at the deadline, in the thread or task of the block. The request
    closes the connection that it used; other connections of the pool are not affected.

    Not limited for a sync client are name resolution, further addresses of the same name (each
    may use the remaining time), and TLS to the server within TLS to an ``https://`` proxy; for any
    client, a custom transport.

    Args:
        seconds: From now to the deadline.
        drain: Seconds, from the first check after the deadline, in which bytes that have arrived
            are still read: the process may have been stopped with the whole response in its socket.
            Nothing is waited for, so a response that has not arrived times out.
    """
    at = time.monotonic() + seconds
    token = _current.set(_Deadline(at, drain))
    try:
        yield
    finally:
        _current.reset(token)


def remaining(timeout: float | None, late: type[Exception]) -> float | None:
    """Return the timeout, limited to the time remaining until the deadline.

    Args:
        timeout: Seconds that the step itself may take.
        late: The exception to raise after the deadline.
    """
    current = _current.get()
    if current is None:
        return timeout
    left = current.at - time.monotonic()
    if left <= 0:
        raise late("the deadline has passed")
    return left if timeout is None else min(left, timeout)


def _for_read(timeout: float | None) -> float | None:
    """Return the timeout of a read; after the deadline, one that fits only received bytes."""
    return _AT_ONCE if _draining() else remaining(timeout, httpcore.ReadTimeout)


def _draining() -> bool:
    current = _current.get()
    now = time.monotonic()
    if current is None or now < current.at:
        return False
    if current.until is None:  # a process that was stopped for minutes gets its full time, too
        current.until = now + current.drain
    return now < current.until


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose every step ends at the deadline of the request that uses it."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]  # as it is

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read up to ``max_bytes``."""
        try:
            return self._stream.read(max_bytes, _for_read(timeout))
        except httpcore.ReadTimeout:
            if not _draining():
                raise
        return self._stream.read(max_bytes, _AT_ONCE)  # see AsyncDeadlineStream.read

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all bytes."""
        for start in range(0, len(buffer), _PIECE):  # each piece may use the remaining time
            left = remaining(timeout, httpcore.WriteTimeout)
            self._stream.write(buffer[start : start + _PIECE], left)

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Perform the TLS handshake within the remaining time."""
        try:
            left = remaining(timeout, httpcore.ConnectTimeout)
            return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, left))
        except BaseException:
            self.close()
            raise


class DeadlineBackend(httpcore.NetworkBackend):
    """httpcore's sync backend, within the deadline."""

    def __init__(self) -> None:
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection."""
        left = remaining(timeout, httpcore.ConnectTimeout)
        return DeadlineStream(
            self._backend.connect_tcp(host, port, left, local_address, socket_options)
        )


class AsyncDeadlineStream(httpcore.AsyncNetworkStream):
    """A connection whose every step ends at the deadline of the request that uses it."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._unsent = bytearray()
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]  # as it is

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Send buffered writes, then read up to ``max_bytes``."""
        if self._unsent:
            with suppress(httpcore.WriteError):
                await self._send(timeout)
        try:
            return await self._stream.read(max_bytes, _for_read(timeout))
        except httpcore.ReadTimeout:
            if not _draining():
                raise
        # A process that was stopped past the deadline may time out with half a TLS record read
        # and the other half in its socket.
        return await self._stream.read(max_bytes, _AT_ONCE)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Buffer what is written until the response is read: head and body are sent together."""
        self._unsent += buffer
        if len(self._unsent) > _PIECE:
            await self._send(timeout)

    async def _send(self, timeout: float | None) -> None:
        unsent, self._unsent = bytes(self._unsent), bytearray()
        await self._stream.write(unsent, remaining(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        """Close the socket."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Perform the TLS handshake within the remaining time."""
        try:
            left = remaining(timeout, httpcore.ConnectTimeout)
            stream = await self._stream.start_tls(ssl_context, server_hostname, left)
        except BaseException as error:  # httpcore closes nothing when the task is cancelled
            failure = error
        else:
            return AsyncDeadlineStream(stream)
        await self.aclose()
        raise failure


class AsyncDeadlineBackend(httpcore.AsyncNetworkBackend):
    """httpcore's asyncio backend, within the deadline."""

    def __init__(self) -> None:
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Open a connection."""
        left = remaining(timeout, httpcore.ConnectTimeout)
        return AsyncDeadlineStream(
            await self._backend.connect_tcp(host, port, left, local_address, socket_options)
        )
