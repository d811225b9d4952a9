"""The bound client that the generated code talks through: one request, over one pool per region.

It sends once, with the caller's credential, reads the answer with a size limit and a deadline,
and turns everything but the documented success into an error of ours before the generated parser
sees it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from .errors import (
    MalformedResponse,
    NoAnswer,
    NotSent,
    ResponseError,
    ResponseTooLarge,
    WhiteBITError,
    WrongServer,
)
from .http.answers import error_of, load_json
from .http.pools import Pools
from .http.requests import READ_LIMIT, Send
from .regions import operation, origin_asked

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


class _Answer:
    """What the sync and the async bound client share: guarding, collecting, judging. Pure."""

    # Read by the generated parser: an undocumented status never gets that far.
    raise_on_unexpected_status = True

    __slots__ = ("_body", "_deadline", "_pools", "_response", "_send", "_timeout", "answered")

    def __init__(self, pools: Pools, timeout: float, send: Send[Any]) -> None:
        self._pools = pools
        self._timeout = timeout
        self._send = send
        self._body = bytearray()
        self._deadline = time.monotonic() + timeout
        self._response: httpx.Response | None = None
        self.answered = False

    def build(
        self, client: httpx.Client | httpx.AsyncClient, *, url: str, **kwargs: Any
    ) -> httpx.Request:
        """Build the request; refuse one that would leave for another server than ours."""
        address = self._pools.url(url) if url.startswith("/") else url
        request = client.build_request(url=address, **kwargs)
        if origin_asked(request.url) != self._pools.server.origin:
            raise WrongServer(
                "the request would have gone to another server; it was not sent",
                operation=self._send.operation,
            )
        return request

    def begin(self, response: httpx.Response) -> httpx.Response:
        """Note that the head of an answer came."""
        self._response = response
        return response

    def take(self, chunk: bytes) -> None:
        """Add a piece of the body, within the limit and the deadline."""
        room = self._room() - len(self._body)
        self._body += chunk[:room]
        if len(chunk) > room:
            self._keep()
            if self._response is not None and not self._response.is_success:
                raise self._status_error(self._response)  # its status says enough
            raise self._too_large()
        if time.monotonic() > self._deadline:
            self._keep()
            raise NoAnswer(
                f"the answer was not whole after {self._timeout:g} s",
                operation=self._send.operation,
            )

    def judge(self, response: httpx.Response) -> bytes:
        """Return the body of the documented success, or raise what the answer means."""
        self.answered = True
        send, body = self._send, bytes(self._body)
        found = operation(send.operation)
        self._keep()
        if len(body) > send.limit:
            raise self._too_large()
        if response.status_code not in found.success:
            raise self._status_error(response)
        return body

    def parsable(self, body: bytes) -> httpx.Response:
        """Return an answer that the generated parser can read, or raise why it cannot."""
        load_json(body, self._send.operation)
        status = self._response.status_code if self._response else 200
        return httpx.Response(status, content=body)

    def _room(self) -> int:
        """Return how much is read: of what is kept, all, since a secret may stand at its end."""
        success = self._response is not None and self._response.is_success
        if self._send.keep is not None and success:
            return max(self._send.limit, READ_LIMIT)
        return self._send.limit

    def _status_error(self, response: httpx.Response) -> ResponseError:
        send = self._send
        status, headers = response.status_code, response.headers
        return error_of(send.operation, status, headers, bytes(self._body), send.secrets)

    def _too_large(self) -> ResponseTooLarge:
        return ResponseTooLarge(
            f"the body is longer than {self._send.limit} bytes",
            operation=self._send.operation,
            status_code=self._response.status_code if self._response else None,
        )

    def _keep(self) -> None:
        """Hand over what came of a success, before anything can go wrong with it."""
        came = self._response is not None and self._response.is_success and self._body
        if came and self._send.keep is not None:
            self._send.keep(bytes(self._body))

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn what httpx raises into errors of ours, and keep what came of a cut-off success."""
        failure: WhiteBITError
        name = self._send.operation
        try:
            yield
            return
        except _NEVER_SENT as error:
            failure = NotSent(f"no connection ({type(error).__name__})", operation=name)
        except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
            if self._response is not None and self._response.is_success:
                self._keep()
                failure = MalformedResponse(
                    f"the answer was cut off ({type(error).__name__})",
                    operation=name,
                    status_code=self._response.status_code,
                )
            else:
                failure = NoAnswer(f"no answer ({type(error).__name__})", operation=name)
        raise failure


class Bound(_Answer):
    """A client for one request, sync."""

    __slots__ = ()

    def get_httpx_client(self) -> Bound:
        """Return itself: the generated code asks for nothing but ``request``."""
        return self

    def request(self, **kwargs: Any) -> httpx.Response:
        """Send the request for the generated code."""
        return self.parsable(self.fetch(**kwargs))

    def fetch(self, **kwargs: Any) -> bytes:
        """Send the request, judge the answer, and return its body."""
        client = self._pools.client(alone=self._send.alone)
        request = self.build(client, **kwargs)
        with self.translated():
            response = self.begin(
                client.send(request, auth=self._send.auth, stream=True, follow_redirects=False)
            )
            try:
                for chunk in response.iter_bytes():
                    self.take(chunk)
            finally:
                response.close()
        return self.judge(response)


class AsyncBound(_Answer):
    """A client for one request, async."""

    __slots__ = ()

    def get_async_httpx_client(self) -> AsyncBound:
        """Return itself."""
        return self

    async def request(self, **kwargs: Any) -> httpx.Response:
        """Send the request for the generated code."""
        return self.parsable(await self.fetch(**kwargs))

    async def fetch(self, **kwargs: Any) -> bytes:
        """Send the request, judge the answer, and return its body."""
        client = self._pools.async_client()
        request = self.build(client, **kwargs)
        with self.translated():
            response = self.begin(
                await client.send(
                    request, auth=self._send.auth, stream=True, follow_redirects=False
                )
            )
            try:
                async for chunk in response.aiter_bytes():
                    self.take(chunk)
            finally:
                await response.aclose()
        return self.judge(response)
