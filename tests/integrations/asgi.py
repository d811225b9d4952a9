"""An ASGI application in this process, on a loop of its own, for a sync HTTP client."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Any, Self

import httpx

from whitebit_ext import AsyncWhiteBIT
from whitebit_ext.integrations.conformance import Browser

from .conftest import TlsProxy, World


def sign_in(browser: Browser, name: str) -> None:
    """Sign in to the application."""
    browser.client.post("https://partner.example/login", data={"user": name})


class Served:
    """A loop in a thread, as a server has it, and a partner in it.

    Attributes:
        partner: The partner.
    """

    def __init__(self, world: World) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="asgi")
        self.partner = AsyncWhiteBIT(**world.arguments)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.wait(self.partner.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait(self, coroutine: Any) -> Any:
        """Run a coroutine in the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def client(self, app: Any) -> httpx.Client:
        """Return a client behind a TLS proxy."""
        return httpx.Client(transport=TlsProxy(_Transport(self, app)))


class _Transport(httpx.BaseTransport):
    def __init__(self, served: Served, app: Any) -> None:
        self._served = served
        self._inner = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        made = httpx.Request(
            request.method, request.url, headers=request.headers.raw, content=request.content
        )
        response: httpx.Response = self._served.wait(self._send(made))
        return httpx.Response(
            response.status_code, headers=response.headers, content=response.content
        )

    async def _send(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        return response
