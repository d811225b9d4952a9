"""Reception of one response: collected within limits, checked before it is parsed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from ..errors import (
    MalformedResponse,
    NoAnswer,
    NotSent,
    ResponseError,
    ResponseTooLarge,
    WhiteBITError,
)
from ..regions import operation
from ..secret import Secret
from .answers import error_of
from .decoding import decoded
from .requests import READ_LIMIT, Send

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


class Receiving:
    """One response that is being received.

    Args:
        request: The request that was sent.
        timeout: Seconds for the whole request.
        auth: The authorization of the request.
    """

    __slots__ = (
        "_body",
        "_deadline",
        "_encoding",
        "_request",
        "_response",
        "_secrets",
        "_timeout",
    )

    def __init__(self, request: Send[Any], timeout: float, auth: httpx.Auth | None = None) -> None:
        self._request = request
        self._secrets: tuple[Secret, ...] = (*request.secrets, *getattr(auth, "secrets", ()))
        self._timeout = timeout
        self._body = bytearray()
        self._deadline = time.monotonic() + timeout
        self._response: httpx.Response | None = None
        self._encoding: str | None = None

    def begin(self, response: httpx.Response) -> httpx.Response:
        """Record the response, whose body is not read yet."""
        self._response = response
        self._encoding = response.headers.get("content-encoding")
        return response

    def take(self, chunk: bytes) -> None:
        """Add a chunk of the raw body, within the limit and the deadline.

        For a request that is sent alone, received bytes are kept even after the deadline.
        """
        room = self._room() - len(self._body)
        self._body += chunk[:room]
        if len(chunk) > room:
            self._keep()
            if self._response is not None and not self._response.is_success:
                raise self._status_error(self._response)  # its status is sufficient
            raise self._too_large()
        if time.monotonic() > self._deadline and not self._request.alone:
            raise NoAnswer(
                f"the response was incomplete after {self._timeout:g} s",
                operation=self._request.operation,
            )

    def take_whole(self, body: bytes) -> None:
        """Add a body that the transport has already read and decoded."""
        self._encoding = None
        self.take(body)

    def judge(self, response: httpx.Response) -> bytes:
        """Return the body of the documented success, or raise the error of the response."""
        send = self._request
        self._keep()
        if response.status_code not in operation(send.operation).success:
            raise self._status_error(response)
        return decoded(bytes(self._body), self._encoding, send.limit, operation=send.operation)

    def _room(self) -> int:
        """Return the bytes to read; more if the body is kept, since a secret may be at its end."""
        success = self._response is not None and self._response.is_success
        if self._request.keep is not None and success:
            return max(self._request.limit, READ_LIMIT)
        return self._request.limit

    def _readable(self) -> bytes:
        """Return the body without its encoding, or the raw body if it cannot be decoded."""
        raw = bytes(self._body)
        try:
            return decoded(raw, self._encoding, READ_LIMIT)
        except MalformedResponse:
            return raw

    def _status_error(self, response: httpx.Response) -> ResponseError:
        send = self._request
        status, headers = response.status_code, response.headers
        return error_of(send.operation, status, headers, self._readable(), self._secrets)

    def _too_large(self) -> ResponseTooLarge:
        return ResponseTooLarge(
            f"the body is longer than {self._request.limit} bytes",
            operation=self._request.operation,
            status_code=self._response.status_code if self._response else None,
        )

    def _keep(self) -> None:
        """Pass what was received of a success to ``keep``, before anything else can fail."""
        came = self._response is not None and self._response.is_success and self._body
        if came and self._request.keep is not None:
            self._request.keep(self._readable())

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Translate httpx's exceptions, and keep the received part of a truncated success."""
        failure: WhiteBITError
        name = self._request.operation
        try:
            yield
            return
        except _NEVER_SENT as error:
            failure = NotSent(f"no connection ({type(error).__name__})", operation=name)
        except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
            if self._response is not None and self._response.is_success:
                self._keep()
                failure = MalformedResponse(
                    f"the response was truncated ({type(error).__name__})",
                    operation=name,
                    status_code=self._response.status_code,
                )
            else:
                failure = NoAnswer(f"no response ({type(error).__name__})", operation=name)
        raise failure
