"""Connection pools of one server that belong to this process."""

from __future__ import annotations

import asyncio
import ssl
import threading
import weakref
from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import Any

import httpx

from .._version import __version__
from ..errors import InvalidArgument
from ..regions import Server

_KEPT_URLS = 64
"""More than there are operations: paths with a key's id in them must not fill the memory."""


class _NoCookies(CookieJar):
    """Take no cookie: one user's must not go out with the next user's request."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Look at nothing."""


class Pools:
    """Hold the sync pools of a process, and an async pool per event loop.

    Args:
        server: The one server that is ever spoken to.
        timeout: Seconds for one step of a request.
        sync_transport: Makes the httpx transport of a sync pool, where it is not to be httpx's.
        async_transport: The same for an async pool, e.g. of ``httpx-aiohttp``.
    """

    def __init__(
        self,
        server: Server,
        *,
        timeout: float,
        sync_transport: Callable[[], httpx.BaseTransport] | None = None,
        async_transport: Callable[[], httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        self.server = server
        self._timeout = timeout
        self._sync_transport = sync_transport
        self._async_transport = async_transport
        self._lock = threading.Lock()
        self._clients: dict[bool, httpx.Client] = {}
        self._async_clients: weakref.WeakKeyDictionary[
            asyncio.AbstractEventLoop, httpx.AsyncClient
        ] = weakref.WeakKeyDictionary()
        self._tls: ssl.SSLContext | None = None
        self._urls: dict[str, httpx.URL] = {}
        self._closed = False

    def client(self, *, alone: bool) -> httpx.Client:
        """Return this process's sync pool: the shared one, or the one of lone connections."""
        with self._lock:
            self._check_open()
            client = self._clients.get(alone)
            if client is None:
                transport = self._sync_transport() if self._sync_transport else None
                client = httpx.Client(transport=transport, **self._settings(alone=alone))
                self._clients[alone] = client
            return client

    def async_client(self) -> httpx.AsyncClient:
        """Return the async pool of the running event loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            self._check_open()
            client = self._async_clients.get(loop)
            if client is None:
                transport = self._async_transport() if self._async_transport else None
                client = httpx.AsyncClient(transport=transport, **self._settings(alone=False))
                self._async_clients[loop] = client
            return client

    def url(self, path: str) -> httpx.URL:
        """Return the address of a path on the server, parsed: that takes a tenth of a call."""
        known = self._urls.get(path)
        if known is None:
            known = httpx.URL(f"{self.server.base_url}/{path.removeprefix('/')}")
            if len(self._urls) < _KEPT_URLS:
                self._urls[path] = known
        return known

    def _settings(self, *, alone: bool) -> dict[str, Any]:
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        return {
            "base_url": self.server.base_url,
            "verify": self._tls,
            "timeout": self._timeout,
            "follow_redirects": False,
            "cookies": _NoCookies(),
            "headers": {
                "accept": "application/json",
                "user-agent": f"whitebit-oauth/{__version__} python-httpx/{httpx.__version__}",
            },
            # httpcore goes over all idle connections, for each of them, at the beginning and at
            # the end of each request: 50 of them make 50 calls at once take twice as long as 20.
            "limits": httpx.Limits(
                max_connections=100, max_keepalive_connections=0 if alone else 20
            ),
        }

    def _check_open(self) -> None:
        if self._closed:
            raise InvalidArgument("client", "it was closed", hint="Make a new WhiteBIT object.")

    def close(self) -> None:
        """Close the sync pools; async pools are closed by ``aclose`` in their own loop."""
        with self._lock:
            self._closed = True
            clients = list(self._clients.values())
            self._clients.clear()
        for client in clients:
            client.close()

    async def aclose(self) -> None:
        """Close the running loop's pool and the sync pools."""
        with self._lock:
            client = self._async_clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()
        self.close()
