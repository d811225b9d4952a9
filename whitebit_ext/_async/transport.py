"""Transmission of one request over the pools, and reception of its response."""

from __future__ import annotations

from typing import TypeVar

import httpx

from ..http.deadlines import deadline
from ..http.pools import Pools
from ..http.receiving import Receiving
from ..http.requests import Send

T = TypeVar("T")

_DRAIN = 1.0
"""Seconds after the deadline in which a response that has arrived is still read: the process may
have been stopped with all of it in the socket, and it cannot be requested again."""


class AsyncTransport:
    """A sender of requests to one server.

    Args:
        pools: The connection pools.
        timeout: Seconds for one whole request, connecting and reading included.
    """

    def __init__(self, pools: Pools, timeout: float) -> None:
        self._pools = pools
        self._timeout = timeout

    async def send(self, request: Send[T], auth: httpx.Auth | None = None) -> T:
        """Send one request and return the parsed response.

        Args:
            request: The request.
            auth: Adds the credentials.

        Raises:
            RegionNotSupported: the region does not serve the operation; nothing was sent.
            NotSent, NoAnswer: no usable response was received.
            ResponseError: the response is not the documented success.
        """
        self._pools.server.require(request.operation)
        client = self._pools.async_client(alone=request.alone)
        message = self._pools.message(request, client)
        receiving = Receiving(request, self._timeout, auth)
        drain = _DRAIN if request.alone else 0.0
        with receiving.translated(), deadline(self._timeout, drain=drain):
            response = receiving.begin(
                await client.send(message, auth=auth, stream=True, follow_redirects=False)
            )
            try:
                if response.is_stream_consumed:  # a custom transport has read the whole body
                    receiving.take_whole(response.content)
                else:
                    async for chunk in response.aiter_raw():
                        receiving.take(chunk)
            finally:
                await response.aclose()
        return request.parse(receiving.judge(response))
