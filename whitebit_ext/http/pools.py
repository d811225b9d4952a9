"""This process's connection pools for one server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from http.cookiejar import CookieJar
from typing import Any

import httpx

from .._version import __version__
from ..errors import ClientClosed, InvalidArgument, WrongServer
from ..regions import Server, origin_asked
from .decoding import ACCEPTED
from .network import Network
from .requests import Send
from .transports import AsyncTransport, SyncTransport

_KEPT_URLS = 64
"""More than there are operations; limited since paths may contain a key's id."""
_KEEPALIVE = 20
"""Idle connections of a sync pool: httpcore iterates over all of them for each request."""


class _NoCookies(CookieJar):
    """A jar that stores nothing: a user's cookie must not be sent with another's request."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Ignore the cookies of a response."""


class Pools:
    """The sync pools of a process, and the async pools of each event loop.

    Args:
        server: The only server that requests are sent to.
        timeout: Seconds for each step of a request that is sent outside of ``deadline``.
        network: The connection settings; by default ``Network(server)``.
        sync_transport: Creates the httpx transport of a sync pool, instead of ``SyncTransport``.
        async_transport: The same for async pools, e.g. of ``httpx-aiohttp``.

    Raises:
        InvalidArgument: a transport cannot be created.
    """

    def __init__(
        self,
        server: Server,
        *,
        timeout: float,
        network: Network | None = None,
        sync_transport: Callable[[], httpx.BaseTransport] | None = None,
        async_transport: Callable[[], httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        self.server = server
        self.network = network or Network(server)
        self._timeout = timeout
        self._async_transport = async_transport
        self._lock = threading.Lock()
        self._transports: dict[bool, httpx.BaseTransport] = {
            alone: _made("transport", sync_transport, httpx.BaseTransport)
            if sync_transport
            else SyncTransport(self.network, keepalive=0 if alone else _KEEPALIVE)
            for alone in (False, True)
        }
        self._clients = {
            alone: httpx.Client(transport=transport, **self._settings())
            for alone, transport in self._transports.items()
        }
        self._of_loops: dict[
            asyncio.AbstractEventLoop, tuple[httpx.AsyncClient, AsyncGenerator[None]]
        ] = {}
        self._urls: dict[str, httpx.URL] = {}
        self.closed = False

    def client(self, *, alone: bool) -> httpx.Client:
        """Return a sync client: over the shared pool, or over the one that reuses no connection."""
        self._check_open()
        return self._clients[alone]

    def async_client(self, *, alone: bool = False) -> httpx.AsyncClient:
        """Return the async client of the running event loop; requests sent alone use ``client``."""
        self._check_open()
        loop = asyncio.get_running_loop()
        known = self._of_loops.get(loop)
        return known[0] if known else self._new_async_client(loop)

    def _new_async_client(self, loop: asyncio.AbstractEventLoop) -> httpx.AsyncClient:
        transport = (
            _made("async_transport", self._async_transport, httpx.AsyncBaseTransport)
            if self._async_transport
            else AsyncTransport(self.network)
        )
        client = httpx.AsyncClient(transport=transport, **self._settings())
        # `asyncio.run` closes the async generators of its loop at the end, and so this client.
        # (Weak keys would not work: open connections reference their loop.)
        closing = self._closed_with(loop, transport)
        with suppress(StopIteration):
            closing.asend(None).send(None)
        with self._lock:
            # Loops that were closed otherwise: garbage collection closes their sockets.
            for ended in [other for other in self._of_loops if other.is_closed()]:
                del self._of_loops[ended]
            self._of_loops[loop] = client, closing
        return client

    async def _closed_with(
        self, loop: asyncio.AbstractEventLoop, transport: httpx.AsyncBaseTransport
    ) -> AsyncGenerator[None]:
        """Close the transport when the generator is closed."""
        try:
            yield
        finally:
            with self._lock:
                self._of_loops.pop(loop, None)
            await transport.aclose()

    def message(
        self, request: Send[Any], client: httpx.Client | httpx.AsyncClient
    ) -> httpx.Request:
        """Build a request, and refuse one to another server."""
        parts = request.endpoint.build_request(**request.arguments())
        url = parts.pop("url")
        address = self.url(url) if url.startswith("/") else url
        message = client.build_request(url=address, **parts)
        if origin_asked(message.url) != self.server.origin:
            raise WrongServer(
                "the request would have gone to another server; it was not sent",
                operation=request.operation,
            )
        if request.alone:  # what can be requested only once must not depend on decoding
            message.headers["accept-encoding"] = "identity"
        return message

    def url(self, path: str) -> httpx.URL:
        """Return the parsed URL of a path, cached: parsing takes a tenth of a call."""
        known = self._urls.get(path)
        if known is None:
            known = httpx.URL(f"{self.server.base_url}/{path.removeprefix('/')}")
            if len(self._urls) < _KEPT_URLS:
                self._urls[path] = known
        return known

    def _settings(self) -> dict[str, Any]:
        return {
            "base_url": self.server.base_url,
            "timeout": self._timeout,
            "trust_env": False,
            "follow_redirects": False,
            "cookies": _NoCookies(),
            "headers": {
                "accept": "application/json",
                "accept-encoding": ACCEPTED,
                "user-agent": f"whitebit-oauth/{__version__} python-httpx/{httpx.__version__}",
            },
        }

    def _check_open(self) -> None:
        if self.closed:
            raise ClientClosed("this client was closed")

    def close(self) -> None:
        """Accept no more requests and close the sync pools, without waiting for open requests.

        Async pools are closed by ``aclose`` in their own loop, and when that loop ends.
        """
        self.closed = True
        for transport in self._transports.values():
            transport.close()

    async def aclose(self) -> None:
        """Close the running loop's pools and the sync pools."""
        self.closed = True
        known = self._of_loops.get(asyncio.get_running_loop())
        if known:
            await known[1].aclose()
        self.close()


def _made(argument: str, factory: Callable[[], Any], kind: type) -> Any:
    """Call a partner's factory; its exception is not shown, since it may contain settings."""
    try:
        transport: Any = factory()
    except Exception as error:
        transport = error
    if not isinstance(transport, kind):
        raise InvalidArgument(
            argument, f"the function made no httpx transport, but {type(transport).__name__}"
        )
    return transport
